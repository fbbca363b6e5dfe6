"""HTTP as httpx does it: requests, bounded answers, sorted failures."""

from __future__ import annotations

import gzip
import ssl
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from access_tokens import EndpointError, InvalidResponseError, RetryPolicy, UnavailableError
from access_tokens import _wire as wire
from access_tokens._pool import proxy_for
from access_tokens._secret import Secret
from access_tokens._settings import Settings, settings

NOW = datetime(2030, 1, 1, tzinfo=UTC)
JWT = Secret("the-jwt")


@pytest.fixture
def deployment() -> Settings:
    return settings(
        "https://api.example.com/base",
        Secret("pat_x"),
        "/auth",
        "/v1/admin",
        30.0,
        300.0,
        RetryPolicy(),
        False,
    )


def test_a_request_carries_the_bearer_token_in_the_header_alone(deployment: Settings) -> None:
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
    assert request.headers["accept-encoding"] == "gzip"
    assert "cookie" not in request.headers


def test_no_timeout_reaches_past_the_deadline(deployment: Settings) -> None:
    kwargs = {"method": "get", "url": "/admin/tokens"}
    request = wire.build_request(deployment, kwargs, JWT, seconds_left=7.0)
    assert request.extensions["timeout"] == {"connect": 5.0, "read": 7.0, "write": 7.0, "pool": 7.0}


@given(st.text(min_size=1).filter(lambda text: text not in {".", ".."}))
@example("%2e%2e")
@example("a/b?c#d")
@example("//evil.example")
@example("\0\n\\")
def test_any_id_is_one_segment_of_the_path(token_id: str) -> None:
    from access_tokens_api.api.tokens import revoke_token
    from access_tokens_api.models import RevokeTokenRequest

    from access_tokens._steps import Seam

    sent: list[dict[str, Any]] = []
    seam: Any = Seam(lambda _, kwargs: sent.append(kwargs))
    with pytest.raises(AttributeError):
        revoke_token.sync_detailed(token_id, client=seam, body=RevokeTokenRequest())
    base = settings("https://h/b", Secret("x"), "/auth", "/admin", 1.0, 1.0, RetryPolicy(), False)
    url = wire.build_request(base, sent[0], JWT, 1.0).url
    assert url.host == "h"
    path = url.raw_path.decode()
    assert path.startswith("/b/admin/tokens/")
    assert path.endswith("/revoke")
    assert path.count("/") == 5
    assert "?" not in path


def retry_after(value: str) -> float | None:
    return wire.parse_retry_after(value, NOW)


@pytest.mark.parametrize(
    ("value", "seconds"), [("0", 0.0), ("5", 5.0), ("007", 7.0), ("9" * 400, float("inf"))]
)
def test_retry_after_may_be_seconds(value: str, seconds: float) -> None:
    assert retry_after(value) == seconds


@pytest.mark.parametrize(("ahead", "seconds"), [(90, 90.0), (0, 0.0), (-90, 0.0)])
def test_retry_after_may_be_a_date_ahead_or_past(ahead: int, seconds: float) -> None:
    assert retry_after(format_datetime(NOW + timedelta(seconds=ahead), usegmt=True)) == seconds


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
def test_a_retry_after_that_makes_no_sense_is_ignored(value: str) -> None:
    assert retry_after(value) is None


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,6} \d\d:\d\d:\d\d .{0,6}"))
def test_no_retry_after_breaks_it(value: str) -> None:
    seconds = retry_after(value)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(("status", "seconds"), [(429, 5.0), (503, 5.0), (500, None), (200, None)])
def test_retry_after_is_read_on_429_and_503(status: int, seconds: float | None) -> None:
    response = httpx.Response(status, headers={"retry-after": "5"})
    assert wire.answer_from(response, b"", 0.0).retry_after == seconds


def body_of(chunks: list[bytes], encoding: str | None = None) -> bytes:
    headers = {} if encoding is None else {"content-encoding": encoding}
    body = wire.Body(httpx.Response(200, headers=headers))
    for chunk in chunks:
        body.add(chunk)
    return body.content()


def test_a_body_is_put_together() -> None:
    assert body_of([b"a", b"", b"b"]) == b"ab"
    assert body_of([]) == b""


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
def test_a_gzipped_body_is_unpacked_byte_by_byte(encoding: str) -> None:
    packed = gzip.compress(b"hello" * 100)
    assert body_of([packed[i : i + 1] for i in range(len(packed))], encoding) == b"hello" * 100


def test_an_empty_body_needs_no_unpacking() -> None:
    assert body_of([], "gzip") == b""


@pytest.mark.parametrize(
    ("chunks", "encoding", "problem"),
    [
        ([b"x" * 2**20] * 33, None, "over 32 MiB"),
        ([gzip.compress(bytes(2**25 + 1))], "gzip", "over 32 MiB"),
        ([gzip.compress(b"hello")[:-1]], "gzip", "ended early"),
        ([b"hello"], "gzip", "not gzip"),
        ([zlib.compress(b"hello")], "gzip", "not gzip"),
        ([b"hello"], "br", "not asked for"),
        ([gzip.compress(b"abc") + gzip.compress(b"def")], "gzip", "goes on after its end"),
    ],
    ids=["large", "bomb", "truncated", "plain", "zlib", "brotli", "members"],
)
def test_a_body_that_cannot_be_taken_is_refused(
    chunks: list[bytes], encoding: str | None, problem: str
) -> None:
    with pytest.raises(wire.UnreadableBodyError, match=problem):
        body_of(chunks, encoding)


