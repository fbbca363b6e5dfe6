"""How a body comes over the wire: packed, of any size and media type, in any characters."""

import gzip
import json
from itertools import cycle
from typing import Any

import pytest

from access_tokens import AccessTokensError, ApiError, InvalidResponseError, NotFoundError

from ..helpers.callers import result_of
from ..helpers.fault_server import EXCHANGE, JWT, RECORD, TOKENS, response
from ..helpers.operations import LIST, REVOKE, TOKEN_ID, failure_of
from ..helpers.world import ONCE, Canned, answers
from .answers import GZIP, JSON, PAGE, TEXT, body_of, express_page, say

NOT_FOUND = f"Token not found: {TOKEN_ID}"
SHAPES: dict[str, tuple[str, Any]] = {
    "object": (JSON, {"error": {"message": NOT_FOUND, "code": "E", "details": "    at f\n" * 200}}),
    "page": (PAGE, express_page(NOT_FOUND)),
    "plain": (TEXT, NOT_FOUND),
}


@pytest.mark.fault(18, 58)
@pytest.mark.parametrize(("kind", "body"), SHAPES.values(), ids=SHAPES)
def test_a_refusal_is_recognised_when_it_is_packed(server, client, kind, body):
    """Since that is what the client says it can read."""
    server.always(REVOKE.path, say(500, gzip.compress(body_of(body)), kind, GZIP))
    error = failure_of(REVOKE, client)
    assert type(error) is NotFoundError
    assert (error.reason, error.attempts) == (NOT_FOUND, 1)


PACKED_NO = gzip.compress(b'{"error": "no"}')


@pytest.mark.fault(18, 20, 58)
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"not gzip", "Status"),
        (gzip.compress(b"{x" * 99)[:-9], "Status"),
        (gzip.compress(bytes(2**26)), "Status"),
        (PACKED_NO[:-4], "no"),
        (PACKED_NO + b"more", "no"),
    ],
    ids=["not gzip", "cut", "bomb", "cut at its end", "with more behind it"],
)
def test_as_much_of_an_error_is_read_as_can_be_unpacked(server, client, body, reason):
    server.play(TOKENS, say(400, body, JSON, GZIP))
    error = failure_of(LIST, client)
    assert (error.status_code, error.reason) == (400, reason)


def in_members(body: Any) -> bytes:
    text = json.dumps(body).encode()
    return b"".join(gzip.compress(text[at : at + 5]) for at in range(0, len(text), 5))


@pytest.mark.fault(93)
def test_an_answer_in_several_members_of_gzip_is_read(server, make_client):
    client = make_client(server.endpoint, "pat_x")
    server.play(EXCHANGE, say(200, in_members(JWT), GZIP))
    records = in_members({"records": [RECORD] * 9})
    server.play(TOKENS, say(200, records, GZIP), lambda peer: peer.trickle(response(200, records, GZIP), 0))
    assert len(client.list()) == len(client.list()) == 9
    server.always(TOKENS, say(400, in_members({"message": "odd"}), GZIP))
    assert failure_of(LIST, client).reason == "odd"


@pytest.mark.fault(93)
def test_members_of_gzip_are_bounded_together(server, client):
    server.play(TOKENS, say(200, gzip.compress(b" " * 2**20) * 33, GZIP))
    assert type(failure_of(LIST, client)) is InvalidResponseError
    server.play(TOKENS, say(200, in_members({"records": []}) + b"surplus", GZIP))
    assert "goes on after its end" in str(failure_of(LIST, client))


def check_is_one_clean_line(error: AccessTokensError) -> None:
    assert error.reason
    assert str(error).isprintable()
    assert len(error.reason) <= 4096
    if isinstance(error.cause, ApiError) and error.cause.details is not None:
        assert len(str(error.cause.details)) <= 4096


LARGE = "x\n" * 5_000_000
LARGE_BODIES: list[tuple[str, Any]] = [
    (JSON, {"error": {"message": LARGE, "details": LARGE}}),
    (PAGE, f"<pre>{LARGE}</pre>"),
]


@pytest.mark.fault(18)
def test_a_body_of_10_mb_becomes_one_line(server, client):
    for kind, body in LARGE_BODIES:
        server.play(TOKENS, say(400, body, kind))
        check_is_one_clean_line(failure_of(LIST, client))


MEDIA_TYPES = ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json; x=y", ""]


@pytest.mark.fault(19)
def test_an_error_is_read_by_its_media_type_and_a_success_by_any(server, client):
    for media_type in MEDIA_TYPES:
        server.play(TOKENS, say(400, {"error": "Bad"}, f"Content-Type: {media_type}"))
        assert failure_of(LIST, client).cause == ApiError("Bad")
    for media_type in (*MEDIA_TYPES, "text/html", "text/plain; charset=utf-7", "a/b/c"):
        server.play(TOKENS, say(200, {"records": []}, f"Content-Type: {media_type}"))
        assert client.list() == []
    untyped = b'HTTP/1.1 400 No\r\nContent-Length: 16\r\n\r\n{"error": "Bad"}'
    server.play(TOKENS, lambda peer: peer.send(untyped))
    assert failure_of(LIST, client).cause == ApiError("Bad")


CHARSETS = [
    *("utf-7", "utf-16", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "rot13"),
    *("zlib", "zip", "bz2", "hex", "base64", "uu", "mbcs", "no-such-codec", "x" * 1000, "../../etc/passwd"),
    *("", "\"utf-8\"; charset='utf-7'", "utf-8\xff"),
]
ODD_BODIES = [
    *(b"", b'{"error": "fine"}', b"+AGY-+//8-", b"\xff\xfe\xfd", b"xn--0", b"\\N{NOT A NAME} \\x"),
    b"\x00\x01\x1b[31m\x7f\x9b\r\n\x85" * 99,
    "\u202egnp.exe\u2028\u2066\ud7ff\U000e0001".encode(),
]


@pytest.mark.fault(18)
@pytest.mark.parametrize("media_type", ["application/json", "text/html", "text/plain", "", "a/b/c"])
def test_no_body_and_no_charset_keeps_an_error_from_being_told(sync_world, media_type):
    for charset, body in zip(CHARSETS, cycle(ODD_BODIES), strict=False):
        content_type = f"{media_type}; charset={charset}".encode("latin-1")
        failure = Canned(400, body, ((b"Content-Type", content_type),), b"Status")
        error = result_of(sync_world.client(answers(failure), retry=ONCE).list)
        assert (error.status_code, error.attempts) == (400, 1)
        check_is_one_clean_line(error)
