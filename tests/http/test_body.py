"""A body that comes in any pieces is the same body, and never larger than the limit."""

from __future__ import annotations

import gzip
import struct
import zlib

import httpx
import pytest
from hypothesis import example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens._http.body import Body, UnreadableBodyError

LIMIT = 1000
CONTENT = st.binary(max_size=300) | st.builds(
    lambda part, times: part * times, st.binary(min_size=1), st.integers(1, 3000)
)
CUTS = st.lists(st.integers(1, 40), max_size=20)


def header(flags: int) -> bytes:
    """Return the head of a gzip stream, with any of its optional parts (RFC 1952, section 2.3)."""
    head = b"\x1f\x8b\x08" + bytes([flags & 0b11110]) + b"\0\0\0\0\0\xff"
    head += b"\x03\0abc" if flags & 0b100 else b""
    head += b"name\0" if flags & 0b1000 else b""
    head += b"comment\0" if flags & 0b10000 else b""
    return head + (struct.pack("<H", zlib.crc32(head) & 0xFFFF) if flags & 0b10 else b"")


def packed(content: bytes, level: int, flags: int, flush_after: int) -> bytes:
    """Pack into a gzip stream as another writer might."""
    packer = zlib.compressobj(level, wbits=-zlib.MAX_WBITS)
    parts = [packer.compress(content[:flush_after]), packer.flush(zlib.Z_FULL_FLUSH)]
    parts += [packer.compress(content[flush_after:]), packer.flush()]
    return header(flags) + b"".join(parts) + struct.pack("<LL", zlib.crc32(content), len(content))


STREAMS = st.builds(packed, CONTENT, st.integers(0, 9), st.integers(0, 31), st.integers(0, 300))


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    """Cut a stream, also into empty pieces."""
    found = []
    for cut in cuts:
        found += [stream[:cut], b""]
        stream = stream[cut:]
    return [*found, stream]


def read(chunks: list[bytes], encoding: str = "gzip") -> bytes:
    body = Body(httpx.Response(200, headers={"content-encoding": encoding}), LIMIT)
    for chunk in chunks:
        body.add(chunk)
        assert len(body._content) <= LIMIT + max(1, len(chunk))
    return body.content()


@pytest.mark.fault(20)
@given(STREAMS, CUTS)
@example(gzip.compress(bytes(LIMIT)), [1] * 40)
@example(gzip.compress(bytes(LIMIT + 1)), [1] * 40)
@profile(max_examples=120)
def test_a_gzip_stream_in_any_pieces_is_its_content_or_over_the_limit(stream, cuts):
    content = gzip.decompress(stream)
    if len(content) <= LIMIT:
        assert read(pieces(stream, cuts)) == content
    else:
        with pytest.raises(UnreadableBodyError, match="the body is over"):
            read(pieces(stream, cuts))


@pytest.mark.fault(20)
@given(STREAMS, CUTS, st.integers(1, 30))
@profile(max_examples=50)
def test_a_gzip_stream_without_its_end_is_refused(stream, cuts, missing):
    """Whatever its pieces: never is half an answer taken for a whole one."""
    cut = stream[:-missing]
    if cut:
        with pytest.raises(UnreadableBodyError):
            read(pieces(cut, cuts))


@pytest.mark.fault(20)
@given(st.binary(max_size=60) | st.binary(max_size=40).map(header(0).__add__), CUTS)
@profile(max_examples=80)
def test_any_bytes_said_to_be_gzip_are_content_or_refused(stream, cuts):
    try:
        content = read(pieces(stream, cuts))
    except UnreadableBodyError:
        return
    assert content == (gzip.decompress(stream) if stream else b"")


@pytest.mark.fault(20)
@given(CONTENT, CUTS)
@profile(max_examples=50)
def test_a_plain_body_is_itself_or_over_the_limit(content, cuts):
    if len(content) <= LIMIT:
        assert read(pieces(content, cuts), "identity") == content
    else:
        with pytest.raises(UnreadableBodyError, match="the body is over"):
            read(pieces(content, cuts), "identity")
