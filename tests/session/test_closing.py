"""Clients that are closed while they are in use: which calls end, wherever they are."""

import socket
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import httpx
import pytest
from attrs import define, field

from access_tokens import AccessTokensClient, ClientClosedError, RetryPolicy

from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer, Peer, response
from ..helpers.plays import BEARER, refuse
from ..helpers.threads import PATIENCE, Task, outcomes, until, waiting_in_the_library
from .crowds import all_list, until_waiting

T = TypeVar("T")

pytestmark = pytest.mark.fault(34)

PAGE = response(200, {"records": []})
# More than systems keep for a peer that does not read, when they are told to keep little.
MANY_IDS = [f"{number:02000}" for number in range(48)]
LITTLE = 4096


@define(eq=False)
class Reached:
    """A play that tells that it has begun, says some of an answer, and then stalls.

    Attributes:
        says: What to send first.
        peeks: Whether to begin when the client has begun to send.
        reads: Whether to read what the client sends.
    """

    says: bytes = b""
    peeks: bool = False
    reads: bool = True
    _event: threading.Event = field(factory=threading.Event)

    def __call__(self, peer: Peer) -> None:
        peer.send(self.says)
        if self.peeks:
            peer.socket.recv(1, socket.MSG_PEEK)
        self._event.set()
        peer.stall() if self.reads else peer.over.wait(PATIENCE)

    def wait(self) -> None:
        assert self._event.wait(PATIENCE)


def shake_hands(server: FaultServer) -> Reached:
    server.greet(reached := Reached(peeks=True))
    return reached


def do_not_read_the_request(server: FaultServer) -> Reached:
    server._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE)
    server.play(EXCHANGE, lambda peer: peer.send(response(200, BEARER, "Connection: close")))
    server.greet(lambda peer: None, reached := Reached(peeks=True, reads=False))
    return reached


def stall(path: str, says: bytes = b"") -> Callable[[FaultServer], Reached]:
    def prepare(server: FaultServer) -> Reached:
        server.play(path, reached := Reached(says))
        return reached

    return prepare


def stall_at_the_second_page(server: FaultServer) -> Reached:
    server.play(TOKENS, Peer.answer, reached := Reached())
    return reached


Call = Callable[[Any], Any]
LIST: Call = lambda client: client.list()  # noqa: E731 - it stands in a table
PHASES: dict[str, tuple[str, Call, Callable[[FaultServer], Reached]]] = {
    "handshake": ("https", LIST, shake_hands),
    "exchange": ("http", LIST, stall(EXCHANGE)),
    "request": ("http", lambda client: client.batch_load(MANY_IDS), do_not_read_the_request),
    "header": ("http", LIST, stall(TOKENS)),
    "inside the header": ("http", LIST, stall(TOKENS, PAGE[:20])),
    "body": ("http", LIST, stall(TOKENS, PAGE[:-5])),
    "iteration": ("http", lambda client: client.iter_tokens(page_size=1), stall_at_the_second_page),
}


@pytest.fixture
def little_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Systems keep little of what is sent and not read."""

    def kept_little(connect: Callable[[socket.socket, Any], T]) -> Callable[[socket.socket, Any], T]:
        def connecting(self: socket.socket, address: Any) -> T:
            self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LITTLE)
            return connect(self, address)

        return connecting

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, kept_little(getattr(socket.socket, name)))


@pytest.mark.parametrize("phase", PHASES)
def test_it_ends_a_call_wherever_it_is(server, make_client, little_is_kept, phase):
    scheme, call, prepare = PHASES[phase]
    reached = prepare(server)
    client = make_client(f"{scheme}://{server.address}", "pat_x")
    task = Task(lambda: call(client))
    reached.wait()
    client.close()
    assert isinstance(task.outcome(), ClientClosedError)
    assert client.clock.waits == []


def test_it_wakes_who_waits_to_try_again(server, make_client):
    client = make_client(server.endpoint, "pat_x", retry=RetryPolicy(backoff=100, backoff_max=100))
    del client.client._session._sleep  # so that waits take their time
    server.play(TOKENS, refuse(503))
    task = Task(lambda: client.issue("x"))
    until(lambda: server.count(TOKENS))
    until_waiting(client, 1)
    client.close()
    error = task.outcome()
    assert isinstance(error, ClientClosedError)
    assert error.token_id
    assert error.outcome_unknown


def test_it_ends_the_leader_of_an_exchange_and_all_who_wait_for_it(client, server):
    reached = Reached()
    server.play(EXCHANGE, reached)
    crowd = Task(lambda: all_list(client, 20))
    reached.wait()
    client.close()
    assert [type(each) for each in crowd.outcome()] == [ClientClosedError] * 20
    assert len(server.requests) == 1


def test_it_ends_who_waits_for_a_connection(client, server):
    """And what they would have sent is never sent."""
    client.authenticate()
    server.always(TOKENS, Peer.stall)
    crowd = Task(lambda: all_list(client, 105))
    until(lambda: server.count(TOKENS) == 100)
    client.close()
    assert [type(each) for each in crowd.outcome()] == [ClientClosedError] * 105
    assert server.count(TOKENS) == 100


@pytest.mark.parametrize(("path", "count"), [(EXCHANGE, 1), (TOKENS, 2)])
def test_threads_behind_those_that_it_cannot_wake_end_at_once(server, path, count):
    """Behind those that read through the caller's own HTTP stack, which has but two connections."""
    with httpx.Client(limits=httpx.Limits(max_connections=2)) as http:
        client = AccessTokensClient(server.endpoint, "pat_x", http_client=http)
        if path == TOKENS:
            client.authenticate()
        server.always(path, Peer.stall)
        reading = [Task(client.list) for _ in range(count)]
        until(lambda: server.count(path) == count)
        behind = [Task(client.list) for _ in range(5)]
        until(lambda: waiting_in_the_library() >= 5)
        client.close()
        assert [type(task.outcome()) for task in behind] == [ClientClosedError] * 5
        assert all(task.is_alive() for task in reading)
        server.hang_up()
        assert [type(task.outcome()) for task in reading] == [ClientClosedError] * count
    assert server.count(path) == count


def test_it_may_be_done_many_times_at_once(client, server):
    reached = Reached()
    server.play(TOKENS, reached)
    task = Task(client.list)
    reached.wait()
    for _ in range(2):
        assert outcomes(*[client.close] * 8) == [None] * 8
    assert isinstance(task.outcome(), ClientClosedError)
