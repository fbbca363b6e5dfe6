"""Bytes that answer nothing which was asked: no call takes them for its answer."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import attrs
import httpx
import pytest

from access_tokens import AsyncAccessTokensClient, RetryPolicy, UnavailableError

from ..helpers.callers import in_tasks, run
from ..helpers.fault_server import EXCHANGE, JWT, RECORD, TOKENS, FaultServer, Peer, Play, response
from ..helpers.operations import LIST, keep_jwt

Make = Callable[..., Any]

FOREIGN = response(200, {"records": [RECORD | {"owner": "somebody else's"}]})
EMPTY = response(200, {"records": []})
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

SURPLUS = {
    "an answer": FOREIGN,
    "two answers": FOREIGN * 2,
    "an interim answer and one more": b"HTTP/1.1 100 Continue\r\n\r\n" + FOREIGN,
    "the beginning of an answer": FOREIGN[:20],
    "an answer without its end": FOREIGN[:-1],
    "an answer that swallows the next": OK + b"X: ",
    "a line": b"\r\n",
    "a byte": b"x",
}
ANSWERS = {
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "no content that announces some": b"HTTP/1.1 204 No Content\r\nContent-Length: %d\r\n\r\n" % len(FOREIGN),
    "not modified": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "length": EMPTY,
    "no body": OK + b"Content-Length: 0\r\n\r\n",
    "chunks": OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks and length": OK + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "error": response(400, {"error": "no"}),
}


def say(data: bytes) -> Play:
    return lambda peer: peer.send(data)


ONCE = RetryPolicy(retries=0)


def outcome(client: Any) -> Any:
    try:
        return LIST.call(client)
    except Exception as error:  # noqa: BLE001 - any will do, for it is the next call that counts
        return error


def check_next_call(server: FaultServer, client: Any) -> None:
    """The next call is answered by the service, and not by what was left."""
    requests = server.count(TOKENS)
    [record] = client.list()
    assert record.owner == RECORD["owner"]
    assert server.count(TOKENS) == requests + 1
    assert client.clock.waits == []


@pytest.fixture(params=["own", "borrowed"])
def make(request: pytest.FixtureRequest, make_client: Make, variant: str) -> Iterator[Make]:
    """Makes clients with connections of their own, and over an HTTP client of the caller's."""
    kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
    own = kind() if request.param == "borrowed" else None
    made: list[Any] = []

    def make(endpoint: str) -> Any:
        made.append(make_client(endpoint, "pat_x", http_client=own))
        return made[-1]

    yield make
    if own:
        own.close() if variant == "sync" else made[0].portal.call(own.aclose)


@pytest.mark.fault(50)
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_what_follows_an_answer_is_thrown_away_with_the_connection(server, victim, answer):
    keep_jwt(victim)
    for name, surplus in SURPLUS.items():
        connections = server.connections
        server.play(TOKENS, say(answer + surplus))
        outcome(victim)
        check_next_call(server, victim)
        assert server.connections == connections + 2, name
        server.hang_up()


@pytest.mark.fault(50)
def test_what_follows_a_jwt_becomes_no_jwt(server, make):
    """A second one, of somebody else."""
    foreign = response(200, JWT | {"access_token": "somebody-elses"})
    server.always(EXCHANGE, say(response(200, JWT) + foreign))
    client = make(server.endpoint)
    for _ in range(3):
        client.authenticate()
        client.list()
    assert {each.headers["authorization"] for each in server.requests} == {"Bearer pat_x", "Bearer jwt"}
    assert (server.count(EXCHANGE), server.count(TOKENS)) == (3, 3)
    assert client.clock.waits == []


@pytest.mark.fault(50)
def test_an_answer_on_an_idle_connection_is_thrown_away_with_it(server, make):
    victim = make(server.endpoint)
    sent = threading.Event()

    def answer_and_once_more(peer: Peer) -> None:
        peer.answer()
        asked.wait(5)
        peer.send(FOREIGN)
        sent.set()

    asked = threading.Event()
    keep_jwt(victim)
    server.play(TOKENS, answer_and_once_more)
    victim.list()
    asked.set()
    sent.wait(5)
    check_next_call(server, victim)
    assert server.connections == 2


@pytest.mark.fault(50)
def test_what_follows_an_answer_on_a_full_reading_is_thrown_away(server, make, request):
    """The answer fills what is read at once to the byte, so that what follows waits in some buffer below."""
    victim = make(server.endpoint)
    room = 65536 - len(response(200, b"", "Content-Type: application/json")) - 5 + 1
    body = b'{"records": []}'
    answer = response(200, body + b" " * (room - len(body)))
    assert len(answer) == 65536
    keep_jwt(victim)
    server.play(TOKENS, say(answer + FOREIGN))
    assert victim.list() == []
    check_next_call(server, victim)
    assert server.connections == 2


@pytest.fixture
def encrypted(context: ssl.SSLContext, trusted: None) -> Iterator[FaultServer]:
    """A service with TLS that everybody trusts."""
    with FaultServer(context) as server:
        yield server


@pytest.mark.fault(50)
def test_a_record_that_follows_an_answer_is_thrown_away_with_the_connection(encrypted, make, request):
    """It has come over the wire together with the answer, and waits to be decrypted."""

    def send_both_at_once(peer: Peer) -> None:
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        peer.send(EMPTY)
        peer.send(FOREIGN)
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)

    client = make(encrypted.endpoint)
    client.list()
    encrypted.play(TOKENS, send_both_at_once)
    assert client.list() == []
    check_next_call(encrypted, client)
    assert encrypted.connections == 2


@pytest.mark.fault(50, 4)
def test_an_answer_that_comes_too_late_answers_nothing(server, make_client):
    """Neither the repeat of the request, nor another."""
    given_up = threading.Event()

    def answer_late(peer: Peer) -> None:
        given_up.wait(5)
        peer.send(FOREIGN)

    client = make_client(server.endpoint, "pat_x", timeout=httpx.Timeout(5, read=0.03), retry=ONCE)
    keep_jwt(client)
    server.play(TOKENS, answer_late)
    assert isinstance(outcome(client), UnavailableError)
    given_up.set()
    session = client.client._session
    session.settings = attrs.evolve(session.settings, timeout=httpx.Timeout(5))
    for _ in range(3):
        check_next_call(server, client)


@pytest.mark.fault(50, 33)
@in_tasks
def test_the_answer_to_a_cancelled_call_answers_nothing(server, variant):
    asked, cancelled = threading.Event(), threading.Event()

    def answer_late(peer: Peer) -> None:
        peer.send(FOREIGN[:40])
        asked.set()
        cancelled.wait(5)
        peer.send(FOREIGN[40:] + FOREIGN)

    async def main() -> None:
        async with AsyncAccessTokensClient(server.endpoint, "pat_x") as client:
            await client.list()
            server.play(TOKENS, answer_late)
            async with anyio.create_task_group() as group:
                group.start_soon(client.list)
                await anyio.to_thread.run_sync(asked.wait, 5)
                group.cancel_scope.cancel()
            cancelled.set()
            for _ in range(3):
                assert [each.owner for each in await client.list()] == [RECORD["owner"]]

    run(variant, main)
    assert server.count(TOKENS) == 5
