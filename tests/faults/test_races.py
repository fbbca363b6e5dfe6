"""The same again and again, with threads that take turns at every chance (cases 26, 31, 34 and 36)."""

import random
import sys
import threading
from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

import httpx
import pytest

from access_tokens import AccessTokensClient, AuthenticationError, ClientClosedError

from ..helpers.callers import Clock, result_of
from ..helpers.children import Child, echo, forks, gets_its_own
from ..helpers.fault_server import EXCHANGE, TOKENS, Peer
from ..helpers.memory_service import ENDPOINT, MemoryService
from ..helpers.plays import Issuer
from ..helpers.threads import PATIENCE, Task, outcomes

THREADS = 8


@pytest.fixture(autouse=True)
def _take_turns_at_every_chance() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService(remembers=False)


def kinds_of(client: Any, threads: int = THREADS) -> list[type]:
    """List the tokens in many threads at once, and return of which types the results are."""
    return [type(each) for each in outcomes(*[partial(result_of, client.list)] * threads)]


@pytest.mark.fault(31)
def test_cold_starts(memory):
    with memory.http() as http:
        for exchanges in range(1, 51):
            with AccessTokensClient(ENDPOINT, "pat_x", http_client=http) as client:
                assert kinds_of(client) == [list] * THREADS
            assert memory.exchanges == exchanges


@pytest.mark.fault(26)
def test_late_401s(memory):
    """Twenty threads with one old JWT, all refused before any has a new one."""
    with memory.client() as client:
        client.list()
        for exchanges in range(2, 12):
            memory.rotate()
            numbers, barrier = count(), threading.Barrier(20)
            memory.before = lambda _, n=numbers, b=barrier: next(n) < 20 and b.wait(PATIENCE)
            assert kinds_of(client, 20) == [list] * 20
            assert memory.exchanges == exchanges


@pytest.mark.fault(30)
def test_keys_that_change_at_any_moment(memory):
    """A JWT that was got in a call may be refused in it; whatever happens, the next call works."""
    with memory.client() as client:
        for _ in range(40):
            *results, _ = outcomes(*[partial(result_of, client.list)] * THREADS, memory.rotate)
            assert {type(each) for each in results} <= {list, AuthenticationError}
            so_far = memory.exchanges
            assert client.list()
            assert memory.exchanges <= so_far + 1


@pytest.mark.fault(26)
def test_a_jwt_that_is_kept_while_an_old_one_is_discarded(memory):
    with memory.client() as client:
        session = client._session
        for _ in range(60):
            old = session.authorize().jwt
            outcomes(*[partial(session.discard, old)] * 4, client.authenticate, client.authenticate)
            so_far = memory.exchanges
            client.list()
            assert memory.exchanges == so_far
            memory.rotate()


@pytest.mark.fault(29)
def test_renewals_that_fail_and_succeed_by_turns(memory):
    """While the JWT lives no call fails, and no renewal is tried by two at once."""
    under_way, clock = threading.Semaphore(1), Clock()

    def before(request: httpx.Request) -> None:
        if request.url.path == EXCHANGE:
            assert under_way.acquire(blocking=False), "two at once"

    def fail(request: httpx.Request) -> httpx.Response:
        under_way.release()
        return httpx.Response(503)

    def succeed(request: httpx.Request) -> httpx.Response:
        under_way.release()
        response: httpx.Response = memory.exchanged()
        return response

    memory.before = before
    with memory.client() as client:
        client._session.now = clock.now
        for number in range(40):
            memory.play(EXCHANGE, fail if number % 2 else succeed)
            clock.advance(3580 if number % 2 else 2)
            assert kinds_of(client) == [list] * THREADS


@pytest.mark.fault(34)
def test_closing_at_any_moment_in_memory(memory):
    """Each call ends with a result or with being told that the client is closed, and no other way."""
    with memory.http() as http:
        for _ in range(60):
            client = AccessTokensClient(ENDPOINT, "pat_x", http_client=http)
            *results, closed = outcomes(*[partial(result_of, client.list)] * THREADS, client.close)
            assert closed is None
            assert {type(each) for each in results} <= {list, ClientClosedError}


@pytest.mark.fault(34)
@pytest.mark.parametrize("state", ["cold", "warm", "failing"])
def test_closing_at_any_moment_over_sockets(server, state):
    chance = random.Random(1)

    def fail(peer: Peer) -> None:
        chance.choice([Peer.close, Peer.reset, Peer.answer])(peer)

    for path in (EXCHANGE, TOKENS) if state == "failing" else ():
        server.always(path, fail)
    for _ in range(12):
        client = AccessTokensClient(server.endpoint, "pat_x")
        assert state != "warm" or client.list()
        tasks = [Task(client.list) for _ in range(THREADS)]
        threading.Event().wait(chance.random() / 50)
        client.close()
        assert {type(task.outcome()) for task in tasks} <= {list, ClientClosedError}
    assert [each for each in server.trouble if not isinstance(each, ConnectionError)] == []


@pytest.mark.fault(26, 30)
def test_keys_that_change_over_sockets(server):
    issuer = Issuer(server)
    with AccessTokensClient(server.endpoint, "pat_x") as client:
        client.list()
        for exchanges in range(2, 8):
            issuer.rotate()
            assert kinds_of(client, 20) == [list] * 20
            assert server.count(EXCHANGE) == exchanges


class TestForks:
    pytestmark = forks

    @pytest.mark.fault(36)
    @pytest.mark.parametrize("number", range(6))
    def test_forks_at_any_moment(self, server, number):
        server.always(TOKENS, echo)
        with AccessTokensClient(server.endpoint, "pat_x") as client:
            tasks = [Task(partial(gets_its_own, client, f"thread-{n}", 3)) for n in range(4)]
            threading.Event().wait(number / 500)
            child = Child(partial(gets_its_own, client, "child", 3))
            assert child.succeeds()
            assert [task.outcome() for task in tasks] == [True] * 4

    @pytest.mark.fault(36)
    def test_forks_while_other_threads_make_clients(self):
        over = threading.Event()

        def make() -> None:
            while not over.is_set():
                AccessTokensClient(ENDPOINT, "pat_x").close()

        tasks = [Task(make) for _ in range(3)]
        assert all(Child(lambda: AccessTokensClient(ENDPOINT, "pat_x")).succeeds() for _ in range(8))
        over.set()
        assert [task.outcome() for task in tasks] == [None] * 3
