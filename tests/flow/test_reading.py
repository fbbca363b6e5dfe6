"""Nothing in the reading of an answer raises anything but our own errors, and each can be used."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import httpx
import pytest
from access_tokens_api.api.auth import exchange_token
from access_tokens_api.api.tokens import list_tokens, restore_token
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens import AccessTokensError

from ..helpers.api_calls import invoke
from ..helpers.callers import result_of
from ..helpers.consequences import check_is_usable
from ..helpers.world import ID, ONCE, PHC, Canned, answers
from .test_error_bodies import CONTENT_TYPES
from .test_error_bodies import FAILURES as ERRORS

pytestmark = pytest.mark.fault(71)

CALLS: dict[str, Callable[[Any], Any]] = {
    "authenticate": lambda client: client.authenticate(),
    "list": lambda client: client.list(),
    "iter_tokens": lambda client: client.iter_tokens(page_size=1),
    "batch_load": lambda client: client.batch_load([ID]),
    "issue": lambda client: client.issue("x"),
    "register": lambda client: client.register(ID, PHC, "x"),
    "update": lambda client: client.update(ID, secret_phc=PHC),
    "revoke": lambda client: client.revoke(ID),
    "restore": lambda client: client.restore(ID, expires_at=2),
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
SHAPES = [
    b'{"error":{"message":%b,"code":%b,"details":%b}}',
    b'{"error":{"message":"Bad","code":%b,"details":{"a":%b,"b":[%b]}}}',
    b'{"error":%b,"a":%b,"b":%b}',
    b'{"access_token":"x","token_type":"Bearer","expires_in":%b,"a":[%b,%b]}',
    b'{"access_token":%b,"token_type":%b,"expires_in":%b}',
    b'{"records":[{"tokenId":%b,"owner":%b,"isAdmin":false,"createdAt":%b}]}',
    b'{"found":[%b],"notFound":[%b],"a":%b}',
    b'{"token":%b,"record":{"tokenId":"x","owner":"x","isAdmin":%b,"createdAt":%b}}',
    b'Cannot store invalid token record: [{"path":[%b,%b],"message":%b}]',
    b"<pre>Error: %b&#%b;&#x%b;</pre>",
    b"%b%b%b",
]
TYPED = b"application/json", b"text/html", b"text/plain"
BODIES = st.builds(
    lambda shape, values: shape % values, st.sampled_from(SHAPES), st.tuples(*[st.sampled_from(VALUES)] * 3)
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"Retry-After", b"Content-Encoding", b"Content-Type", b"Location", b"X", b"Set-Cookie"]
        ),
        st.binary(max_size=20).filter(lambda value: not {*value} & {*b"\r\n\0"})
        | st.sampled_from(
            [b"9" * 5000, b"Fri, 31 Dec 9999999999 23:59:59 GMT", b"-1", b"gzip", b"gzip, br", b"=;;"]
        ),
    ),
    max_size=3,
).map(tuple)


def packed(canned: Canned, encoding: str, kind: bytes | None, more: Any) -> Canned:
    """Return an answer with its text in another encoding, and with more headers."""
    body = canned.body if encoding == "utf-8" else canned.body.decode("latin-1").encode(encoding, "replace")
    typed = () if kind is None else ((b"Content-Type", kind),)
    return Canned(canned.status, body, (*canned.headers, *typed, *more), canned.reason)


ANSWERS = st.builds(
    packed,
    st.builds(Canned, st.integers(100, 999) | st.sampled_from([200, 201, 204, 400, 500]), BODIES) | ERRORS,
    st.sampled_from(["utf-8"] * 5 + ["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp037"]),
    st.sampled_from(TYPED) | CONTENT_TYPES,
    HEADERS,
)


@given(st.sampled_from(sorted(CALLS)), ANSWERS, st.booleans())
@profile(max_examples=200)
def test_any_answer_is_a_value_or_an_error_of_ours(sync_world, call, answer, in_exchange):
    client = sync_world.client(answers(answer, exchange=answer if in_exchange else None), retry=ONCE)
    check(call, result_of(lambda: CALLS[call](client)))


def check(call: str, result: Any) -> None:
    is_generated = call in {"api, exchange", "api, list"} and isinstance(result, Exception)
    if isinstance(result, Exception) and not (is_generated and not isinstance(result, AccessTokensError)):
        check_is_usable(result)


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_each_odd_value_anywhere_is_a_value_or_an_error_of_ours(world, value):
    for shape, status in product(SHAPES, (200, 400)):
        answer = Canned(status, shape % (value, value, value))
        for exchange in (None, answer):
            client = world.client(answers(answer, exchange=exchange), retry=ONCE)
            check("list", result_of(client.list))


def test_a_generated_operation_gives_any_header_as_it_is(world):
    headers = (
        (b"X-Name", "caf\u00e9".encode("latin-1")),
        (b"X-Name", b"\xff"),
        (b"Set-Cookie", b"\xff=\xff"),
    )
    client = world.client(answers(Canned(204, headers=headers)))
    response = invoke(client, restore_token, ID, form="_detailed")
    assert response.headers.get_list("x-name") == ["caf\u00e9", "\xff"]
    assert "set-cookie" not in response.headers
    assert httpx.Headers(response.headers).raw[0][1] == b"caf\xe9"
