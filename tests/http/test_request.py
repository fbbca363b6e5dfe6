"""What a request is made of, and what is read from the head of an answer."""

import inspect
from collections.abc import AsyncIterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import anyio
import attrs
import httpx
import pytest

from access_tokens._flow.bounds import ANY, bounds_of
from access_tokens._http import request as wire
from access_tokens._pat import PatSource
from access_tokens._secret import Secret
from access_tokens._settings import settings

from ..helpers.sessions import SETTINGS

JWT, PAT = Secret("the-jwt"), Secret("the-pat")
DEPLOYED = SETTINGS | {"admin_path": "/v1/admin"}
DEPLOYMENT = settings("https://api.example.com/base", PatSource(PAT), **DEPLOYED)
TO_LIST = {"method": "get", "url": "/admin/tokens"}
TO_ISSUE = {"method": "post", "url": "/admin/tokens", "json": {"owner": "ä"}}


def built(described: dict[str, Any], seconds_left: float = 300.0) -> httpx.Request:
    return wire.build_request(DEPLOYMENT, described, JWT, seconds_left)


def test_a_form_is_sent_as_the_generated_core_describes_it():
    kind = "application/x-www-form-urlencoded"
    described = {"method": "post", "url": "/auth/token", "data": {"state": "s 1"}}
    request = built(described | {"headers": {"Content-Type": kind}})
    assert (request.content, request.headers["Content-Type"]) == (b"state=s+1", kind)


def test_a_request_carries_the_bearer_token_in_the_header_alone():
    request = built(TO_ISSUE | {"headers": {"Content-Type": "application/json"}})
    assert (request.method, str(request.url)) == ("POST", "https://api.example.com/base/v1/admin/tokens")
    assert request.headers["authorization"] == "Bearer the-jwt"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("access-tokens-client/")
    assert request.content == '{"owner":"ä"}'.encode()
    assert request.headers["accept"] == "application/json"
    assert request.headers["accept-encoding"] == "gzip"
    assert "cookie" not in request.headers


def test_a_request_has_the_query_and_the_headers_of_the_generated_core():
    request = built(TO_LIST | {"params": {"limit": 7}, "headers": {"Accept": "x/y"}})
    assert request.url.query == b"limit=7"
    assert request.headers["accept"] == "x/y"
    assert request.content == b""


async def joined(parts: AsyncIterable[bytes]) -> bytes:
    return b"".join([part async for part in parts])


@pytest.mark.fault(3)
def test_the_body_of_a_request_can_be_read_in_both_variants_and_again():
    """Not by an async generator: trio would warn of one that is left early."""
    stream: Any = built(TO_ISSUE).stream
    for _ in range(2):
        assert b"".join(stream) == '{"owner":"ä"}'.encode()
        assert anyio.run(joined, stream) == '{"owner":"ä"}'.encode()
    assert not inspect.isasyncgen(aiter(stream))


def test_a_request_has_a_body_and_bounds_of_its_own():
    """As calls through `client.api` have."""
    request = built(TO_ISSUE | {"json": None, "content": b"x", "bounds": bounds_of(7)})
    assert (request.content, request.extensions["bounds"]) == (b"x", bounds_of(7))
    assert built(TO_LIST).extensions["bounds"] is ANY
    assert wire.answer_from(httpx.Response(200), b"", PROGRESS, {}).bounds is ANY


def lent(
    described: dict[str, Any] = TO_LIST, ours: httpx.Timeout | None = None, **options: Any
) -> httpx.Request:
    """A request that is sent by an HTTP client of the caller's with these options."""
    deployment = attrs.evolve(DEPLOYMENT, timeout=ours)
    return wire.build_request(deployment, described, JWT, 300.0, httpx.Client(**options))


@pytest.mark.fault(88)
def test_headers_of_the_callers_client_are_sent_also_twice_and_of_any_bytes():
    theirs = [(b"X-Via", b"a"), (b"X-Via", "ü".encode()), (b"user-agent", b"acme/1"), (b"X-Tenant", b"acme")]
    headers = lent(headers=theirs).headers
    assert [value for name, value in headers.raw if name == b"X-Via"] == [b"a", "ü".encode()]
    assert (headers.get_list("user-agent"), headers["x-tenant"]) == (["acme/1"], "acme")


OURS = (
    *("Authorization", "Accept", "Accept-Encoding", "Host", "Cookie", "Proxy-Authorization", "Content-Type"),
    *("Content-Length", "Content-Encoding", "Transfer-Encoding", "Connection", "Upgrade", "Expect", "TE"),
)


@pytest.mark.fault(88)
@pytest.mark.parametrize("options", [{}, {"headers": dict.fromkeys(OURS, "7"), "cookies": {"c": "d"}}])
def test_what_is_ours_stays_ours_and_what_httpx_sets_itself_does_not_count(options):
    assert lent(TO_ISSUE, **options).headers == built(TO_ISSUE).headers


@pytest.mark.fault(88)
def test_params_of_the_callers_client_are_sent_and_ours_go_first():
    theirs: dict[str, Any] = {"code": "a b", "tag": ["x", "y"], "limit": "7"}
    ours = {"limit": "5", "hasRole": "reader"}
    assert lent(params=theirs).url.params == httpx.QueryParams(theirs)
    assert lent(TO_LIST | {"params": ours}, params=theirs).url.params == httpx.QueryParams(theirs | ours)


