"""Answers that come in several pieces, and what comes with the last of them or instead of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from access_tokens import AsyncAccessTokensClient, RetryPolicy, UnavailableError

from ..helpers.callers import in_tasks, run
from ..helpers.fault_server import RECORD, TOKENS, Peer, Play, response
from ..helpers.operations import keep_jwt

Make = Callable[..., Any]
FOREIGN = response(200, {"records": [RECORD | {"owner": "somebody else's"}]})
EMPTY = response(200, {"records": []})
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
PAUSE = 0.02
# Each answer is an empty list.
PIECES = {
    "inside the head": [EMPTY[:20], EMPTY[20:]],
    "inside the blank line": [EMPTY.partition(b"\r\n\r\n")[0] + b"\r\n\r", b'\n{"records": []}'],
    "before the body": [EMPTY.partition(b"{")[0], b'{"records": []}'],
    "inside the body": [EMPTY[:-5], EMPTY[-5:]],
    "between chunks": [CHUNKED + b'd\r\n{"records": [\r\n', b"2\r\n]}\r\n0\r\n\r\n"],
    "before the last chunk": [CHUNKED + b'f\r\n{"records": []}\r\n', b"0\r\n\r\n"],
    "before a trailer": [CHUNKED + b'f\r\n{"records": []}\r\n0\r\n', b"X: y\r\n\r\n"],
    "with bare line feeds": [EMPTY.replace(b"\r", b"")[:-5], EMPTY[-5:]],
}
SURPLUS = {"nothing": b"", "an answer": FOREIGN, "half an answer": FOREIGN[:-30], "a header": OK + b"X: "}


def in_pieces(*pieces: bytes) -> Play:
    def play(peer: Peer) -> None:
        for piece in pieces:
            peer.send(piece)
            peer.over.wait(PAUSE)

    return play


@pytest.mark.fault(50)
@pytest.mark.parametrize("surplus", SURPLUS.values(), ids=SURPLUS)
@pytest.mark.parametrize("pieces", PIECES.values(), ids=PIECES)
def test_what_comes_with_the_last_piece_is_thrown_away(server, victim, pieces, surplus):
    keep_jwt(victim)
    server.play(TOKENS, in_pieces(*pieces[:-1], pieces[-1] + surplus))
    assert victim.list() == []
    assert [each.owner for each in victim.list()] == [RECORD["owner"]]
    assert (server.count(TOKENS), victim.clock.waits) == (2, [])
    assert server.connections == (2 if surplus else 1)


@pytest.mark.fault(50)
@pytest.mark.parametrize("surplus", [FOREIGN, FOREIGN[:-30]], ids=["an answer", "half an answer"])
def test_what_follows_more_than_is_read_at_once_is_thrown_away(server, victim, surplus):
    keep_jwt(victim)
    large = b'{"records": []}' + b" " * 2**22
    server.play(TOKENS, lambda peer: peer.send(response(200, large) + surplus))
    assert victim.list() == []
    assert [each.owner for each in victim.list()] == [RECORD["owner"]]
    assert (server.count(TOKENS), victim.clock.waits) == (2, [])


@pytest.mark.fault(50)
@in_tasks
def test_what_the_event_loop_has_not_looked_at_yet_is_thrown_away(server, variant):
    """An answer to nothing has come, but the call that follows is there first."""
    asked, sent = threading.Event(), threading.Event()

    def answer_and_once_more(peer: Peer) -> None:
        peer.answer()
        asked.wait(5)
        peer.send(FOREIGN)
        sent.set()

    async def main() -> None:
        async with AsyncAccessTokensClient(server.endpoint, "pat_x") as client:
            await client.authenticate()
            server.play(TOKENS, answer_and_once_more)
            await client.list()
            asked.set()
            sent.wait(5)  # and so does the event loop
            assert [each.owner for each in await client.list()] == [RECORD["owner"]]

    run(variant, main)
    assert server.connections == 2


NOT_HTTP = {
    "a chunk without a size": (CHUNKED + b"1\r\n{\r\n", b"size\r\n"),
    "a chunk without its end": (CHUNKED, b"1\r\n{}\r\n"),
    "a header without a name": (OK, b": x\r\n\r\n"),
}


@pytest.mark.fault(3, 20)
@pytest.mark.parametrize(("beginning", "end"), NOT_HTTP.values(), ids=NOT_HTTP)
def test_what_turns_out_to_be_no_answer_is_not_waited_for(server, make_client, beginning, end):
    """Though the peer leaves the connection open."""
    client = make_client(server.endpoint, "pat_x", retry=RetryPolicy(retries=0))
    keep_jwt(client)
    server.play(TOKENS, in_pieces(beginning, end))
    with pytest.raises(UnavailableError) as raised:
        client.issue("x")
    assert isinstance(raised.value.cause, httpx.RemoteProtocolError)
    assert raised.value.outcome_unknown


@pytest.mark.fault(4, 6)
@pytest.mark.parametrize(
    "interim", [b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Hints\r\nX: y\r\n\r\n"]
)
def test_silence_is_a_timeout_also_after_an_interim_answer(server, make_client, interim):
    once, patience = RetryPolicy(retries=0), httpx.Timeout(5, read=0.05)
    client = make_client(server.endpoint, "pat_x", timeout=patience, retry=once)
    keep_jwt(client)

    def fall_silent(peer: Peer) -> None:
        peer.send(interim)
        peer.stall()

    server.play(TOKENS, fall_silent)
    with pytest.raises(UnavailableError) as raised:
        client.issue("x")
    assert isinstance(raised.value.cause, httpx.ReadTimeout)


@pytest.mark.fault(60)
@pytest.mark.fault(3, 46)
def test_nothing_is_shown_of_an_answer_that_breaks_off(server, victim):
    """It may hold a secret that is not known here yet."""
    keep_jwt(victim)
    for more in (b"", b"Content-Length: 99\r\n\r\npat_issued"):
        server.play(TOKENS, *[and_leave(OK + b"X: pat_issued\r\n" + more)] * 4)
        with pytest.raises(UnavailableError) as raised:
            victim.issue("x")
        assert "pat_issued" not in str(raised.value) + repr(raised.value.cause)


def and_leave(answer: bytes) -> Play:
    def play(peer: Peer) -> None:
        peer.send(answer)
        peer.close()

    return play
