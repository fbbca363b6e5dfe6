"""Bytes that answer nothing which was asked: no call takes them for its answer."""

import socket
import threading
from collections.abc import Callable
from typing import Any

import attrs
import httpx
import pytest

from access_tokens import AsyncAccessTokensClient, RetryPolicy, UnavailableError

from ..helpers.callers import in_tasks, result_of, run
from ..helpers.fault_server import EXCHANGE, JWT, RECORD, TOKENS, FaultServer, Peer, response
from ..helpers.operations import LIST, failure_of, keep_jwt
from ..helpers.threads import PATIENCE
from .answers import CHUNKED, EMPTY, FOREIGN, OK, in_pieces, say

Make = Callable[..., Any]
pytestmark = pytest.mark.fault(50)

HEAD = b"HTTP/1.1 204 No Content\r\n"
# Answers, in the pieces in which they come.
ANSWERS = {
    "no content": [HEAD + b"\r\n"],
    "no content that announces some": [HEAD + b"Content-Length: %d\r\n\r\n" % len(FOREIGN)],
    "not modified": [b"HTTP/1.1 304 Not Modified\r\n\r\n"],
    "length": [EMPTY],
    "chunks": [CHUNKED + b"2\r\n{}\r\n0\r\n\r\n"],
    "chunks and length": [OK + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    "error": [response(400, {"error": "no"})],
    "cut inside the blank line": [EMPTY.partition(b"\r\n\r\n")[0] + b"\r\n\r", b'\n{"records": []}'],
    "cut inside the body": [EMPTY[:-5], EMPTY[-5:]],
    "cut before the last chunk": [CHUNKED + b'f\r\n{"records": []}\r\n', b"0\r\n\r\n"],
    "cut before a trailer": [CHUNKED + b'f\r\n{"records": []}\r\n0\r\n', b"X: y\r\n\r\n"],
    "with bare line feeds": [EMPTY.replace(b"\r", b"")[:-5], EMPTY[-5:]],
    "more than is read at once": [response(200, b'{"records": []}' + b" " * 2**22)],
}
SURPLUS = {
    "nothing": b"",
    "an answer": FOREIGN,
    "an interim answer and one more": b"HTTP/1.1 100 Continue\r\n\r\n" + FOREIGN,
    "the beginning of an answer": FOREIGN[:20],
    "an answer without its end": FOREIGN[:-1],
    "an answer that swallows the next": OK + b"X: ",
    "a byte": b"x",
}


def check_next_call(server: FaultServer, client: Any) -> None:
    """The next call is answered by the service, and not by what was left."""
    requests = server.count(TOKENS)
    [record] = client.list()
    assert record.owner == RECORD["owner"]
    assert server.count(TOKENS) == requests + 1
    assert client.clock.waits == []


@pytest.mark.parametrize("pieces", ANSWERS.values(), ids=ANSWERS)
def test_what_follows_an_answer_is_thrown_away_with_the_connection(server, victim, pieces):
    """It comes with the last piece."""
    keep_jwt(victim)
    for name, surplus in SURPLUS.items():
        connections = server.connections
        server.play(TOKENS, in_pieces(*pieces[:-1], pieces[-1] + surplus))
        result_of(victim.list)  # whatever comes of it
        check_next_call(server, victim)
        assert server.connections == connections + (2 if surplus else 1), name
        server.hang_up()


def test_what_follows_a_jwt_becomes_no_jwt(server, reach):
    """A second one, of somebody else."""
    foreign = response(200, JWT | {"access_token": "somebody-elses"})
    server.always(EXCHANGE, say(response(200, JWT) + foreign))
    client = reach(server.endpoint)
    for _ in range(3):
        client.authenticate()
        client.list()
    assert {each.headers["authorization"] for each in server.requests} == {"Bearer pat_x", "Bearer jwt"}
    assert (server.count(EXCHANGE), server.count(TOKENS)) == (3, 3)
    assert client.clock.waits == []


@attrs.define
class Again:
    """Answers a request, and a second time when the first answer has been read."""

    is_read: threading.Event = attrs.Factory(threading.Event)
    is_sent: threading.Event = attrs.Factory(threading.Event)

    def __call__(self, peer: Peer) -> None:
        peer.answer()
        self.is_read.wait(PATIENCE)
        peer.send(FOREIGN)
        self.is_sent.set()

    def send(self) -> None:
        self.is_read.set()
        assert self.is_sent.wait(PATIENCE)


def test_an_answer_on_an_idle_connection_is_thrown_away_with_it(server, reach):
    client, again = reach(server.endpoint), Again()
    keep_jwt(client)
    server.play(TOKENS, again)
    client.list()
    again.send()
    check_next_call(server, client)
    assert server.connections == 2


@in_tasks
def test_what_the_event_loop_has_not_looked_at_yet_is_thrown_away(server, variant):
    """An answer to nothing has come, but the call that follows is there first."""
    again = Again()

    async def main() -> None:
        async with AsyncAccessTokensClient(server.endpoint, "pat_x") as client:
            await client.authenticate()
            server.play(TOKENS, again)
            await client.list()
            again.send()  # for which the event loop waits
            assert [each.owner for each in await client.list()] == [RECORD["owner"]]

    run(variant, main)
    assert server.connections == 2


def test_what_follows_an_answer_on_a_full_reading_is_thrown_away(server, reach):
    """The answer fills what is read at once to the byte, so that what follows waits in some buffer below."""
    client = reach(server.endpoint)
    keep_jwt(client)
    head = len(response(200, bytes(65_000))) - 65_000
    answer = response(200, b'{"records": []}'.ljust(65_536 - head))
    assert len(answer) == 65_536
    server.play(TOKENS, say(answer + FOREIGN))
    assert client.list() == []
    check_next_call(server, client)
    assert server.connections == 2


def test_a_record_of_tls_that_follows_an_answer_is_thrown_away_with_the_connection(encrypted, reach):
    """It has come over the wire together with the answer, and waits to be decrypted."""

    def send_both_at_once(peer: Peer) -> None:
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        peer.send(EMPTY)
        peer.send(FOREIGN)
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)

    client = reach(encrypted.endpoint)
    client.list()
    encrypted.play(TOKENS, send_both_at_once)
    assert client.list() == []
    check_next_call(encrypted, client)
    assert encrypted.connections == 2


@pytest.mark.fault(4)
def test_an_answer_that_comes_too_late_answers_nothing(server, make_client):
    """Neither the repeat of the request, nor another."""
    given_up = threading.Event()

    def answer_late(peer: Peer) -> None:
        given_up.wait(PATIENCE)
        peer.send(FOREIGN)

    once = RetryPolicy(retries=0)
    client = make_client(server.endpoint, "pat_x", timeout=httpx.Timeout(5, read=0.03), retry=once)
    keep_jwt(client)
    server.play(TOKENS, answer_late)
    assert type(failure_of(LIST, client)) is UnavailableError
    given_up.set()
    session = client.client._session
    session.settings = attrs.evolve(session.settings, timeout=httpx.Timeout(5))
    for _ in range(3):
        check_next_call(server, client)