@pytest.mark.fault(88)
@pytest.mark.parametrize(
    ("theirs", "ours", "connect", "others"),
    [
        ({}, None, 5.0, 30.0),
        ({"timeout": httpx.Timeout(None, connect=2.0)}, None, 2.0, 300.0),  # the deadline
        ({"timeout": 2.0}, DEPLOYMENT.timeout, 5.0, 30.0),
    ],
)
def test_the_timeout_of_the_callers_client_holds_within_the_deadline_unless_one_is_given(
    theirs, ours, connect, others
):
    timeout = lent(ours=ours, **theirs).extensions["timeout"]
    assert timeout == {"connect": connect, "read": others, "write": others, "pool": others}


@pytest.mark.parametrize("timeout", [DEPLOYMENT.timeout, httpx.Timeout(None, connect=5.0)])
def test_no_timeout_reaches_past_the_deadline(timeout):
    patient = attrs.evolve(DEPLOYMENT, timeout=timeout)
    request = wire.build_request(patient, TO_LIST, JWT, seconds_left=7.0)
    assert request.extensions["timeout"] == {"connect": 5.0, "read": 7.0, "write": 7.0, "pool": 7.0}


PROGRESS = wire.Progress("get", sent_at=7.0, deadline=60.0)


def test_an_answer_knows_what_is_secret_of_its_request():
    """Its own secrets, the proxy's, the JWT, and the PAT, wherever a service got it from."""
    phc, proxys = Secret("the-phc"), Secret("the-proxys")
    request = built(TO_LIST | {"known": (phc,), "bounds": bounds_of(7)})
    through_proxy = attrs.evolve(PROGRESS, known=(proxys,))
    answer = wire.answer_from(httpx.Response(503), b"", through_proxy, request.extensions)
    assert set(answer.known) == {JWT, PAT, phc, proxys}
    assert answer.bounds == bounds_of(7)


def test_an_answer_has_what_the_flow_and_the_generated_core_read():
    response = httpx.Response(503, headers={"Content-Type": "text/plain"})
    answer = wire.answer_from(response, b"body", PROGRESS, {})
    assert (answer.status_code, answer.reason, answer.content) == (503, "Service Unavailable", b"body")
    assert (answer.headers["content-type"], answer.sent_at) == ("text/plain", 7.0)


def progress(written: bytes = b"", handshakes: int = 0, **attributes: Any) -> wire.Progress:
    """How far a GET through a proxy has come that was to make two TLS handshakes."""
    made = wire.Progress("get", 7.0, 60.0, proxy="p:1", handshakes=2, **attributes)
    made.note(b"CONNECT h:443 HTTP/1.1")
    made.note(written)
    for _ in range(handshakes):
        made.note_handshake()
    return made


@pytest.mark.fault(89)
@pytest.mark.parametrize(
    ("made", "whose"),
    [
        ({}, "the proxy p:1"),
        ({"handshakes": 1}, "the proxy p:1"),
        ({"handshakes": 2}, "h through the proxy p:1"),
        ({"written": b"GET / HTTP/1.1"}, "h through the proxy p:1"),
        ({"written": b"GET / HTTP/1.1", "is_tunnelled": True}, "h"),
        ({"handshakes": 2, "is_tunnelled": True}, "h"),
    ],
)
def test_an_error_is_told_of_who_may_have_made_it(made, whose):
    assert progress(**made).whose(httpx.ReadError("reset"), "h") == whose
    assert progress(**made).whose(httpx.ProxyError("407"), "h") == "the proxy p:1"
    assert PROGRESS.whose(httpx.ProxyError("407"), "h") == "h"


def test_a_request_has_begun_with_its_method_and_for_good():
    assert not progress(b"POST").has_begun
    begun = progress(b"GET /")
    begun.note(b"more")
    assert begun.has_begun


NOW = datetime(2030, 1, 1, tzinfo=UTC)


def retry_after(status: int, *headers: tuple[str, str]) -> float | None:
    response = httpx.Response(status, headers=[(name.encode(), value.encode()) for name, value in headers])
    return wire.answer_from(response, b"", PROGRESS, {}).retry_after


def date(ahead: float = 0.0, of: datetime = NOW) -> str:
    return format_datetime(of + timedelta(seconds=ahead), usegmt=True)


@pytest.mark.fault(13)
@pytest.mark.parametrize("status", [429, 503])
def test_a_time_to_come_back_is_in_seconds_or_a_date(status):
    """Which is counted from the answer's own."""
    times = {"0": 0.0, "5": 5.0, "007": 7.0, "9" * 400: float("inf")}
    for value, seconds in (times | {date(90): 90.0, date(): 0.0, date(-90): 0.0}).items():
        assert retry_after(status, ("Retry-After", value), ("Date", date())) == seconds


@pytest.mark.fault(14)
def test_a_time_to_come_back_that_makes_no_sense_is_ignored():
    dates = ["Tue, 01 Jan 2030 00:01:00", "Tue, 01 Jan 20990 00:00:00 GMT"]
    numbers = ["-5", "+5", "5.5", "1e3", "1_000", "nan", "inf", "5, 10", "\uff15"]
    for value in ("", "soon", *numbers, *dates):
        assert retry_after(503, ("Retry-After", value), ("Date", date())) is None, value


@pytest.mark.fault(91)
@pytest.mark.parametrize("own", [[], ["soon"]])
def test_without_a_date_of_the_answers_it_is_counted_from_now(own):
    ahead = date(86_400, datetime.now(UTC))
    seconds = retry_after(503, ("Retry-After", ahead), *[("Date", each) for each in own])
    assert seconds == pytest.approx(86_400, abs=3600)


@pytest.mark.fault(13)
def test_no_other_answer_has_a_time_to_come_back():
    assert [retry_after(status, ("Retry-After", "5")) for status in (200, 408, 500, 502)] == [None] * 4
    assert retry_after(429) is None
