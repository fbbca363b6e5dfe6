"""A service that keeps a call busy for ever: nothing but the deadline ends it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from access_tokens import AccessTokensError, UnavailableError

from ..helpers.fault_server import EXCHANGE, TOKENS, Peer, Play
from ..helpers.operations import ISSUE, LIST, Operation, hurry

Make = Callable[..., Any]
OVER = r"no answer within the deadline of 0\.15 s"


def failure_of(operation: Operation, client: Any) -> AccessTokensError:
    with pytest.raises(UnavailableError, match=f"^{operation.failed}: {OVER}") as raised:
        operation.call(client)
    return raised.value


def without_end(beginning: bytes, more: bytes, pause: float = 0.005) -> Play:
    def play(peer: Peer) -> None:
        peer.send(beginning)
        while not peer.over.wait(pause):
            peer.send(more)
        raise ConnectionAbortedError

    return play


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
ENDLESS = {
    "status": without_end(b"HTTP/1.1 200 ", b"K"),
    "header": without_end(HEAD + b"X-Slow: ", b"x"),
    "headers": without_end(HEAD, b"X: y\r\n"),
    "100 Continue": without_end(b"", CONTINUE),
    "100 Continue at full speed": without_end(b"", CONTINUE * 1000, pause=0),
    "103 Early Hints": without_end(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"),
    "body": without_end(HEAD + b"Content-Length: 99999\r\n\r\n", b" "),
    "body without length": without_end(HEAD + b"\r\n", b" "),
    "chunks": without_end(CHUNKED, b"1\r\n \r\n"),
    "chunks at full speed": without_end(CHUNKED, b"1\r\n \r\n" * 1000, pause=0),
    "chunk size": without_end(CHUNKED, b"0"),
    "chunk extension": without_end(CHUNKED + b"1;", b"x"),
    "trailers": without_end(CHUNKED + b"0\r\n", b"X: y\r\n"),
}


@pytest.mark.fault(6)
@pytest.mark.parametrize("answer", ENDLESS.values(), ids=ENDLESS)
def test_an_answer_without_end_is_left_at_the_deadline(server, victim, answer):
    victim.authenticate()
    server.always(TOKENS, answer)
    hurry(victim)
    error = failure_of(ISSUE, victim)
    assert (error.attempts, error.outcome_unknown) == (1, True)


@pytest.mark.fault(6)
def test_an_exchange_without_end_is_left_at_the_deadline(server, victim):
    victim.list()
    server.always(EXCHANGE, ENDLESS["body"])
    hurry(victim)
    victim.client._session._cache._current = None
    with pytest.raises(UnavailableError, match=f"^Failed to authenticate: {OVER}"):
        victim.list()


def shake_hands_for_ever(peer: Peer) -> None:
    peer.socket.recv(5)
    # The beginning of a record of 16 kB, all of which one has to wait for.
    without_end(b"\x16\x03\x03\x40\x00", b"\0")(peer)


@pytest.mark.fault(57)
@pytest.mark.fault(6, 7)
def test_a_handshake_without_end_is_left_at_the_deadline(server, make_client):
    server.greet(shake_hands_for_ever)
    client = make_client(f"https://{server.address}", "pat_x")
    hurry(client)
    assert not failure_of(ISSUE, client).outcome_unknown


TUNNEL = b"HTTP/1.1 200 Connection established\r\n"


def tunnel_to_a_handshake_for_ever(peer: Peer) -> None:
    peer.send(TUNNEL + b"\r\n")
    shake_hands_for_ever(peer)


@pytest.mark.fault(57)
@pytest.mark.fault(6, 10)
@pytest.mark.parametrize("answer", [without_end(TUNNEL, b"X: y\r\n"), tunnel_to_a_handshake_for_ever])
def test_a_proxy_without_end_is_left_at_the_deadline(server, make_client, answer, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", server.endpoint)
    server.always("api.example.com:443", answer)
    client = make_client("https://api.example.com", "pat_x")
    hurry(client)
    assert not failure_of(ISSUE, client).outcome_unknown


@pytest.fixture
def silence() -> Iterator[threading.Event]:
    """Ends with the test."""
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.fault(57)
@pytest.mark.fault(6)
def test_name_servers_that_say_nothing_are_left_at_the_deadline(make_client, monkeypatch, silence):
    waited: list[str] = []

    def ask(host: str, *rest: int, **_: Any) -> Any:
        # Trio asks in its event loop whether the name is a number; the last of five is the flags.
        if not (rest[4:] and rest[4] & socket.AI_NUMERICHOST):
            silence.wait(1)
            waited.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    client = make_client("https://api.example.com", "pat_x")
    monkeypatch.setattr(socket, "getaddrinfo", ask)
    hurry(client)
    failure_of(LIST, client)
    assert waited == []
