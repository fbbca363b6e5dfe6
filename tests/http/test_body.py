"""The body of an answer: the same in any pieces, unpacked as it arrives, and never larger than the limit."""

import gzip
import zlib

import httpx
import pytest
from hypothesis import example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens._flow.bounds import LARGEST
from access_tokens._http.body import Body, UnreadableBodyError, body_read_before

from .answers import MIB, little_memory


def body_of(
    chunks: list[bytes], encoding: str | None = None, limit: int = LARGEST, status: int = 200
) -> bytes:
    headers = {} if encoding is None else {b"content-encoding": encoding.encode()}
    body = Body(httpx.Response(status, headers=headers), limit)
    for chunk in chunks:
        body.add(chunk)
        assert len(body._content) <= body._limit + max(1, len(chunk))
    return body.content()


def cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def test_a_body_is_put_together():
    assert body_of([b"a", b"", b"b"]) == b"ab"
    assert body_of([]) == body_of([], "gzip") == b""


@pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
def test_a_body_may_be_as_it_is(encoding):
    assert body_of([b"a"], encoding) == b"a"


@pytest.mark.fault(20)
@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
def test_a_packed_body_is_unpacked_byte_by_byte(encoding):
    assert body_of(cut(gzip.compress(b"hello" * 100), 1), encoding) == b"hello" * 100


@pytest.mark.fault(93)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_packed_body_may_have_several_members(size):
    packed = gzip.compress(b"abc") + gzip.compress(b"") * 2 + gzip.compress(b"def")
    assert body_of(cut(packed, size), "gzip") == b"abcdef"


PACKED = gzip.compress(b"hello")
REFUSED: dict[str, tuple[list[bytes], str | None, str]] = {
    "large": ([bytes(MIB)] * 33, None, "is over 32 MiB"),
    "a bomb": ([gzip.compress(bytes(32 * MIB + 1))], "gzip", "is over 32 MiB"),
    "large members": ([gzip.compress(bytes(16 * MIB)) * 2 + gzip.compress(b"x")], "gzip", "is over 32 MiB"),
    "cut": ([PACKED[:-1]], "gzip", "ended early"),
    "half a member more": ([PACKED, PACKED[:-9]], "gzip", "ended early"),
    "a wrong sum": ([PACKED[:-8] + bytes(8)], "gzip", "is not gzip, as its header says"),
    "not packed": ([b"hello"], "gzip", "is not gzip, as its header says"),
    "packed otherwise": ([zlib.compress(b"hello")], "gzip", "is not gzip, as its header says"),
    "more behind it": ([PACKED + b"surplus"], "gzip", "goes on after its end"),
    "another encoding": ([b"hello"], "br", "has an encoding that was not asked for"),
    "two encodings": ([gzip.compress(PACKED)], "gzip, gzip", "has an encoding that was not asked for"),
    "an encoding of any byte": ([b"hello"], "\xff", "has an encoding that was not asked for"),
}


@pytest.mark.fault(20)
@pytest.mark.parametrize(("chunks", "encoding", "problem"), REFUSED.values(), ids=REFUSED)
def test_a_body_that_cannot_be_taken_is_refused(chunks, encoding, problem):
    with pytest.raises(UnreadableBodyError, match=f"^the body {problem}$"):
        body_of(chunks, encoding)


@pytest.mark.fault(20)
def test_a_body_of_32_mib_is_taken():
    assert len(body_of([gzip.compress(bytes(32 * MIB))], "gzip")) == 32 * MIB


@pytest.mark.fault(20)
def test_no_more_is_unpacked_than_there_is_room_for():
    """Or a small answer could fill the memory before it is found to be too large."""
    bomb = gzip.compress(bytes(8 * MIB))
    with little_memory(most=MIB), pytest.raises(UnreadableBodyError):
        body_of([bomb], "gzip", limit=2**16)


@pytest.mark.fault(58)
@pytest.mark.fault(20)
def test_small_pieces_take_no_more_memory_than_their_bytes():
    """Such as those of an answer in chunks of two bytes."""
    body = Body(httpx.Response(200))
    with little_memory(most=MIB // 2):
        for number in range(30_000):
            body.add(number.to_bytes(2, "little"))
        assert len(body.content()) == 60_000


@pytest.mark.fault(18, 20)
@pytest.mark.parametrize("status", [400, 503])
def test_the_encoding_of_an_error_is_never_at_fault(status):
    assert body_of([gzip.compress(b"Token not found")], "gzip", status=status) == b"Token not found"
    assert body_of([b"odd"], "gzip", status=status) == b""
    assert body_of([b"odd"], "br", status=status) == b""


def test_what_has_no_body_has_no_encoding():
    assert body_of([], "br", status=204) == b""


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


LIMIT = 1000
CONTENT = st.binary(max_size=300) | st.builds(
    lambda part, times: part * times, st.binary(min_size=1), st.integers(1, 3000)
)
CUTS = st.lists(st.integers(1, 40), max_size=20)
# Of a gzip stream, with a checksum of its own, a name, a comment (RFC 1952, section 2.3).
FULL_HEADER = b"\x1f\x8b\x08\x1c\0\0\0\0\0\xff\x03\0abcname\0comment\0"
STREAMS = st.builds(gzip.compress, CONTENT, st.integers(0, 9)) | CONTENT.map(
    lambda content: FULL_HEADER + gzip.compress(content)[10:]
)


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    """Cut a stream, also into empty pieces."""
    found = []
    for size in cuts:
        found += [stream[:size], b""]
        stream = stream[size:]
    return [*found, stream]


@pytest.mark.fault(20)
@given(STREAMS, CUTS)
@example(gzip.compress(bytes(LIMIT)), [1] * 40)
@example(gzip.compress(bytes(LIMIT + 1)), [1] * 40)
@profile(max_examples=80)
def test_a_gzip_stream_in_any_pieces_is_its_content_or_over_the_limit(stream, cuts):
    content = gzip.decompress(stream)
    if len(content) <= LIMIT:
        assert body_of(pieces(stream, cuts), "gzip", LIMIT) == content
    else:
        with pytest.raises(UnreadableBodyError, match="the body is over"):
            body_of(pieces(stream, cuts), "gzip", LIMIT)


@pytest.mark.fault(20)
@given(st.binary(max_size=60) | st.binary(max_size=40).map(FULL_HEADER.__add__), CUTS)
@profile(max_examples=60)
def test_any_bytes_said_to_be_gzip_are_content_or_refused(stream, cuts):
    try:
        content = body_of(pieces(stream, cuts), "gzip", LIMIT)
    except UnreadableBodyError:
        return
    assert content == (gzip.decompress(stream) if stream else b"")
