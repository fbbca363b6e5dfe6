"""Clients that are closed while they are in use (case 34)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from attrs import define, field

from access_tokens import AccessTokensClient, ClientClosedError

from ..helpers.dead import dead, needs_dead
from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer, Peer, response
from ..helpers.plays import BEARER, Turnstile
from ..helpers.threads import PATIENCE, Task, outcomes, until

T = TypeVar("T")

pytestmark = pytest.mark.fault(34)

Make = Callable[..., Any]
PAGE = response(200, {"records": []})
# More than systems keep for a peer that does not read, when they are told to keep little.
MANY_IDS = [f"{number:02000}" for number in range(48)]
LITTLE = 4096
SYN_SENT = "02"


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


Under = tuple[Any, Callable[[], Any], Reached]


def handshake(server: FaultServer, make_client: Make) -> Under:
    reached = Reached(peeks=True)
    server.greet(reached)
    client = make_client(server.endpoint.replace("http", "https"), "pat_x")
    return client, client.list, reached


def exchange(server: FaultServer, make_client: Make) -> Under:
    reached = Reached()
    server.play(EXCHANGE, reached)
    client = make_client(server.endpoint, "pat_x")
    return client, client.list, reached


def request_body(server: FaultServer, make_client: Make) -> Under:
    """The peer does not read what it is sent."""
    server._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE)
    reached = Reached(peeks=True, reads=False)
    server.play(EXCHANGE, lambda peer: peer.send(response(200, BEARER, "Connection: close")))
    server.greet(lambda peer: None, reached)
    client = make_client(server.endpoint, "pat_x")
    return client, lambda: client.batch_load(MANY_IDS), reached


def header(server: FaultServer, make_client: Make) -> Under:
    return _answer(server, make_client, b"")


def inside_the_header(server: FaultServer, make_client: Make) -> Under:
    return _answer(server, make_client, PAGE[:20])


def body(server: FaultServer, make_client: Make) -> Under:
    return _answer(server, make_client, PAGE[:-5])


def _answer(server: FaultServer, make_client: Make, begins: bytes) -> Under:
    reached = Reached(says=begins)
    server.play(TOKENS, reached)
    client = make_client(server.endpoint, "pat_x")
    return client, client.list, reached


def iteration(server: FaultServer, make_client: Make) -> Under:
    reached = Reached()
    server.play(TOKENS, Peer.answer, reached)
    client = make_client(server.endpoint, "pat_x")
    return client, lambda: client.iter_tokens(page_size=1), reached


PHASES: list[Callable[[FaultServer, Make], Under]] = [
    handshake,
    exchange,
    request_body,
    header,
    inside_the_header,
    body,
    iteration,
]


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


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: phase.__name__)
def test_closing_ends_a_call_wherever_it_is(server, make_client, little_is_kept, phase):
    client, call, reached = phase(server, make_client)
    task = Task(call)
    reached.wait()
    client.close()
    assert isinstance(task.outcome(), ClientClosedError)
    assert client.clock.waits == []


@needs_dead
def test_closing_ends_a_call_that_connects(make_client, request):
    with dead() as port:
        endpoint = f"http://127.0.0.1:{port}"
        client = make_client(endpoint, "pat_x", timeout=httpx.Timeout(2 * PATIENCE))
        so_far = connecting_to(endpoint)
        task = Task(client.list)
        until(lambda: connecting_to(endpoint) > so_far)
        client.close()
        task.join(5)
        has_ended = not task.is_alive()
    assert isinstance(task.outcome(), ClientClosedError)
    assert has_ended


def connecting_to(endpoint: str) -> int:
    """Count the connections that this system tries to make to an endpoint."""
    port = int(endpoint.rpartition(":")[2])
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return sum(line[2:4] == [f"0100007F:{port:04X}", SYN_SENT] for line in lines)


def test_closing_ends_the_leader_of_an_exchange_and_all_who_wait_for_it(victim, server):
    reached = Reached()
    server.play(EXCHANGE, reached)
    crowd = Task(lambda: victim.at_once(20, lambda client: client.list()))
    reached.wait()
    victim.close()
    assert [type(each) for each in crowd.outcome()] == [ClientClosedError] * 20
    assert len(server.requests) == 1


def test_closing_ends_who_waits_for_a_connection(victim, server):
    """And what they would have sent is never sent."""
    victim.authenticate()
    server.always(TOKENS, Peer.stall)
    crowd = Task(lambda: victim.at_once(105, lambda client: client.list()))
    until(lambda: server.count(TOKENS) == 100)
    victim.close()
    assert [type(each) for each in crowd.outcome()] == [ClientClosedError] * 105
    assert server.count(TOKENS) == 100


def test_it_may_be_closed_many_times_at_once(victim, server):
    reached = Reached()
    server.play(TOKENS, reached)
    task = Task(victim.list)
    reached.wait()
    assert outcomes(*[victim.close] * 8) == [None] * 8
    assert isinstance(task.outcome(), ClientClosedError)
    assert outcomes(*[victim.close] * 8) == [None] * 8


def test_closing_leaves_no_connection(victim, server):
    victim.at_once(10, lambda client: client.list())
    victim.close()
    until(lambda: not server._open)


def test_closing_while_a_connection_is_taken_loses_none(server, monkeypatch):
    """One that is lost stays open until it is collected, which warns."""
    turnstile = Turnstile()
    server.always(TOKENS, turnstile)
    client = AccessTokensClient(server.endpoint, "pat_x")
    client.authenticate()
    tasks = [Task(client.list) for _ in range(2)]
    turnstile.wait_for(2)
    turnstile.is_open.set()
    assert len([task.outcome() for task in tasks]) == 2
    http = client._session._pool
    last = http._idle.last

    def last_and_drop_it() -> Any:
        """Do as `close` does in another thread."""
        found = last()
        if found:
            http._drop(found)
        return found

    monkeypatch.setattr(http._idle, "last", last_and_drop_it)
    client.list()
    client.close()
    until(lambda: not server._open)
