"""HTTP as httpx does it: what is sent, and what is read from the head of an answer."""

from __future__ import annotations

from collections.abc import AsyncIterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import anyio
import attrs
import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from access_tokens._flow.retry_after import parse_retry_after
from access_tokens._http import request as wire
from access_tokens._secret import Secret
from access_tokens._settings import Settings, settings

from ..helpers.sessions import SETTINGS

NOW = datetime(2030, 1, 1, tzinfo=UTC)
JWT = Secret("the-jwt")
PROGRESS = wire.Progress("get", sent_at=7.0, deadline=60.0)


@pytest.fixture
def deployment() -> Settings:
    return settings(
        "https://api.example.com/base",
        Secret("pat_x"),
        **(SETTINGS | {"admin_path": "/v1/admin"}),
    )


def test_a_form_is_sent_as_the_generated_core_describes_it(deployment):
    kwargs = {
        "method": "post",
        "url": "/auth/token",
        "data": {"state": "s 1"},
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
    }
    request = wire.build_request(deployment, kwargs, JWT, 300.0)
    assert (request.content, request.headers["Content-Type"]) == (
        b"state=s+1",
        "application/x-www-form-urlencoded",
    )


def test_a_request_carries_the_bearer_token_in_the_header_alone(deployment):
    kwargs = {
        "method": "post",
        "url": "/admin/tokens",
        "json": {"owner": "ä"},
        "headers": {"Content-Type": "application/json"},
    }
    request = wire.build_request(deployment, kwargs, JWT, seconds_left=300.0)
    assert (request.method, str(request.url)) == ("POST", "https://api.example.com/base/v1/admin/tokens")
    assert request.headers["authorization"] == "Bearer the-jwt"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("access-tokens-client/")
    assert request.content == '{"owner":"ä"}'.encode()
    assert request.headers["accept"] == "application/json"
    assert request.headers["accept-encoding"] == "gzip"
    assert "cookie" not in request.headers


async def joined(parts: AsyncIterable[bytes]) -> bytes:
    return b"".join([part async for part in parts])


def test_the_body_of_a_request_can_be_read_in_both_variants_and_again(deployment):
    kwargs = {"method": "post", "url": "/admin/tokens", "json": {"owner": "x"}}
    stream: Any = wire.build_request(deployment, kwargs, JWT, seconds_left=300.0).stream
    for _ in range(2):
        assert b"".join(stream) == b'{"owner":"x"}'
        assert anyio.run(joined, stream) == b'{"owner":"x"}'


def test_a_request_has_the_query_and_the_headers_of_the_generated_core(deployment):
    kwargs = {"method": "get", "url": "/admin/tokens", "params": {"limit": 7}, "headers": {"Accept": "x/y"}}
    request = wire.build_request(deployment, kwargs, JWT, seconds_left=300.0)
    assert request.url.query == b"limit=7"
    assert request.headers["accept"] == "x/y"
    assert request.content == b""


def test_no_timeout_reaches_past_the_deadline(deployment):
    kwargs = {"method": "get", "url": "/admin/tokens"}
    request = wire.build_request(deployment, kwargs, JWT, seconds_left=7.0)
    assert request.extensions["timeout"] == {"connect": 5.0, "read": 7.0, "write": 7.0, "pool": 7.0}


def test_without_timeouts_there_is_the_deadline(deployment):
    patient = attrs.evolve(deployment, timeout=httpx.Timeout(None, connect=5.0))
    request = wire.build_request(patient, {"method": "get", "url": "/admin/tokens"}, JWT, seconds_left=7.0)
    assert request.extensions["timeout"] == {"connect": 5.0, "read": 7.0, "write": 7.0, "pool": 7.0}


