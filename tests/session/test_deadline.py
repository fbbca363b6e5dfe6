"""Calls that something keeps busy for ever: nothing but the deadline ends them."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from access_tokens import AccessTokensError, UnavailableError

from ..helpers.callers import ASYNC
from ..helpers.fault_server import EXCHANGE, TOKENS, Peer, Play
from ..helpers.operations import ISSUE, LIST, Operation, hurry
from ..helpers.plays import Held
from ..helpers.threads import PATIENCE, Task
from .crowds import forget_jwt

OVER = r"no answer within the deadline of 0\.15 s"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
TUNNEL = b"HTTP/1.1 200 Connection established\r\n"


def without_end(beginning: bytes, more: bytes, pause: float = 0.005) -> Play:
    def play(peer: Peer) -> None:
        peer.send(beginning)
        while not peer.over.wait(pause):
            peer.send(more)
        raise ConnectionAbortedError

    return play


ENDLESS: dict[str, Play] = {
    "nothing": Peer.stall,
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
# A task is cancelled wherever it waits, which it must do even when there is always something to read.
TO_TASKS = ["nothing", "header", "100 Continue at full speed", "body", "chunks at full speed"]


def ends_at_the_deadline(operation: Operation, client: Any) -> AccessTokensError:
    """Call a method with little time, and return the error with which it ends."""
    hurry(client)
    with pytest.raises(UnavailableError, match=f"^{operation.failed}: {OVER}") as raised:
        operation.call(client)
    return raised.value


@pytest.mark.fault(4, 6)
@pytest.mark.parametrize(
    ("variant", "answer"),
    [("sync", each) for each in ENDLESS] + [(variant, each) for variant in ASYNC for each in TO_TASKS],
)
def test_an_answer_without_end_is_left(server, client, answer):
    client.authenticate()  # which also connects
    server.always(TOKENS, ENDLESS[answer])
    error = ends_at_the_deadline(ISSUE, client)
    assert error.attempts == 1
    assert error.outcome_unknown or not server.count(TOKENS)  # a busy machine may be too slow to send it


def test_who_waits_for_the_exchange_of_another_waits_no_longer(server, client):
    held = Held()
    server.play(EXCHANGE, held)
    hurry(client, deadline=PATIENCE)
    leader = Task(forget_jwt(client).list)
    held.came()
    hurry(client)
    with pytest.raises(UnavailableError, match=f"^Failed to authenticate: {OVER}"):
        forget_jwt(client).list()
    held.go_on()
    assert leader.outcome()
    assert server.count(EXCHANGE) == 1


def shake_hands_for_ever(peer: Peer) -> None:
    peer.socket.recv(5)
    # The beginning of a record of 16 kB, all of which one has to wait for.
    without_end(b"\x16\x03\x03\x40\x00", b"\0")(peer)


@pytest.mark.fault(6, 7, 57)
def test_a_handshake_without_end_is_left(server, make_client):
    server.greet(shake_hands_for_ever)
    client = make_client(f"https://{server.address}", "pat_x")
    assert not ends_at_the_deadline(ISSUE, client).outcome_unknown


def tunnel_to_a_handshake_for_ever(peer: Peer) -> None:
    peer.send(TUNNEL + b"\r\n")
    shake_hands_for_ever(peer)


@pytest.mark.fault(6, 10, 57)
@pytest.mark.parametrize("answer", [without_end(TUNNEL, b"X: y\r\n"), tunnel_to_a_handshake_for_ever])
def test_a_proxy_without_end_is_left(server, make_client, answer, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", server.endpoint)
    server.always("api.example.com:443", answer)
    client = make_client("https://api.example.com", "pat_x")
    assert not ends_at_the_deadline(ISSUE, client).outcome_unknown


@pytest.fixture
def silence() -> Iterator[threading.Event]:
    """Ends with the test."""
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.fault(6, 57)
def test_name_servers_that_say_nothing_are_left(make_client, monkeypatch, silence):
    waited: list[str] = []

    def ask(host: str, *rest: int, **_: Any) -> Any:
        # Trio asks in its event loop whether the name is a number; the last of five is the flags.
        if not (rest[4:] and rest[4] & socket.AI_NUMERICHOST):
            silence.wait(1)
            waited.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    client = make_client("https://api.example.com", "pat_x")
    monkeypatch.setattr(socket, "getaddrinfo", ask)
    ends_at_the_deadline(LIST, client)
    assert waited == []