def test_a_body_of_32_mib_is_taken() -> None:
    assert len(body_of([gzip.compress(bytes(2**25))], "gzip")) == 2**25


@pytest.mark.parametrize("status", [204, 400, 503])
def test_the_encoding_of_an_error_or_of_nothing_is_never_at_fault(status: int) -> None:
    body = wire.Body(httpx.Response(status, headers={"content-encoding": "br"}))
    body.add(b"odd")
    assert body.content() == b"odd"


def test_a_failure_without_words_takes_those_of_what_caused_it() -> None:
    error = httpx.ConnectError("")
    error.__cause__ = ssl.SSLCertVerificationError("certificate has expired")
    assert "certificate has expired" in str(wire.failure_of(error, "h").cause)


def refused_certificate() -> httpx.ConnectError:
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired")
    error.__cause__ = ssl.SSLCertVerificationError("expired")
    return error


REQUEST = httpx.Request("GET", "https://h/", headers={"Authorization": "Bearer the-jwt"})


@pytest.mark.parametrize(
    ("error", "acted", "kind"),
    [
        (httpx.ConnectError("refused", request=REQUEST), False, UnavailableError),
        (httpx.ConnectTimeout(""), False, UnavailableError),
        (httpx.PoolTimeout(""), False, UnavailableError),
        (httpx.ProxyError("407"), False, UnavailableError),
        (httpx.WriteError("the-jwt"), True, UnavailableError),
        (httpx.WriteTimeout(""), True, UnavailableError),
        (httpx.ReadError(""), True, UnavailableError),
        (httpx.ReadTimeout("", request=REQUEST), True, UnavailableError),
        (httpx.RemoteProtocolError("peer closed connection"), True, UnavailableError),
        (OSError(9, "Bad file descriptor"), True, UnavailableError),
        (refused_certificate(), False, EndpointError),
        (httpx.LocalProtocolError("Illegal header value b'the-jwt'"), False, EndpointError),
        (httpx.UnsupportedProtocol("ftp"), False, EndpointError),
        (httpx.InvalidURL("no"), False, EndpointError),
        (FileNotFoundError(2, "No such file"), False, EndpointError),
        (KeyError("the-jwt"), True, EndpointError),
        (wire.UnreadableBodyError("over"), True, InvalidResponseError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_failures_are_sorted_and_hold_no_secret(error: Exception, acted: bool, kind: type[Exception]) -> None:
    failure = wire.failure_of(error, "h:443", JWT)
    assert (failure.acted, failure.kind) == (acted, kind)
    assert "the-jwt" not in repr(failure.cause)
    cause = failure.cause
    assert (cause.__traceback__, cause.__cause__, cause.__context__) == (None, None, None)
    assert getattr(failure.cause, "_request", None) is None


def test_a_failure_of_the_network_names_the_host_and_keeps_its_type() -> None:
    cause = wire.failure_of(httpx.ConnectError("[Errno 111] Connection refused"), "h:443").cause
    assert isinstance(cause, httpx.ConnectError)
    assert str(cause) == "h:443: [Errno 111] Connection refused"
    assert str(wire.failure_of(httpx.ReadTimeout(""), "h:443").cause) == "h:443: ReadTimeout"


LOCAL, REMOTE = "http://127.0.0.1:3000", "https://api.example.com"
PROXY = "http://proxy:8080"


@pytest.mark.parametrize(
    ("environment", "endpoint", "allow_http", "proxy"),
    [
        ({}, REMOTE, False, None),
        ({"https_proxy": PROXY}, REMOTE, False, PROXY),
        ({"https_proxy": "proxy:8080"}, REMOTE, False, PROXY),
        ({"all_proxy": PROXY}, REMOTE, False, PROXY),
        ({"http_proxy": PROXY}, REMOTE, False, None),
        ({"https_proxy": PROXY, "no_proxy": ".example.com"}, REMOTE, False, None),
        ({"https_proxy": PROXY, "no_proxy": "api.example.com:8443"}, f"{REMOTE}:8443", False, None),
        ({"https_proxy": PROXY, "no_proxy": "api.example.com:8443"}, REMOTE, False, PROXY),
        ({"http_proxy": PROXY}, LOCAL, False, None),
        ({"http_proxy": PROXY}, LOCAL, True, PROXY),
    ],
)
def test_the_environment_names_the_proxy(
    environment: dict[str, str],
    endpoint: str,
    allow_http: bool,
    proxy: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    deployment = settings(endpoint, Secret("x"), "/auth", "/admin", 1.0, 1.0, RetryPolicy(), allow_http)
    found = proxy_for(deployment)
    assert (str(found.url) if found else None) == proxy