@pytest.mark.fault(38)
@given(st.text(min_size=1).filter(lambda text: text not in {".", ".."}))
@example("%2e%2e")
@example("a/b?c#d")
@example("//evil.example")
@example("\0\n\\")
def test_any_id_is_one_segment_of_the_path(token_id):
    from access_tokens_api.api.tokens import revoke_token
    from access_tokens_api.models import RevokeTokenRequest

    described = revoke_token._get_kwargs(token_id, body=RevokeTokenRequest())  # pyright: ignore[reportPrivateUsage]
    base = settings("https://h/b", Secret("x"), **SETTINGS)
    url = wire.build_request(base, described, JWT, 1.0).url
    assert url.host == "h"
    path = url.raw_path.decode()
    assert path.startswith("/b/admin/tokens/")
    assert path.endswith("/revoke")
    assert path.count("/") == 5
    assert "?" not in path


def retry_after(value: str) -> float | None:
    return parse_retry_after(value, NOW)


@pytest.mark.fault(13)
@pytest.mark.parametrize(
    ("value", "seconds"), [("0", 0.0), ("5", 5.0), ("007", 7.0), ("9" * 400, float("inf"))]
)
def test_retry_after_may_be_seconds(value, seconds):
    assert retry_after(value) == seconds


@pytest.mark.fault(13)
@pytest.mark.parametrize(("ahead", "seconds"), [(90, 90.0), (0, 0.0), (-90, 0.0)])
def test_retry_after_may_be_a_date_ahead_or_past(ahead, seconds):
    assert retry_after(format_datetime(NOW + timedelta(seconds=ahead), usegmt=True)) == seconds


@pytest.mark.fault(14)
@pytest.mark.parametrize(
    "value",
    [
        "",
        "-5",
        "+5",
        "5.5",
        "1e3",
        "1_000",
        "nan",
        "inf",
        "5, 10",
        "\uff15",
        "soon",
        "Tue, 01 Jan 2030 00:01:00",
        "Tue, 01 Jan 20990 00:00:00 GMT",
    ],
)
def test_a_retry_after_that_makes_no_sense_is_ignored(value):
    assert retry_after(value) is None


@pytest.mark.fault(14)
@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,6} \d\d:\d\d:\d\d .{0,6}"))
def test_no_retry_after_breaks_it(value):
    seconds = retry_after(value)
    assert seconds is None or seconds >= 0


@pytest.mark.fault(13)
@pytest.mark.parametrize(("status", "seconds"), [(429, 5.0), (503, 5.0), (500, None), (200, None)])
def test_retry_after_is_read_on_429_and_503(status, seconds):
    response = httpx.Response(status, headers={"retry-after": "5"})
    assert wire.answer_from(response, b"", PROGRESS, {}).retry_after == seconds


def test_a_date_to_retry_after_is_counted_from_now():
    ahead = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    seconds = wire.answer_from(
        httpx.Response(503, headers={"retry-after": ahead}), b"", PROGRESS, {}
    ).retry_after
    assert seconds == pytest.approx(86_400, abs=3600)


def test_without_a_header_there_is_nothing_to_retry_after():
    assert wire.answer_from(httpx.Response(429), b"", PROGRESS, {}).retry_after is None


def test_an_answer_knows_what_is_secret_of_its_request():
    """Its own secrets, the JWT, and the PAT, which is hidden wherever a service got it from."""
    pat, phc = Secret("the-pat"), Secret("the-phc")
    base = settings("https://h/b", pat, **SETTINGS)
    request = wire.build_request(base, {"method": "get", "url": "/admin/tokens", "known": (phc,)}, JWT, 1.0)
    answer = wire.answer_from(httpx.Response(503), b"", PROGRESS, request.extensions)
    assert set(answer.known) == {JWT, pat, phc}


def test_an_answer_has_what_the_flow_and_the_generated_core_read():
    response = httpx.Response(503, headers={"Content-Type": "text/plain"})
    answer = wire.answer_from(response, b"body", PROGRESS, {})
    assert (answer.status_code, answer.reason, answer.content) == (503, "Service Unavailable", b"body")
    assert (answer.headers["content-type"], answer.sent_at) == ("text/plain", 7.0)
