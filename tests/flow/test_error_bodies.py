"""Whatever the body of an error, and whatever it says it is: one typed error, one clean line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens import AccessTokensError, AuthenticationError, EndpointError
from access_tokens.errors import LONGEST_TEXT

from ..helpers.callers import result_of
from ..helpers.world import ONCE, Canned, answers, canned_json

ANY_TEXT = st.text(st.characters(exclude_categories=()))
LONG = st.builds(lambda part, times: part * times, st.text(min_size=1, max_size=9), st.integers(1, 3000))
SAID = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | LONG,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)
SHAPED = st.fixed_dictionaries({}, optional={"message": SAID, "code": SAID, "details": SAID})
JSON_BODIES = st.builds(
    lambda body, encoding: json.dumps(body).encode(encoding),
    SHAPED.map(lambda error: {"error": error}) | SAID.map(lambda said: {"error": said}) | SAID,
    st.sampled_from(["utf-8", "utf-16", "utf-32-le"]),
)
PAGES = st.builds("<html><pre>Error: {}<br>{}</pre>".format, st.text() | LONG, st.text()).map(str.encode)
BODIES = st.binary() | JSON_BODIES | PAGES | LONG.map(str.encode) | st.just(b"[" * 99_999)
MEDIA_TYPES = st.sampled_from(
    [
        *(b"application/json", b"APPLICATION/Json; charset=utf-8", b"application/problem+json", b"text/html"),
        *(
            b"application/json; charset=\xff\x00",
            b"text/html; charset=utf-7",
            b"text/plain;charset=idna",
            b";",
        ),
        *(b"text/plain; charset=rot13", b"application/json; charset=base64", b"image/png", b"", b"+json"),
    ]
)
CONTENT_TYPES = st.none() | MEDIA_TYPES | st.binary(max_size=20)
REASONS = st.sampled_from([b"", b"Bad\tthing"]) | st.binary(max_size=20) | st.just(b"x" * 5000)


def failing(status: int, body: bytes, content_type: bytes | None, reason: bytes) -> Canned:
    headers = () if content_type is None else ((b"Content-Type", content_type),)
    return Canned(status, body, headers, reason)


FAILURES = st.builds(failing, st.integers(400, 599), BODIES, CONTENT_TYPES, REASONS)


def assert_clean(error: Any, failure: Canned) -> None:
    assert isinstance(error, AccessTokensError)
    assert error.status_code == failure.status
    line = str(error)
    assert line.startswith("Failed to ")
    assert line.isprintable()
    assert line.encode()
    # The service's own words; the rest of the line is ours, and its code.
    assert len(error.reason) <= LONGEST_TEXT


@pytest.mark.fault(12, 18, 19)
@given(FAILURES)
@profile(max_examples=60)
def test_any_error_of_a_call_is_typed_and_one_clean_line(world, failure):
    client = world.client(answers(failure), retry=ONCE)
    error = result_of(lambda: client.revoke("x"))
    assert_clean(error, failure)
    assert error.token_id == "x"


@pytest.mark.fault(18, 19, 27)
@given(FAILURES)
@profile(max_examples=40)
def test_any_error_of_an_exchange_is_typed_and_one_clean_line(world, failure):
    client = world.client(answers(exchange=failure), retry=ONCE)
    error = result_of(client.list)
    assert_clean(error, failure)
    assert error.message == "Failed to authenticate"
    assert len(world.requests) == 1
    # An EndpointError where a page says it, other than one of Express.
    refused = (AuthenticationError, EndpointError)
    assert isinstance(error, refused) or failure.status not in {400, 401, 403}


@pytest.mark.fault(18)
@pytest.mark.parametrize("parts", [{"message": "x" * 5000}, {"message": "x" * 5000, "code": "y" * 5000}])
def test_an_error_is_a_line_of_at_most_4_kb(sync_world, parts):
    client = sync_world.client(answers(canned_json({"error": parts}, 400)))
    line = str(result_of(client.list))
    assert line.endswith("HTTP 400)")
    assert len(line) <= LONGEST_TEXT
