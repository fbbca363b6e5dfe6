"""Answers without bounds, and answers that are hardly HTTP."""

from __future__ import annotations

import gzip
import json
import logging
import threading
import tracemalloc
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import httpx
import pytest
from access_tokens_api.api.tokens import update_token
from access_tokens_api.models import UpdateTokenRequest

from access_tokens import AccessTokensError, InvalidResponseError, UnavailableError
from access_tokens._http.body import Body

from ..helpers.api_calls import invoke
from ..helpers.fault_server import EXCHANGE, RECORD, TOKENS, Peer, Play, response
from ..helpers.operations import ISSUE, LIST, failure_of, keep_jwt

Make = Callable[..., Any]
MIB = 2**20
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
GZIP = OK + b"Content-Encoding: gzip\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
GIGABYTE = b"Content-Length: %d\r\n\r\n" % 2**30


def say(*parts: bytes) -> Play:
    return lambda peer: peer.send(b"".join(parts))


@contextmanager
def little_memory(most: int = 100 * MIB) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def bomb() -> bytes:
    """Return a gigabyte of zeros, packed."""
    packer = zlib.compressobj(9, wbits=31)
    first, again = (packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + again * 1023


FLOODS = {
    "with length": (OK + GIGABYTE, b" " * MIB),
    "without length": (OK + b"\r\n", b" " * MIB),
    "in chunks": (OK + CHUNKED, b"100000\r\n" + b" " * MIB + b"\r\n"),
    "packed": (GZIP + CHUNKED, b"%x\r\n%b\r\n" % (len(bomb()), bomb())),
    "of an error": (b"HTTP/1.1 400 No\r\n" + GIGABYTE, b" " * MIB),
    "of a packed error": (
        b"HTTP/1.1 400 No\r\nContent-Encoding: gzip\r\n" + CHUNKED,
        b"%x\r\n%b\r\n" % (len(bomb()), bomb()),
    ),
}


@pytest.mark.fault(20)
@pytest.mark.parametrize(("head", "piece"), FLOODS.values(), ids=FLOODS)
def test_a_gigabyte_is_left_at_its_beginning(server, victim, head, piece):
    """Almost nothing is held in memory, and the rest is not even received."""
    is_left = threading.Event()

    def flood(peer: Peer) -> None:
        try:
            peer.send(head)
            for _ in range(1024):
                peer.send(piece)
        except ConnectionError:
            is_left.set()
            raise

    keep_jwt(victim)
    server.play(TOKENS, flood)
    with little_memory(most=8 * MIB):
        error = failure_of(ISSUE, victim)
        assert is_left.wait(10)
    if error.status_code is None:
        assert type(error) is InvalidResponseError
        assert error.reason == "the body is over 128 KiB"
    assert (error.attempts, server.count(TOKENS)) == (1, 1)
    assert error.outcome_unknown == (error.status_code is None)
    assert len(victim.list()) == 1


@pytest.mark.fault(58)
@pytest.mark.fault(20)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_small_pieces_take_no_more_memory_than_their_bytes(size):
    """Such as those of an answer in chunks of a byte."""
    body = Body(httpx.Response(200))
    with little_memory(most=MIB // 2):
        for number in range(30_000):
            body.add(number.to_bytes(4, "little")[:size])
        assert len(body.content()) == 30_000 * size


PACKED = gzip.compress(json.dumps({"records": [RECORD], "token": "t", "record": RECORD}).encode())
UNPACKABLE = {
    "cut": (PACKED[:-1], "gzip", "ended early"),
    "cut in the header": (PACKED[:5], "gzip", "ended early"),
    "with more behind it": (PACKED + b"more", "gzip", "goes on after its end"),
    "with half of it behind it": (PACKED + PACKED[:-9], "gzip", "ended early"),
    "with a wrong sum": (PACKED[:-8] + bytes(8), "gzip", "not gzip"),
    "packed twice": (gzip.compress(PACKED, mtime=0), "gzip, gzip", "not asked for"),
    "packed twice in two lines": (
        gzip.compress(PACKED, mtime=0),
        "gzip\r\nContent-Encoding: gzip",
        "not asked for",
    ),
    "not packed": (b"{}", "gzip", "not gzip"),
    "packed otherwise": (zlib.compress(b"{}"), "deflate", "not asked for"),
    "packed by a secret": (b"{}", "\xff", "not asked for"),
}


@pytest.mark.fault(20)
def test_what_is_packed_wrongly_is_told_after_one_request(server, victim):
    keep_jwt(victim)
    for body, encoding, reason in UNPACKABLE.values():
        server.play(TOKENS, say(response(201, body, f"Content-Encoding: {encoding}")))
        error = failure_of(ISSUE, victim)
        assert type(error) is InvalidResponseError
        assert reason in error.reason
        assert (error.attempts, error.outcome_unknown) == (1, True)
    assert victim.clock.waits == []


@pytest.mark.fault(20)
def test_what_is_packed_rightly_is_read_however_it_is_cut(server, victim):
    chunks = b"".join(b"1;x=y\r\n%c\r\n" % each for each in PACKED)
    server.play(TOKENS, say(GZIP, CHUNKED, chunks, b"0\r\nX-Trailer: y\r\n\r\n"))
    assert len(victim.list()) == 1


# What `h11` says of it is not ours; that it is no answer, and that no secret is in it, is.
HARDLY_HTTP = {
    "a header line of a megabyte": OK + b"X: " + b"x" * MIB + b"\r\n\r\n",
    "400 long header lines": OK + (b"X: " + b"x" * 10_000 + b"\r\n") * 400 + b"\r\n",
    "10,000 header lines": OK + b"X: 123456789012\r\n" * 10_000 + b"\r\n",
    "a reason of a megabyte": b"HTTP/1.1 200 " + b"x" * MIB + b"\r\n\r\n",
    "trailers of a megabyte": OK + CHUNKED + b"0\r\nX: " + b"x" * MIB + b"\r\n\r\n",
    "a chunk extension of a megabyte": OK + CHUNKED + b"1;" + b"x" * MIB + b"\r\n",
    "a chunk of negative size": OK + CHUNKED + b"-1\r\n",
    "a chunk of endless size": OK + CHUNKED + b"f" * 99 + b"\r\n",
    "a chunk without its end": OK + CHUNKED + b"1\r\n{}\r\n0\r\n\r\n",
    "less than announced": OK + b"Content-Length: 9\r\n\r\n{}",
    "a negative length": OK + b"Content-Length: -1\r\n\r\n{}",
    "a length with a sign": OK + b"Content-Length: +2\r\n\r\n{}",
    "a length that is none": OK + b"Content-Length: two\r\n\r\n{}",
    "a length of 99 digits": OK + b"Content-Length: " + b"9" * 99 + b"\r\n\r\n{}",
    "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "two lengths in a line": OK + b"Content-Length: 2, 3\r\n\r\n{}",
    "an unknown framing": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "framed twice": OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "NUL in a header": OK + b"X: \0\r\n\r\n{}",
    "a header without a name": OK + b": x\r\n\r\n{}",
    "white space before the colon": OK + b"Content-Length : 2\r\n\r\n{}",
    "white space at the start": b" " + OK + b"\r\n{}",
    "a continuation of nothing": b"HTTP/1.1 200 OK\r\n x\r\n\r\n{}",
    "no status": b"HTTP/1.1\r\n\r\n{}",
    "status 000": b"HTTP/1.1 000 OK\r\n\r\n{}",
    "status 99": b"HTTP/1.1 99 OK\r\n\r\n{}",
    "status 1000": b"HTTP/1.1 1000 OK\r\n\r\n{}",
    "status -200": b"HTTP/1.1 -200 OK\r\n\r\n{}",
    "a switch of protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" + response(201),
    "HTTP/0.9": b'{"records": []}\n',
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
    "HTTP/2 that answers": b"HTTP/2 200 OK\r\n\r\n{}",
    "mail": b"220 mail.example.com ESMTP\r\n",
    "a shell": b"SSH-2.0-OpenSSH_9.9\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x46",
    "zeros": bytes(999),
    "a request": b"GET /admin/tokens HTTP/1.1\r\nAuthorization: Bearer jwt\r\n\r\n",
    "the JWT": b"Bearer jwt\r\n\r\n",
    "the JWT in a header": OK + b"Authorization Bearer jwt\r\n\r\n",
    "nothing but lines": b"\r\n" * 99,
}


@pytest.mark.fault(20, 3)
def test_what_is_hardly_http_is_asked_for_four_times(server, victim):
    keep_jwt(victim)
    for name, answer in HARDLY_HTTP.items():
        server.requests.clear()
        server.play(TOKENS, *[and_leave(answer)] * 4)
        with little_memory(most=4 * MIB) if len(answer) > MIB / 10 else nullcontext():
            error = failure_of(ISSUE, victim)
        assert type(error) is UnavailableError, name
        assert (error.attempts, error.status_code, error.outcome_unknown) == (4, None, True)
        assert server.count(TOKENS) == 4
        assert str(error).isprintable()
        assert len(str(error)) < 1000
        assert "Bearer jwt" not in str(error)


@pytest.mark.fault(60)
@pytest.mark.fault(20, 46)
def test_a_service_that_echoes_gets_no_secret_shown(server, victim):
    server.always(EXCHANGE, and_leave(b"POST /auth/token HTTP/1.1\r\nAuthorization: Bearer pat_x\r\n\r\n"))
    with pytest.raises(UnavailableError) as raised:
        victim.authenticate()
    assert "pat_x" not in str(raised.value)
    server.always(EXCHANGE, and_leave(b"Bearer pat_x\r\n\r\n"))
    with pytest.raises(UnavailableError) as raised:
        victim.authenticate()
    assert "pat_x" not in str(raised.value)


PAT = "pat_An6ladUCmSoDfciDaYDE9.q83v+SNFZ4mrze8BI0VniavN7wEjRWeJq83vASNF/4k="
HARDLY_READABLE = {
    "as it is": f"Bearer {PAT}\r\n\r\n".encode(),
    "the secret alone": f"HTTP/1.1 {PAT[26:]}\r\n\r\n".encode(),
    "percent": f"HTTP/1.1 {PAT[26:].replace('+', '%2b')}\r\n\r\n".encode(),
    "UTF-16": PAT.encode("utf-16") + b"\r\n\r\n",
    "Base64": b"Basic %b\r\n\r\n" % b64encode(f":{PAT}".encode()),
    "with other bytes": b"\xff%b\xff\r\n\r\n" % PAT.encode().replace(b"/", b"\\/"),
    "in a header": OK + b"Authorization Bearer %b\r\n\r\n" % PAT[26:].encode(),
}


@pytest.mark.fault(72)
@pytest.mark.parametrize("answer", HARDLY_READABLE.values(), ids=HARDLY_READABLE)
def test_the_text_of_what_is_hardly_http_shows_no_secret_in_any_spelling(
    server, make_client, monkeypatch, caplog, answer
):
    """It is the bytes as Python writes them, in the error and in the log. What httpcore logs is its own."""
    monkeypatch.setattr(logging.getLogger("httpcore.http11"), "disabled", True)
    client = make_client(server.endpoint, PAT)
    server.always(EXCHANGE, and_leave(answer))
    with caplog.at_level("DEBUG"), pytest.raises(UnavailableError, match="hidden") as raised:
        client.authenticate()
    shown = f"{raised.value} {raised.value.__cause__!r} {caplog.text}".replace("\\x00", "")
    for part in (PAT[26:40], PAT[-14:], b64encode(f":{PAT}".encode()).decode()[-20:]):
        assert part not in shown


PHC = f"$scrypt$ln=14,r=8,p=1${'saltsaltsaltsaltsalt'}${'hashofasecret' * 3}"


def update_by_method(client: Any) -> None:
    client.update(RECORD["tokenId"], secret_phc=PHC)


def update_by_operation(client: Any) -> None:
    body = UpdateTokenRequest(secret_phc=PHC)
    invoke(client, update_token, RECORD["tokenId"], body=body, form="_detailed")


@pytest.mark.fault(72)
@pytest.mark.parametrize("update", [update_by_method, update_by_operation])
def test_a_part_of_a_hash_that_was_sent_is_hidden_as_well(server, victim, update):
    keep_jwt(victim)
    hardly_http = and_leave(b"HTTP/1.1 %b\r\n\r\n" % PHC[-39:].encode())
    for answer in (hardly_http, say(response(400, {"error": PHC[-20:]}))):
        server.always(f"{TOKENS}/{RECORD['tokenId']}", answer)
        with pytest.raises(AccessTokensError, match="hidden") as raised:
            update(victim)
        assert "hashofasecret" not in str(raised.value)


def and_leave(answer: bytes) -> Play:
    def play(peer: Peer) -> None:
        peer.send(answer)
        peer.close()

    return play


@pytest.mark.fault(20)
@pytest.mark.parametrize("version", [b"1.0", b"1.1", b"1.9", b"3.0"])
def test_an_answer_of_any_version_is_read(server, victim, version):
    body = json.dumps({"records": [RECORD]}).encode()
    server.play(TOKENS, and_leave(b"HTTP/%b 200\r\n\r\n%b" % (version, body)))
    assert len(LIST.call(victim)) == 1
    assert victim.clock.waits == []


@pytest.mark.fault(20)
def test_interim_answers_are_no_answers(server, victim):
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    server.play(TOKENS, say(interim, interim, response(200, {"records": []})))
    assert victim.list() == []
    assert len(victim.list()) == 1
    assert (victim.clock.waits, server.connections) == ([], 1)
