"""Answers that are not what they should be: of the wrong shape, said oddly, or framed wrongly."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import pytest

from access_tokens import (
    AccessTokensError,
    ApiError,
    InvalidResponseError,
    NotFoundError,
)

from ..helpers.consequences import check_is_usable
from ..helpers.fault_server import TOKENS, Play, response
from ..helpers.operations import (
    AUTHENTICATE,
    ISSUE,
    LIST,
    OPERATIONS,
    REGISTER,
    REVOKE,
    TOKEN_ID,
    failure_of,
    keep_jwt,
)

Make = Callable[..., Any]
JSON = "Content-Type: application/json"


def say(*parts: bytes) -> Play:
    return lambda peer: peer.send(b"".join(parts))


NOT_THE_SERVICES = {
    "a page": response(200, b"<html><title>Welcome</title></html>", "Content-Type: text/html"),
    "nothing": response(200, b""),
    "null": response(200, b"null"),
    "a list": response(200, b"[]"),
    "a text": response(200, b'"records"'),
    "another object": response(200, {"canary": [{"canary": 1}]}),
    "null everywhere": response(200, dict.fromkeys(["records", "token", "record", "access_token"])),
    "a number too large for Python": response(200, b'{"records": ' + b"9" * 5000 + b"}"),
    "NaN": response(200, b"NaN"),
    "half a surrogate": response(200, b'"\\ud800"'),
    "a list of lists": response(200, b"[" * 100_000),
    "not UTF-8": response(200, b'{"records": "\xff"}'),
    "UTF-16 with its mark": response(200, '{"canary": 1}'.encode("utf-16")),
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
}


@pytest.mark.fault(17)
@pytest.mark.parametrize("operation", [LIST, ISSUE, REGISTER, AUTHENTICATE], ids=lambda each: each.name)
def test_an_answer_that_is_not_the_services_is_told_after_one_request(server, victim, operation):
    if operation is not AUTHENTICATE:
        keep_jwt(victim)
    for name, answer in NOT_THE_SERVICES.items():
        server.requests.clear()
        server.play(operation.path, say(answer))
        error = failure_of(operation, victim)
        assert type(error) is InvalidResponseError, name
        assert (error.message, error.attempts, server.count(operation.path)) == (operation.invalid, 1, 1), (
            name
        )
        assert error.status_code == (204 if name == "no content" else 200)
        assert error.outcome_unknown == operation.changes
        assert "canary" not in str(error)
        assert str(error).isprintable()


@pytest.mark.fault(17)
def test_a_page_is_no_success_where_no_body_is_due(server, victim):
    """A gateway that greets everybody has revoked nothing."""
    server.play(REVOKE.path, say(NOT_THE_SERVICES["a page"]))
    error = failure_of(REVOKE, victim)
    assert type(error) is InvalidResponseError
    assert error.outcome_unknown


MESSAGE = "Token not found: " + TOKEN_ID
STACK = "\n".join(f"    at f{n} (/srv/{n}.js:{n}:{n})" for n in range(200))
SHAPES = {
    "object": (JSON, json.dumps({"error": {"message": MESSAGE, "code": "E", "details": STACK}})),
    "text": (JSON, json.dumps({"error": MESSAGE})),
    "page": ("Content-Type: text/html; charset=utf-8", f"<pre>Error: {MESSAGE}<br>{STACK}</pre>"),
    "plain": ("Content-Type: text/plain", MESSAGE),
}


@pytest.mark.fault(58)
@pytest.mark.fault(18)
@pytest.mark.parametrize(("kind", "body"), SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("packed", [False, True], ids=["as it is", "packed"])
def test_a_refusal_is_recognised_in_every_dress(server, victim, kind, body, packed):
    """Also packed, since that is what the client says it can read."""
    content = gzip.compress(body.encode()) if packed else body.encode()
    lines = ["Content-Encoding: gzip"] if packed else []
    server.always(REVOKE.path, say(response(500, content, kind, *lines)))
    error = failure_of(REVOKE, victim)
    assert type(error) is NotFoundError
    assert (error.reason, error.attempts) == (MESSAGE, 1)


@pytest.mark.fault(58)
@pytest.mark.fault(18, 20)
@pytest.mark.parametrize(
    "body",
    [b"not gzip", gzip.compress(b"{x" * 99)[:-9], gzip.compress(bytes(2**26))],
    ids=["not gzip", "cut", "bomb"],
)
def test_an_error_that_is_packed_wrongly_is_told_by_its_status(server, victim, body):
    keep_jwt(victim)
    server.play(TOKENS, say(response(400, body, JSON, "Content-Encoding: gzip")))
    error = failure_of(LIST, victim)
    assert (error.status_code, error.reason) == (400, "Status")


@pytest.mark.fault(58)
@pytest.mark.parametrize(
    "body",
    [gzip.compress(b'{"error": "no"}')[:-4], gzip.compress(b'{"error": "no"}') + b"more"],
    ids=["cut", "with more behind it"],
)
def test_as_much_of_an_error_is_read_as_can_be_unpacked(server, victim, body):
    keep_jwt(victim)
    server.play(TOKENS, say(response(400, body, JSON, "Content-Encoding: gzip")))
    assert failure_of(LIST, victim).reason == "no"


@pytest.mark.fault(18)
def test_an_empty_error_is_told_by_its_status(server, victim):
    keep_jwt(victim)
    server.play(TOKENS, say(response(400)), say(b"HTTP/1.1 400\r\nContent-Length: 0\r\n\r\n"))
    assert failure_of(LIST, victim).reason == "Status"
    assert failure_of(LIST, victim).reason == "HTTP status 400"


CHARSETS = [
    "utf-7",
    "utf-16",
    "idna",
    "punycode",
    "unicode_escape",
    "raw_unicode_escape",
    "undefined",
    "rot13",
    "zlib",
    "zip",
    "bz2",
    "hex",
    "base64",
    "uu",
    "mbcs",
    "no-such-codec",
    "x" * 1000,
    "../../etc/passwd",
    "",
    "\"utf-8\"; charset='utf-7'",
    "utf-8\xff",
]
ODD_BODIES = [
    b"",
    b'{"error": "fine"}',
    b"+AGY-+//8-",
    b"\xff\xfe\xfd",
    b"\x00\x01\x1b[31m\x7f\x9b\r\n\x85" * 99,
    b"xn--0",
    b"\\N{NOT A NAME} \\x",
    "\u202egnp.exe\u2028\u2066\ud7ff\U000e0001".encode(),
]


@pytest.mark.fault(18)
def test_no_body_and_no_charset_keeps_an_error_from_being_told(server, victim):
    keep_jwt(victim)
    for media_type in ("application/json", "text/html", "text/plain", "", "a/b/c"):
        for charset, body in zip(CHARSETS, cycle(ODD_BODIES), strict=False):
            server.play(TOKENS, say(response(400, body, f"Content-Type: {media_type}; charset={charset}")))
            error = failure_of(LIST, victim)
            assert (error.status_code, error.attempts) == (400, 1)
            check_is_one_clean_line(error)


def check_is_one_clean_line(error: AccessTokensError) -> None:
    assert error.reason
    assert str(error).isprintable()
    assert len(error.reason) <= 4096
    if isinstance(error.cause, ApiError) and error.cause.details is not None:
        assert len(str(error.cause.details)) <= 4096


def bodies_of(text: str) -> Iterator[tuple[str, str]]:
    yield JSON, json.dumps({"error": {"message": text, "details": text}})
    yield JSON, json.dumps({"error": text})
    yield "Content-Type: text/html", f"<pre>{text}</pre>"
    yield "Content-Type: text/plain", text
    yield JSON, "[" + text.replace("x\n", "1,") + "1]"


@pytest.mark.fault(18)
def test_a_body_of_10_mb_becomes_one_line(server, victim):
    keep_jwt(victim)
    for kind, body in bodies_of("x\n" * 5_000_000):
        server.play(TOKENS, say(response(400, body.encode(), kind)))
        check_is_one_clean_line(failure_of(LIST, victim))


@pytest.mark.fault(18)
@pytest.mark.parametrize("size", [4000, 100_000])
def test_a_long_message_is_cut(server, victim, size):
    keep_jwt(victim)
    text = ("word " * size)[:size]
    server.play(TOKENS, say(response(400, {"error": {"message": text, "details": {"a": [text]}}})))
    error = failure_of(LIST, victim)
    assert error.reason.startswith("word word")
    check_is_one_clean_line(error)


MEDIA_TYPES = [
    "application/json; charset=utf-8",
    "APPLICATION/JSON",
    "Application/Json;Charset=UTF-8",
    "application/problem+json",
    "application/vnd.api+json; x=y",
    "application/json;",
    "application/json ; charset = utf-8",
    "",
]


@pytest.mark.fault(19)
@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_an_error_is_read_by_its_media_type(server, victim, media_type):
    keep_jwt(victim)
    server.play(TOKENS, say(response(400, {"error": "Bad"}, f"Content-Type: {media_type}")))
    assert failure_of(LIST, victim).cause == ApiError("Bad")


@pytest.mark.fault(19)
def test_an_error_without_a_media_type_is_read(server, victim):
    keep_jwt(victim)
    server.play(TOKENS, say(b'HTTP/1.1 400 No\r\nContent-Length: 16\r\n\r\n{"error": "Bad"}'))
    assert failure_of(LIST, victim).cause == ApiError("Bad")


@pytest.mark.fault(19)
@pytest.mark.parametrize("media_type", [*MEDIA_TYPES, "text/html", "text/plain; charset=utf-7", "a/b/c"])
def test_a_success_is_read_whatever_its_media_type(server, victim, media_type):
    server.play(TOKENS, say(response(200, {"records": []}, f"Content-Type: {media_type}")))
    assert victim.list() == []


DIGITS = b"9" * 5000
HOSTILE = {
    "a page with a number": response(
        500, b"<pre>Error: &#%b;&#x%b;" % (DIGITS, DIGITS), "Content-Type: text/html"
    ),
    "a number": response(500, b'{"error": %b, "a": %b}' % (DIGITS, DIGITS)),
    "a message with halves of emoji": response(500, b'{"error": {"message": "\\ud800x", "code": "\\udfff"}}'),
    "a list of issues with a number": response(
        500, b"Cannot store invalid token record: [%b]" % DIGITS, "Content-Type: text/plain"
    ),
    "headers": response(429, b"", f"Retry-After: {DIGITS.decode()}", "Content-Type: \xff", "X: \xff"),
    "a date": response(503, b"", "Retry-After: Fri, 31 Dec 99999999999999999999 23:59:59 -9999999999"),
    "a reason": b"HTTP/1.1 500 \xff\xfe caf\xe9\r\nContent-Length: 0\r\n\r\n",
    "a status": b"HTTP/1.1 999 \r\nContent-Length: 0\r\n\r\n",
    "a depth": response(500, b'{"error":' * 20_000),
    "a mark of UTF-16 alone": response(500, b"\xff\xfe", "Content-Type: application/json; charset=utf-16"),
}


@pytest.mark.fault(71, 47)
@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_every_call_fails_typed_whatever_breaks_a_parser(server, victim, answer):
    for operation in OPERATIONS:
        if operation is not AUTHENTICATE:
            keep_jwt(victim)
        server.always(operation.path, say(answer))
        check_is_usable(failure_of(operation, victim))
