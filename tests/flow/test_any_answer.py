"""Whatever an answer holds: a value, or a typed error of one clean line with which all can be done."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from access_tokens_api.api.auth import exchange_token
from access_tokens_api.api.tokens import list_tokens, restore_token
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens import AccessTokensError, AuthenticationError, EndpointError
from access_tokens.errors import LONGEST_TEXT

from ..helpers.api_calls import invoke
from ..helpers.callers import result_of
from ..helpers.consequences import check_is_usable
from ..helpers.failing_calls import ALL_CALLS, AUTHORIZING
from ..helpers.fault_server import Play
from ..helpers.operations import OPERATIONS, failure_of
from ..helpers.world import ID, ONCE, Canned, answers
from .answers import PAGE, TEXT, say

pytestmark = pytest.mark.fault(71)

CALLS: dict[str, Callable[[Any], Any]] = {
    **ALL_CALLS,
    # Their parsers are generated, and meet what is JSON; but errors are read here.
    "api": lambda client: invoke(client, restore_token, ID, form="_detailed"),
    "api, exchange": lambda client: invoke(client, exchange_token),
    "api, list": lambda client: invoke(client, list_tokens),
}
# Values of JSON, by which parsers break.
VALUES = [
    *(b"9" * 5000, b"-" + b"9" * 5000, b"9" * 4000, b"%d" % 2**63, b"1e400", b"-1e400", b"1e999999999999"),
    *(b"0." + b"1" * 5000, b"NaN", b"-Infinity", b"-0", b"true", b"null", b"0", b"3600"),
    *(b'"\\ud800"', b'"\\udfff\\ud83d"', b'"\\u0000\\u001b"', b'""', b'"Bearer"', b'"x\\u2028y"', b'"\xff"'),
    *(b"[" * 900 + b"]" * 900, b'{"a":' * 900 + b"1" + b"}" * 900, b"[" * 99_999, b'{"":' * 9999),
    *(b'{"\\ud800":"\\ud800","a":1,"a":2}', b"[{}]", b"{}", b'"Token not found: %b"' % ID.encode()),
]
GRANTS = [
    b'{"access_token":"x","token_type":"Bearer","expires_in":%b,"a":[%b,%b]}',
    b'{"access_token":%b,"token_type":%b,"expires_in":%b}',
]
SHAPES = [
    *GRANTS,
    b'{"error":{"message":%b,"code":%b,"details":%b}}',
    b'{"error":{"message":"Bad","code":%b,"details":{"a":%b,"b":[%b]}}}',
    b'{"error":%b,"a":%b,"b":%b}',
    b'{"records":[{"tokenId":%b,"owner":%b,"isAdmin":false,"createdAt":%b}]}',
    b'{"found":[%b],"notFound":[%b],"a":%b}',
    b'{"token":%b,"record":{"tokenId":"x","owner":"x","isAdmin":%b,"createdAt":%b}}',
    b'Cannot store invalid token record: [{"path":[%b,%b],"message":%b}]',
    b"<pre>Error: %b&#%b;&#x%b;</pre>",
    b"%b%b%b",
]
LONG = st.builds(lambda part, times: part * times, st.text(min_size=1, max_size=9), st.integers(1, 3000))
BODIES = (
    st.builds(lambda shape, *values: shape % values, st.sampled_from(SHAPES), *[st.sampled_from(VALUES)] * 3)
    | st.builds("<html><pre>Error: {}<br>{}</pre>".format, st.text() | LONG, st.text()).map(str.encode)
    | LONG.map(str.encode)
    | st.binary()
)
TYPES = st.sampled_from(
    [
        *(b"application/json", b"APPLICATION/Json; charset=utf-8", b"application/problem+json", b"+json"),
        *(b"text/html", b"text/html; charset=utf-7", b"text/plain", b"text/plain;charset=idna", b";", b""),
        *(b"text/plain; charset=rot13", b"application/json; charset=\xff\x00", b"image/png"),
    ]
)
NAMES = [b"Retry-After", b"Content-Encoding", b"Content-Type", b"Location", b"X", b"Set-Cookie"]
ODD_HEADERS = [b"9" * 5000, b"Fri, 31 Dec 9999999999 23:59:59 GMT", b"-1", b"gzip", b"gzip, br", b"=;;"]
PRINTED = st.binary(max_size=20).filter(lambda value: not {*value} & {*b"\r\n\0"})
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), PRINTED | st.sampled_from(ODD_HEADERS)), max_size=3)
ENCODINGS = st.sampled_from(["utf-8"] * 5 + ["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp037"])


def made(status: int, body: bytes, encoding: str, kind: bytes | None, headers: Any, reason: bytes) -> Canned:
    """Return an answer with its text in another encoding."""
    content = body if encoding == "utf-8" else body.decode("latin-1").encode(encoding, "replace")
    typed = () if kind is None else ((b"Content-Type", kind),)
    return Canned(status, content, (*typed, *headers), reason)


ANSWERS = st.builds(
    made,
    st.integers(100, 999) | st.integers(400, 599) | st.sampled_from([200, 201, 204, 400, 500]),
    BODIES,
    ENCODINGS,
    st.none() | TYPES,
    HEADERS,
    st.sampled_from([b"", b"Bad\tthing"]) | st.binary(max_size=20) | st.just(b"x" * 5000),
)


def check(call: str, result: Any) -> None:
    is_generated = call in {"api, exchange", "api, list"}
    if isinstance(result, AccessTokensError) or (isinstance(result, Exception) and not is_generated):
        check_is_usable(result)
        assert isinstance(result, AccessTokensError)
        assert len(result.reason) <= LONGEST_TEXT


@pytest.mark.fault(12, 18, 19, 27)
@given(st.sampled_from(sorted(CALLS)), ANSWERS, st.booleans())
@profile(max_examples=70)
def test_any_answer_is_a_value_or_an_error_of_ours(world, call, answer, in_exchange):
    client = world.client(answers(answer, exchange=answer if in_exchange else None), retry=ONCE)
    error = result_of(lambda: CALLS[call](client))
    check(call, error)
    if answer.status >= 400 and (in_exchange or call not in {*AUTHORIZING, "api, exchange"}):
        assert isinstance(error, AccessTokensError)
        assert error.status_code == answer.status
        assert str(error).startswith("Failed to ") or call.startswith("api")
    if in_exchange and answer.status in {400, 401, 403}:
        assert isinstance(error, (AuthenticationError, EndpointError))


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_each_odd_value_anywhere_is_a_value_or_an_error_of_ours(sync_world, value):
    for shape in SHAPES:
        body = shape % (value, value, value)
        for status in (200, 400):
            check("list", result_of(sync_world.client(answers(Canned(status, body)), retry=ONCE).list))
        if shape in GRANTS:
            exchange = answers(Canned(204), exchange=Canned(200, body))
            check("list", result_of(sync_world.client(exchange, retry=ONCE).list))


DIGITS = "9" * 5000
HOSTILE: dict[str, Play] = {
    "a page with a number": say(500, f"<pre>Error: &#{DIGITS};&#x{DIGITS};", PAGE),
    "a number": say(500, f'{{"error": {DIGITS}, "a": {DIGITS}}}'),
    "halves of emoji": say(500, '{"error": {"message": "\\ud800x", "code": "\\udfff"}}'),
    "an issue with a number": say(500, f"Cannot store invalid token record: [{DIGITS}]", TEXT),
    "headers": say(429, "", f"Retry-After: {DIGITS}", "Content-Type: \xff", "X: \xff"),
    "a date": say(503, "", "Retry-After: Fri, 31 Dec 99999999999999999999 23:59:59 -9999999999"),
    "a reason": lambda peer: peer.send(b"HTTP/1.1 500 \xff\xfe caf\xe9\r\nContent-Length: 0\r\n\r\n"),
    "a status": lambda peer: peer.send(b"HTTP/1.1 999 \r\nContent-Length: 0\r\n\r\n"),
    "a depth": say(500, '{"error":' * 20_000),
    "a mark of UTF-16": say(500, b"\xff\xfe", "Content-Type: application/json; charset=utf-16"),
}


@pytest.mark.fault(47)
@pytest.mark.parametrize("play", HOSTILE.values(), ids=HOSTILE)
def test_every_call_fails_typed_whatever_breaks_a_parser(server, client, play):
    for operation in OPERATIONS:
        server.always(operation.path, play)
        check_is_usable(failure_of(operation, client))


def test_a_generated_operation_gives_any_header_as_it_is(world):
    named = [(b"X-Name", "caf\u00e9".encode("latin-1")), (b"X-Name", b"\xff")]
    client = world.client(answers(Canned(204, headers=(*named, (b"Set-Cookie", b"\xff=\xff")))))
    response = invoke(client, restore_token, ID, form="_detailed")
    assert response.headers.get_list("x-name") == ["caf\u00e9", "\xff"]
    assert "set-cookie" not in response.headers
    assert httpx.Headers(response.headers).raw[0][1] == b"caf\xe9"
