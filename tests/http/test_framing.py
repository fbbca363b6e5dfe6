"""Answers without bounds, and answers that are hardly HTTP."""

import gzip
import json
import threading
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import httpx
import pytest

from access_tokens import InvalidResponseError, RetryPolicy, UnavailableError

from ..helpers.fault_server import RECORD, TOKENS, Peer, response
from ..helpers.operations import ISSUE, LIST, failure_of, keep_jwt
from .answers import CHUNKED, MIB, OK, and_leave, in_pieces, little_memory, say

Make = Callable[..., Any]
IN_CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n"
GIGABYTE = b"Content-Length: %d\r\n\r\n" % 2**30
PACKED = b"Content-Encoding: gzip\r\n"
REFUSED = b"HTTP/1.1 400 No\r\n"


def bomb() -> bytes:
    """Return a gigabyte of zeros, packed, as a chunk."""
    packer = zlib.compressobj(9, wbits=31)
    first, again = (packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    packed = first + again * 1023
    return b"%x\r\n%b\r\n" % (len(packed), packed)


FLOODS = {
    "with length": (OK + GIGABYTE, b" " * MIB),
    "without length": (OK + b"\r\n", b" " * MIB),
    "in chunks": (OK + IN_CHUNKS, b"100000\r\n" + b" " * MIB + b"\r\n"),
    "packed": (OK + PACKED + IN_CHUNKS, bomb()),
    "of an error": (REFUSED + GIGABYTE, b" " * MIB),
    "of a packed error": (REFUSED + PACKED + IN_CHUNKS, bomb()),
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
    if head.startswith(OK):
        assert type(error) is InvalidResponseError
        assert error.reason == "the body is over 128 KiB"
    assert (error.attempts, server.count(TOKENS)) == (1, 1)
    assert error.outcome_unknown == head.startswith(OK)
    assert len(victim.list()) == 1


@pytest.mark.fault(20)
def test_what_is_packed_rightly_is_read_however_it_is_cut(server, victim):
    packed = gzip.compress(json.dumps({"records": [RECORD]}).encode())
    chunks = b"".join(b"1;x=y\r\n%c\r\n" % each for each in packed)
    server.play(TOKENS, say(OK, PACKED, IN_CHUNKS, chunks, b"0\r\nX-Trailer: y\r\n\r\n"))
    assert len(victim.list()) == 1


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


# What `h11` says of it is not ours; that it is no answer, and that no secret is in it, is.
HARDLY_HTTP = {
    "a header line of a megabyte": OK + b"X: " + b"x" * MIB + b"\r\n\r\n",
    "a reason of a megabyte": b"HTTP/1.1 200 " + b"x" * MIB + b"\r\n\r\n",
    "trailers of a megabyte": CHUNKED + b"0\r\nX: " + b"x" * MIB + b"\r\n\r\n",
    "a chunk extension of a megabyte": CHUNKED + b"1;" + b"x" * MIB + b"\r\n",
    "a chunk of endless size": CHUNKED + b"f" * 99 + b"\r\n",
    "less than announced": OK + b"Content-Length: 9\r\n\r\n{}",
    "a negative length": OK + b"Content-Length: -1\r\n\r\n{}",
    "an unknown framing": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "NUL in a header": OK + b"X: \0\r\n\r\n{}",
    "no status": b"HTTP/1.1\r\n\r\n{}",
    "status 99": b"HTTP/1.1 99 OK\r\n\r\n{}",
    "a switch of protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" + response(201),
    "HTTP/0.9": b'{"records": []}\n',
    "a shell": b"SSH-2.0-OpenSSH_9.9\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x46",
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


NO_ANSWERS = {
    "a chunk without a size": (CHUNKED + b"1\r\n{\r\n", b"size\r\n"),
    "a chunk without its end": (CHUNKED, b"1\r\n{}\r\n"),
    "a header without a name": (OK, b": x\r\n\r\n"),
}


@pytest.mark.fault(3, 20)
@pytest.mark.parametrize("pieces", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_turns_out_to_be_no_answer_is_not_waited_for(server, make_client, pieces):
    """Though the peer leaves the connection open."""
    client = make_client(server.endpoint, "pat_x", retry=RetryPolicy(retries=0))
    keep_jwt(client)
    server.play(TOKENS, in_pieces(*pieces))
    error = failure_of(ISSUE, client)
    assert (type(error), error.outcome_unknown) == (UnavailableError, True)
    assert isinstance(error.cause, httpx.RemoteProtocolError)
