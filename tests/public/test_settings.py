"""The constructor's arguments."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import anyio
import httpx
import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient
from access_tokens._http.borrowed import timeout_of
from access_tokens._secret import Secret
from access_tokens._settings import Settings, settings
from access_tokens.retry import LONGEST_WAIT, RetryPolicy

from ..helpers.sessions import SETTINGS

PAT = "pat_canary"


def checked(endpoint: Any = "https://api.example.com", **changes: Any) -> Settings:
    return settings(endpoint, Secret(PAT), **(SETTINGS | changes))


@pytest.mark.fault(39)
@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("https://api.example.com", "https://api.example.com/admin/tokens"),
        ("https://api.example.com/", "https://api.example.com/admin/tokens"),
        ("https://api.example.com:8443/base/path/", "https://api.example.com:8443/base/path/admin/tokens"),
        ("HTTPS://API.EXAMPLE.COM/MAX", "https://api.example.com/MAX/admin/tokens"),
        ("https://api.example.com:1", "https://api.example.com:1/admin/tokens"),
        ("https://api.example.com:65535", "https://api.example.com:65535/admin/tokens"),
        ("https://bücher.example", "https://xn--bcher-kva.example/admin/tokens"),
        ("http://localhost:3000", "http://localhost:3000/admin/tokens"),
        ("http://api.localhost", "http://api.localhost/admin/tokens"),
        ("http://127.8.9.1:80", "http://127.8.9.1/admin/tokens"),
        ("http://[::1]:3000", "http://[::1]:3000/admin/tokens"),
    ],
)
def test_an_endpoint_is_joined_with_the_routes(endpoint, url):
    assert str(httpx.URL(checked(endpoint).url("/admin/tokens"))) == url


@pytest.mark.fault(39)
@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "api.example.com",
        "//api.example.com",
        "https://",
        "ftp://api.example.com",
        "https://user:pass@api.example.com",
        "https://@api.example.com",
        "https://api.example.com?x=1",
        "https://api.example.com?",
        "https://api.example.com/#f",
        "https://api.example.com:0",
        "https://api.example.com:65536",
        "https://api.example.com:99999",
        "https://xn--",
        "https://api.example.com:port",
        "https://api.example.com/a/../b",
        "https://api.example.com/a/%2E%2e/b",
        "https://api.example.com\n",
        "https://api example.com",
        "http://api.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        7,
        None,
    ],
)
def test_an_endpoint_that_is_wrong_or_unsafe_is_refused(endpoint):
    with pytest.raises((ValueError, TypeError), match="^endpoint must"):
        checked(endpoint)


LABEL = "a" * 63
LONGEST_HOST = f"{LABEL}.{LABEL}.{LABEL}.{'a' * 61}"


@pytest.mark.parametrize("host", [LABEL, LONGEST_HOST, "a.b", "example.com."])
def test_a_host_may_be_as_long_as_a_name_server_takes(host):
    assert checked(f"https://{host}").base == f"https://{host}"


@pytest.mark.parametrize("host", [f"a{LABEL}", f"{LONGEST_HOST}a", "a..b", ".a"])
def test_a_host_that_no_name_server_could_be_asked_for_is_refused(host):
    with pytest.raises(ValueError, match="^endpoint must be an absolute https:// URL$"):
        checked(f"https://{host}")


def test_the_rest_of_a_path_is_left_as_it_is():
    moved = checked(auth_path="/v1/login", admin_path="/APEX/")
    assert moved.url("/auth/token") == "https://api.example.com/v1/login/token"
    assert moved.url("/admin/tokens/a%2Fb/revoke") == "https://api.example.com/APEX/tokens/a%2Fb/revoke"


def test_http_is_allowed_when_asked_for():
    allowed = checked("http://api.example.com", allow_http=True)
    assert (allowed.base, allowed.allow_http) == ("http://api.example.com", True)


@pytest.mark.fault(40)
@pytest.mark.parametrize("name", ["auth_path", "admin_path"])
@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example",
        "//evil.example",
        "/a/../b",
        "/%2e%2e",
        "/.",
        "/a?b",
        "/a#b",
        "auth",
        "/a b",
        "/a\n",
        7,
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(name, path):
    with pytest.raises((ValueError, TypeError), match=f"^{name} must"):
        checked(**{name: path})


@pytest.mark.parametrize(
    ("path", "url"),
    [("/v1/pats/", "/v1/pats/tokens"), ("/", "/tokens"), ("", "/tokens"), ("/%C3%A4", "/%C3%A4/tokens")],
)
def test_a_deployment_may_have_its_routes_elsewhere(path, url):
    assert checked(admin_path=path).url("/admin/tokens") == f"https://api.example.com{url}"


def test_five_seconds_of_the_timeout_are_to_connect():
    usual = timeout_of(None, checked(timeout=None))
    assert usual == checked(timeout=30.0).timeout == httpx.Timeout(30.0, connect=5.0)
    assert checked(timeout=2).timeout == httpx.Timeout(2.0)
    assert checked(timeout=httpx.Timeout(7.0)).timeout == httpx.Timeout(7.0)


def test_a_duration_may_be_as_long_as_a_lock_can_wait():
    assert checked(deadline=LONGEST_WAIT).deadline == LONGEST_WAIT


def test_a_duration_may_be_shorter_than_a_second():
    assert checked(timeout=0.5).timeout == httpx.Timeout(0.5)


NO_DURATIONS = [0, -1, float("nan"), float("inf"), 10**400, 1e10, True, "30", Decimal(30), (5, 30)]


@pytest.mark.fault(70)
@pytest.mark.parametrize(
    ("name", "value"),
    [("deadline", None), *((name, value) for name in ("timeout", "deadline") for value in NO_DURATIONS)],
)
def test_a_duration_is_a_number_of_seconds(name, value):
    with pytest.raises((ValueError, TypeError), match=f"^{name} must be a number of seconds"):
        checked(**{name: value})


@pytest.mark.fault(70)
@pytest.mark.parametrize("name", ["connect", "read", "write", "pool"])
@pytest.mark.parametrize("value", NO_DURATIONS)
def test_so_is_each_part_of_a_timeout(name, value):
    timeout = httpx.Timeout(5.0, **{name: value})
    with pytest.raises((ValueError, TypeError), match=rf"^timeout\.{name} must be a number of seconds"):
        checked(timeout=timeout)


@pytest.mark.fault(70)
def test_a_part_of_a_timeout_may_be_none_and_does_not_change_later():
    mine = httpx.Timeout(None, connect=7)
    kept = checked(timeout=mine).timeout
    mine.connect = -1
    assert kept == httpx.Timeout(None, connect=7.0)


@pytest.mark.parametrize("value", ["no", 1, None])
def test_sending_in_the_clear_is_allowed_by_true_alone(value):
    with pytest.raises(TypeError, match="^allow_http must"):
        checked("http://api.example.com", allow_http=value)


@pytest.mark.parametrize(
    ("kind", "http_client"),
    [(AccessTokensClient, httpx.AsyncClient()), (AsyncAccessTokensClient, httpx.Client())],
)
def test_an_http_client_has_the_variant_of_the_client(kind, http_client):
    with pytest.raises(TypeError, match="^http_client must be an httpx"):
        kind("https://api.example.com", PAT, http_client=http_client)


@pytest.mark.fault(70)
def test_an_http_client_is_open():
    borrowed = httpx.Client()
    borrowed.close()
    with pytest.raises(ValueError, match="^http_client must not be closed$"):
        AccessTokensClient("https://api.example.com", PAT, http_client=borrowed)


@pytest.mark.fault(70)
def test_an_http_client_of_tasks_is_open():
    borrowed = httpx.AsyncClient()
    anyio.run(borrowed.aclose)
    with pytest.raises(ValueError, match="^http_client must not be closed$"):
        AsyncAccessTokensClient("https://api.example.com", PAT, http_client=borrowed)


def test_the_retry_policy_is_kept():
    policy = RetryPolicy(retries=1)
    assert checked(retry=policy).retry is policy


def test_a_retry_policy_is_one():
    with pytest.raises(TypeError, match="^retry must be a RetryPolicy"):
        checked(retry=3)
