"""The bodies of answers: decoded as they arrive, and bounded."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import httpx
import pytest

from access_tokens._flow.bounds import LARGEST
from access_tokens._http.body import Body, UnreadableBodyError, body_read_before


def body_of(chunks: list[bytes], encoding: str | None = None, limit: int = LARGEST) -> bytes:
    headers = {} if encoding is None else {"content-encoding": encoding}
    body = Body(httpx.Response(200, headers=headers), limit)
    for chunk in chunks:
        body.add(chunk)
    return body.content()


def test_a_body_is_put_together():
    assert body_of([b"a", b"", b"b"]) == b"ab"
    assert body_of([]) == b""


@pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
def test_a_body_may_be_as_it_is(encoding):
    assert body_of([b"a"], encoding) == b"a"


@pytest.mark.fault(20)
@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
def test_a_gzipped_body_is_unpacked_byte_by_byte(encoding):
    packed = gzip.compress(b"hello" * 100)
    assert body_of([packed[i : i + 1] for i in range(len(packed))], encoding) == b"hello" * 100


@pytest.mark.fault(93)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_gzipped_body_may_have_several_members(size):
    packed = gzip.compress(b"abc") + gzip.compress(b"") * 2 + gzip.compress(b"def")
    assert body_of([packed[at : at + size] for at in range(0, len(packed), size)], "gzip") == b"abcdef"


def test_an_empty_body_needs_no_unpacking():
    assert body_of([], "gzip") == b""


@pytest.mark.fault(20)
@pytest.mark.parametrize(
    ("chunks", "encoding", "problem"),
    [
        ([b"x" * 2**20] * 33, None, "is over 32 MiB$"),
        ([gzip.compress(bytes(2**25 + 1))], "gzip", "is over 32 MiB$"),
        ([gzip.compress(b"hello")[:-1]], "gzip", "ended early$"),
        ([b"hello"], "gzip", "is not gzip, as its header says$"),
        ([zlib.compress(b"hello")], "gzip", "is not gzip, as its header says$"),
        ([b"hello"], "br", "has an encoding that was not asked for$"),
        ([gzip.compress(b"abc") + b"surplus"], "gzip", "goes on after its end$"),
        ([gzip.compress(b"abc"), gzip.compress(b"def")[:-1]], "gzip", "ended early$"),
        ([gzip.compress(bytes(2**24)) * 2 + gzip.compress(b"x")], "gzip", "is over 32 MiB$"),
    ],
    ids=["large", "bomb", "truncated", "plain", "zlib", "brotli", "surplus", "half a member", "members"],
)
def test_a_body_that_cannot_be_taken_is_refused(chunks, encoding, problem):
    with pytest.raises(UnreadableBodyError, match=f"^the body {problem}"):
        body_of(chunks, encoding)


def test_no_more_is_unpacked_than_there_is_room_for():
    """Or a small answer could fill the memory before it is found to be too large."""
    bomb = gzip.compress(bytes(2**23))
    tracemalloc.start()
    with pytest.raises(UnreadableBodyError):
        body_of([bomb], "gzip", 2**16)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.fault(20)
def test_a_body_of_32_mib_is_taken():
    assert len(body_of([gzip.compress(bytes(2**25))], "gzip")) == 2**25


@pytest.mark.fault(18, 20)
@pytest.mark.parametrize("status", [400, 503])
@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_the_encoding_of_an_error_is_never_at_fault(status, encoding):
    body = Body(httpx.Response(status, headers={"content-encoding": encoding}))
    body.add(b"odd")
    assert body.content() == b""


@pytest.mark.fault(18)
def test_the_body_of_an_error_is_unpacked():
    body = Body(httpx.Response(500, headers={"content-encoding": "gzip"}))
    body.add(gzip.compress(b"Token not found"))
    assert body.content() == b"Token not found"


def test_what_has_no_body_has_no_encoding():
    assert Body(httpx.Response(204, headers={"content-encoding": "br"})).content() == b""


def test_of_a_large_error_the_beginning_is_kept():
    body = Body(httpx.Response(500))
    body.add(bytes(2**18))
    assert len(body.content()) == 2**18
    body.add(b"x")
    assert body.has_trouble
    assert body.content() == bytes(2**18)


@pytest.mark.fault(73)
def test_a_body_that_a_hook_has_read_is_bounded_as_well():
    assert body_read_before(httpx.Response(200, content=bytes(999)), 999) == bytes(999)
    with pytest.raises(UnreadableBodyError, match="^the body is over 2 KiB$"):
        body_read_before(httpx.Response(200, content=bytes(2049)), 2048)
    assert body_read_before(httpx.Response(500, content=bytes(2**18 + 1)), 999) == bytes(2**18)
