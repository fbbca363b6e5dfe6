"""The same again and again, with threads that take turns at every chance (cases 26, 31, 34 and 36)."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from access_tokens import AccessTokensClient, AuthenticationError, ClientClosedError, RetryPolicy

from ..helpers.callers import result_of
from ..helpers.children import Child, echo, forks, gets_its_own
from ..helpers.fault_server import EXCHANGE, TOKENS, Peer
from ..helpers.memory import ENDPOINT, Memory
from ..helpers.plays import Issuer
from ..helpers.threads import PATIENCE, Task, outcomes

THREADS = 8
pytestmark = forks


@pytest.fixture(autouse=True)
def _take_turns_at_every_chance() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def memory() -> Memory:
    return Memory()


def crowd(client: Any, count: int = THREADS) -> list[Any]:
    return outcomes(*[partial(result_of, client.list)] * count)


@pytest.mark.fault(31)
def test_cold_starts(memory):
    with memory.http() as http:
        for exchanges in range(1, 76):
            with AccessTokensClient(ENDPOINT, "pat_x", http_client=http) as client:
                assert [type(each) for each in crowd(client)] == [list] * THREADS
            assert memory.exchanges == exchanges


@pytest.mark.fault(26)
def test_late_401s(memory):
    """Twenty threads with one old JWT, all refused before any has a new one."""
    with memory.client() as client:
        client.list()
        for exchanges in range(2, 17):
            memory.rotate()
            memory.before = Gathering(20)
            assert [type(each) for each in crowd(client, 20)] == [list] * 20
            assert memory.exchanges == exchanges


class Gathering:
    """Lets the first so many requests go on when they have all come."""

    def __init__(self, count: int) -> None:
        self._left = iter(range(count))
        self._barrier = threading.Barrier(count)

    def __call__(self, request: httpx.Request) -> None:
        if next(self._left, None) is not None:
            self._barrier.wait(PATIENCE)


@pytest.mark.fault(30)
def test_keys_that_change_at_any_moment(memory):
    """A JWT that was got in a call may be refused in it; whatever happens, the next call works."""
    with memory.client() as client:
        for _ in range(50):
            *results, _ = outcomes(*[partial(result_of, client.list)] * THREADS, memory.rotate)
            assert {type(each) for each in results} <= {list, AuthenticationError}
            so_far = memory.exchanges
            assert client.list()
            assert memory.exchanges <= so_far + 1


@pytest.mark.fault(26)
def test_a_jwt_that_is_kept_while_an_old_one_is_discarded(memory):
    with memory.client() as client:
        session = client._session
        for _ in range(75):
            old = session.authorize().jwt
            outcomes(*[partial(session.discard, old)] * 4, client.authenticate, client.authenticate)
            so_far = memory.exchanges
            client.list()
            assert memory.exchanges == so_far
            memory.rotate()


@pytest.mark.fault(29)
def test_renewals_that_fail_and_succeed_by_turns(memory):
    """While the JWT lives no call fails, and no renewal is tried by two at once."""
    at_once, most = Count(), list[int]()

    def before(request: httpx.Request) -> None:
        if request.url.path == EXCHANGE:
            most.append(at_once.one_more())

    def fail(request: httpx.Request) -> httpx.Response:
        at_once.one_less()
        return httpx.Response(503)

    def succeed(request: httpx.Request) -> httpx.Response:
        at_once.one_less()
        response: httpx.Response = memory._exchanged()
        return response

    memory.before = before
    with memory.client() as client:
        client._session.now = clock = Clock()
        for number in range(50):
            memory.play(EXCHANGE, fail if number % 2 else succeed)
            clock.time += 3580 if number % 2 else 2
            assert [type(each) for each in crowd(client)] == [list] * THREADS
    assert max(most) == 1


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


class Count:
    def __init__(self) -> None:
        self._value = 0
        self._lock = threading.Lock()

    def one_more(self) -> int:
        with self._lock:
            self._value += 1
            return self._value

    def one_less(self) -> None:
        with self._lock:
            self._value -= 1


@pytest.mark.fault(34)
def test_closing_at_any_moment_in_memory(memory):
    """Each call ends with a result or with being told that the client is closed, and no other way."""
    with memory.http() as http:
        for number in range(75):
            client = AccessTokensClient(ENDPOINT, "pat_x", http_client=http)
            *results, closed = outcomes(*[partial(result_of, client.list)] * THREADS, client.close)
            assert closed is None
            assert {type(each) for each in results} <= {list, ClientClosedError}, number


@pytest.mark.fault(34)
@pytest.mark.parametrize("fails", [False, True], ids=["answers", "fails"])
@pytest.mark.parametrize("is_warm", [False, True], ids=["cold", "warm"])
def test_closing_at_any_moment_over_sockets(server, is_warm, fails):
    chance = random.Random(1)

    def answer(peer: Peer) -> None:
        (chance.choice([Peer.close, Peer.reset, Peer.answer]) if fails else Peer.answer)(peer)

    for path in (EXCHANGE, TOKENS):
        server.always(path, answer)
    for _ in range(15):
        client = AccessTokensClient(server.endpoint, "pat_x", retry=RetryPolicy(backoff=0.001))
        if is_warm:
            result_of(client.list)
        tasks = [Task(client.list) for _ in range(THREADS)]
        threading.Event().wait(chance.random() / 50)
        client.close()
        results = [task.outcome() for task in tasks]
        assert {type(each) for each in results} <= {list, ClientClosedError}


@pytest.mark.fault(26, 30)
def test_keys_that_change_over_sockets(server):
    issuer = Issuer(server)
    with AccessTokensClient(server.endpoint, "pat_x") as client:
        client.list()
        for exchanges in range(2, 12):
            issuer.rotate()
            assert [type(each) for each in crowd(client, 20)] == [list] * 20
            assert server.count(EXCHANGE) == exchanges


@pytest.mark.fault(36)
@pytest.mark.parametrize("number", range(8))
def test_forks_at_any_moment(server, number):
    server.always(TOKENS, echo)
    with AccessTokensClient(server.endpoint, "pat_x") as client:
        tasks = [Task(partial(gets_its_own, client, f"thread-{n}", 3)) for n in range(4)]
        threading.Event().wait(number / 1000)
        child = Child(partial(gets_its_own, client, "child", 3))
        assert child.succeeds()
        assert [task.outcome() for task in tasks] == [True] * 4


@pytest.mark.fault(36)
def test_forks_while_other_threads_make_clients():
    over = threading.Event()

    def make() -> None:
        while not over.is_set():
            AccessTokensClient(ENDPOINT, "pat_x").close()

    tasks = [Task(make) for _ in range(3)]
    assert all(Child(lambda: AccessTokensClient(ENDPOINT, "pat_x")).succeeds() for _ in range(12))
    over.set()
    assert [task.outcome() for task in tasks] == [None] * 3
