"""A proxy that fails or refuses is named, and asked again only where it may help."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from access_tokens import AccessTokensError, EndpointError, RetryPolicy, UnavailableError

from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer, Peer, Play, response
from ..helpers.operations import ISSUE, LIST, failure_of, keep_jwt
from ..helpers.proxies import (
    ENDPOINT,
    PASSWORD,
    TARGET,
    refuse,
    with_password,
)

Make = Callable[..., Any]


def check_no_password(error: AccessTokensError) -> None:
    texts = str(error) + repr(error) + repr(error.cause) + str(error.cause)
    assert PASSWORD not in texts
    assert base64.b64encode(f"user:{PASSWORD}".encode()).decode() not in texts


def check_proxys(error: AccessTokensError, proxy: FaultServer, attempts: int, words: str = "") -> None:
    assert type(error) is (EndpointError if attempts == 1 else UnavailableError)
    assert (error.status_code, error.attempts, error.outcome_unknown) == (None, attempts, False)
    assert f": the proxy {proxy.address}: {words}" in str(error)
    check_no_password(error)


@pytest.mark.fault(55, 89)
@pytest.mark.fault(10, 3)
@pytest.mark.parametrize(
    ("status", "attempts"),
    [
        *((status, 1) for status in (301, 400, 403, 404, 405, 407, 408, 429, 501)),
        *((status, 4) for status in (500, 502, 503, 504)),
    ],
)
def test_a_proxy_that_refuses_is_asked_again_only_where_it_may_help(
    server, make_client, monkeypatch, status, attempts
):
    """It is no answer of the service, whatever its status."""
    monkeypatch.setenv("HTTPS_PROXY", with_password(server))
    server.always(TARGET, refuse(status, "No such luck"))
    client = make_client(ENDPOINT, "pat_x")
    keep_jwt(client)
    check_proxys(failure_of(ISSUE, client), server, attempts, f"{status} No such luck")
    assert client.clock.waits == [1.0, 2.0, 4.0][: attempts - 1]


@pytest.mark.fault(89)
@pytest.mark.parametrize(("status", "attempts"), [(403, 1), (429, 1), (503, 1), (599, 2)])
def test_the_policy_says_which_5xx_of_a_proxy_may_pass(server, make_client, monkeypatch, status, attempts):
    monkeypatch.setenv("HTTPS_PROXY", server.endpoint)
    server.always(TARGET, refuse(status))
    client = make_client(ENDPOINT, "pat_x", retry=RetryPolicy(retries=1, statuses={403, 429, 599}))
    check_proxys(failure_of(LIST, client), server, attempts, f"{status} No")


def gone(server: FaultServer) -> str:
    server.stop_listening()
    return f"the proxy {server.address}: "


def unresolvable(server: FaultServer) -> str:
    return "the proxy no-such-host.invalid:3128: "


@pytest.mark.fault(55, 89)
@pytest.mark.fault(10, 1)
@pytest.mark.parametrize("endpoint", [ENDPOINT, "http://api.example.com"])
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("trouble", [gone, unresolvable])
def test_a_proxy_that_is_not_there_is_tried_four_times(
    server, make_client, monkeypatch, trouble, scheme, endpoint
):
    named = trouble(server)
    address = named.split()[2].removesuffix(":")
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://user:{PASSWORD}@{address}")
    client = make_client(endpoint, "pat_x", allow_http=True)
    error = failure_of(LIST, client)
    assert (type(error), error.attempts) == (UnavailableError, 4)
    assert isinstance(error.cause, httpx.ConnectError)
    assert f": {named}" in str(error)
    assert "api.example.com" not in str(error)
    check_no_password(error)


NONSENSE: dict[str, Play] = {
    "hangs up": Peer.close,
    "resets": Peer.reset,
    "speaks no HTTP": lambda peer: peer.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
}


@pytest.mark.fault(89)
@pytest.mark.parametrize("play", NONSENSE.values(), ids=NONSENSE)
def test_a_proxy_that_makes_no_tunnel_is_named(server, make_client, monkeypatch, play):
    monkeypatch.setenv("HTTPS_PROXY", with_password(server))
    server.always(TARGET, play)
    check_proxys(failure_of(LIST, make_client(ENDPOINT, "pat_x")), server, 4)


@pytest.mark.fault(89)
def test_a_proxy_that_speaks_no_tls_is_named(server, make_client, monkeypatch):
    server.greet(lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    monkeypatch.setenv("HTTPS_PROXY", with_password(server).replace("http:", "https:"))
    check_proxys(failure_of(LIST, make_client(ENDPOINT, "pat_x")), server, 1, "[SSL")


@pytest.mark.fault(89)
def test_a_proxy_of_plain_http_that_wants_a_password_is_named(server, make_client, monkeypatch):
    """By 407, which no service says (RFC 9110, section 15.5.8); nor does the JWT suffer."""
    monkeypatch.setenv("HTTP_PROXY", with_password(server))
    server.play(TOKENS, refuse(407))
    client = make_client("http://api.example.com", "pat_x", allow_http=True)
    check_proxys(failure_of(ISSUE, client), server, 1, "407 No")
    assert len(client.list()) == 1
    assert (server.count(EXCHANGE), server.count(TOKENS), client.clock.waits) == (1, 2, [])


@pytest.mark.fault(89)
def test_a_proxy_of_plain_http_that_breaks_off_is_named_beside_the_host(server, make_client, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", with_password(server))
    server.always(EXCHANGE, Peer.reset)
    error = failure_of(LIST, make_client("http://api.example.com", "pat_x", allow_http=True))
    assert f": api.example.com through the proxy {server.address}: " in str(error)
    check_no_password(error)


@pytest.mark.fault(89)
@pytest.mark.parametrize("is_gone", [False, True])
def test_the_proxy_of_the_callers_http_client_is_named(server, make_client, variant, is_gone):
    """Where httpx does not tell how far it has come, beside the host."""
    server.always(TARGET, refuse(403))
    if is_gone:
        server.stop_listening()
    kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
    own = kind(proxy=with_password(server))
    client = make_client(ENDPOINT, "pat_x", http_client=own)
    error = failure_of(LIST, client)
    own.close() if variant == "sync" else client.portal.call(own.aclose)
    named = (
        f"api.example.com through the proxy {server.address}" if is_gone else f"the proxy {server.address}"
    )
    assert f": {named}: " in str(error)
    assert error.attempts == (4 if is_gone else 1)
    check_no_password(error)


@pytest.mark.fault(89)
def test_the_callers_http_client_tells_a_407_of_the_proxy_as_ours_do(server, make_client, variant):
    kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
    own = kind(proxy=with_password(server))
    client = make_client("http://api.example.com", "pat_x", http_client=own, allow_http=True)
    server.play(TOKENS, refuse(407))
    check_proxys(failure_of(ISSUE, client), server, 1, "407 No")
    assert len(client.list()) == 1
    own.close() if variant == "sync" else client.portal.call(own.aclose)
    assert (server.count(EXCHANGE), server.count(TOKENS), client.clock.waits) == (1, 2, [])


@pytest.mark.fault(60, 89)
@pytest.mark.parametrize("echo", [PASSWORD, base64.b64encode(f"user:{PASSWORD}".encode()).decode()])
def test_a_proxy_that_echoes_its_password_does_not_get_it_printed(server, make_client, monkeypatch, echo):
    monkeypatch.setenv("HTTPS_PROXY", with_password(server))
    server.always(TARGET, refuse(407, f"denied {echo}"))
    check_proxys(failure_of(LIST, make_client(ENDPOINT, "pat_x")), server, 1, "407 denied [hidden]")


@pytest.mark.fault(60, 89)
def test_neither_does_one_of_plain_http_in_its_answers(server, make_client, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://{PASSWORD}@{server.address}")
    server.always(TOKENS, lambda peer: peer.send(response(403, {"message": f"denied {PASSWORD}"})))
    client = make_client("http://api.example.com", "pat_x", allow_http=True)
    assert failure_of(LIST, client).reason == "denied [hidden]"


@pytest.mark.fault(95)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_white_space_around_a_proxys_address_is_ignored(server, make_client, monkeypatch, variable):
    monkeypatch.setenv(variable, f" {server.endpoint}\r\n")
    server.always(TARGET, refuse(403))
    check_proxys(failure_of(LIST, make_client(ENDPOINT, "pat_x")), server, 1, "403 No")


ODD = [
    f"http://user:{PASSWORD}/x@127.0.0.1:1",
    f"http://user:{PASSWORD}@127.0.0.1:port",
    f"http://user:{PASSWORD}@127.0.0.1:99999",
    f"http://user:{PASSWORD}@127.0.0.1:0",
    f"'http://user:{PASSWORD}@127.0.0.1:1'",
    f"http://user:{PASSWORD}@[::1",
    f"http://user:{PASSWORD}\n@127.0.0.1",
    f"ftp://user:{PASSWORD}@127.0.0.1",
    f"socks4://user:{PASSWORD}@127.0.0.1",
    f"socks5://user:{PASSWORD}@127.0.0.1",
    f"://user:{PASSWORD}@127.0.0.1",
]


@pytest.mark.fault(55)
@pytest.mark.fault(10, 46)
@pytest.mark.parametrize("url", ODD)
def test_an_address_that_is_no_proxys_is_told_at_once_without_its_password(make_client, monkeypatch, url):
    monkeypatch.setenv("HTTPS_PROXY", url)
    client = make_client(ENDPOINT, "pat_x")
    keep_jwt(client)
    with pytest.raises(EndpointError) as raised:
        ISSUE.call(client)
    assert (raised.value.attempts, client.clock.waits) == (1, [])
    assert not raised.value.outcome_unknown
    check_no_password(raised.value)
