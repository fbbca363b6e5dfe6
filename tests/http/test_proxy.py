"""The proxy that the environment names, and that of the caller's HTTP client."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from access_tokens import EndpointError, RetryPolicy
from access_tokens._http.proxy import proxy_for
from access_tokens._http.tls import SetupError
from access_tokens._pat import PatSource
from access_tokens._secret import Secret
from access_tokens._settings import settings

from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer, Peer
from ..helpers.operations import LIST, failure_of
from ..helpers.proxies import (
    ENDPOINT,
    ESTABLISHED,
    PASSWORD,
    TARGET,
    refuse,
    secrets_in,
    tunnel_to,
    tunnels,
    with_password,
)
from ..helpers.sessions import SETTINGS

Make = Callable[..., Any]
PLAIN = "http://api.example.com"
LOCAL = "http://127.0.0.1:3000"
PROXY = "http://proxy:8080"


def proxy_of(endpoint: str, *, allow_http: bool = False) -> str | None:
    found = proxy_for(settings(endpoint, PatSource(Secret("x")), **(SETTINGS | {"allow_http": allow_http})))
    return str(found.url) if found else None


@pytest.mark.fault(10, 90, 95)
@pytest.mark.parametrize(
    ("environment", "endpoint", "allow_http", "proxy"),
    [
        ({}, ENDPOINT, False, None),
        ({"https_proxy": PROXY}, ENDPOINT, False, PROXY),
        ({"HTTPS_PROXY": PROXY}, ENDPOINT, False, PROXY),
        ({"https_proxy": "proxy:8080"}, ENDPOINT, False, PROXY),
        ({"HTTPS_PROXY": f" {PROXY}\r\n"}, ENDPOINT, False, PROXY),
        ({"all_proxy": PROXY}, ENDPOINT, False, PROXY),
        ({"ALL_PROXY": f" {PROXY}\r\n"}, ENDPOINT, False, PROXY),
        ({"http_proxy": PROXY}, ENDPOINT, False, None),
        ({"https_proxy": PROXY, "no_proxy": ".example.com"}, ENDPOINT, False, None),
        ({"https_proxy": PROXY, "NO_PROXY": "a, EXAMPLE.com ,b"}, ENDPOINT, False, None),
        ({"https_proxy": PROXY, "no_proxy": "api.example.com:8443"}, f"{ENDPOINT}:8443", False, None),
        ({"https_proxy": PROXY, "no_proxy": "api.example.com:8443"}, ENDPOINT, False, PROXY),
        ({"http_proxy": PROXY, "HTTPS_PROXY": PROXY, "ALL_PROXY": PROXY}, LOCAL, False, None),
        ({"http_proxy": PROXY}, LOCAL, True, PROXY),
        ({"HTTP_PROXY": PROXY}, PLAIN, True, PROXY),
        ({"ALL_PROXY": PROXY}, PLAIN, True, PROXY),
        ({"HTTP_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8, 127.0.0.0/8"}, LOCAL, True, None),
        ({"HTTP_PROXY": PROXY, "no_proxy": " 127.0.0.0/8 "}, LOCAL, True, None),
        ({"HTTP_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8"}, LOCAL, True, PROXY),
        # That in lower case goes first.
        ({"HTTP_PROXY": PROXY, "NO_PROXY": "127.0.0.0/8", "no_proxy": "10.0.0.0/8"}, LOCAL, True, PROXY),
        ({"HTTP_PROXY": PROXY, "NO_PROXY": "127.0.0.0/8", "no_proxy": ""}, LOCAL, True, PROXY),
    ],
)
def test_the_environment_names_the_proxy(monkeypatch, environment, endpoint, allow_http, proxy):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_of(endpoint, allow_http=allow_http) == proxy


@pytest.mark.fault(10, 46, 55, 89)
@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{PASSWORD}/x@127.0.0.1:1",
        f"http://user:{PASSWORD}@127.0.0.1:port",
        f"http://user:{PASSWORD}@127.0.0.1:99999",
        f"http://user:{PASSWORD}@127.0.0.1:0",
        f"'http://user:{PASSWORD}@127.0.0.1:1'",
        f"http://user:{PASSWORD}@[::1",
        f"http://user:{PASSWORD}\n@127.0.0.1",
        f"ftp://user:{PASSWORD}@127.0.0.1",
        f"socks4://user:{PASSWORD}@127.0.0.1",
        f"://user:{PASSWORD}@127.0.0.1",
    ],
)
def test_an_address_that_is_no_proxys_is_refused_without_its_password(monkeypatch, url):
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(SetupError, match="^the proxy that the environment names cannot be used$"):
        proxy_of(ENDPOINT)


@pytest.mark.fault(55)
def test_a_proxy_of_socks_needs_a_package_which_is_not_installed(make_client, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"socks5://user:{PASSWORD}@127.0.0.1")
    error = failure_of(LIST, make_client(ENDPOINT, "pat_x"))
    assert (type(error), error.attempts, error.outcome_unknown) == (EndpointError, 1, False)
    assert error.reason.endswith(": a SOCKS proxy needs a package: pip install httpx[socks]")


@pytest.fixture
def proxy(encrypted: FaultServer) -> Iterator[FaultServer]:
    """A proxy that tunnels to the service, whose name nobody else can resolve."""
    with FaultServer() as server:
        server.always(TARGET, tunnel_to(encrypted.address))
        yield server


@pytest.mark.fault(10)
def test_a_tunnel_is_made_once_and_no_secret_is_seen_in_it(encrypted, proxy, make_client, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy.address)
    client = make_client(ENDPOINT, "pat_x")
    assert len(client.list()) == len(client.list()) == 1
    assert tunnels(proxy.requests) == [TARGET]
    assert secrets_in(proxy.requests) == set()
    assert (encrypted.count(EXCHANGE), encrypted.count(TOKENS)) == (1, 2)


@pytest.mark.fault(10)
def test_the_proxy_of_the_callers_http_client_is_used(encrypted, proxy, borrowing, trusting):
    client = borrowing(ENDPOINT, proxy=proxy.endpoint, verify=trusting)
    assert len(client.list()) == 1
    assert tunnels(proxy.requests) == [TARGET]
    assert encrypted.count(TOKENS) == 1


@pytest.mark.fault(55)
@pytest.mark.fault(10)
@pytest.mark.parametrize("endpoint", [ENDPOINT, PLAIN])
def test_a_proxy_may_speak_tls(encrypted, context, make_client, monkeypatch, endpoint):
    """Then there is TLS within TLS, unless it answers plain http:// itself, as it does here."""
    with FaultServer(context) as proxy:
        proxy.always(TARGET, tunnel_to(encrypted.address))
        monkeypatch.setenv("ALL_PROXY", proxy.endpoint)
        assert len(make_client(endpoint, "pat_x", allow_http=True).list()) == 1
        assert tunnels(proxy.requests) == ([TARGET] if endpoint == ENDPOINT else [])


@pytest.mark.fault(10, 90)
def test_what_no_proxy_names_is_reached_without_one(server, make_client, monkeypatch):
    with FaultServer() as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.endpoint)
        monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
        assert len(make_client(server.endpoint, "pat_x", allow_http=True).list()) == 1
        assert proxy.connections == 0


@pytest.mark.fault(55)
@pytest.mark.fault(10)
def test_a_password_reaches_the_proxy_and_nobody_else(encrypted, proxy, make_client, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", with_password(proxy, "p%40ss"))
    assert len(make_client(ENDPOINT, "pat_x").list()) == 1
    credentials = base64.b64encode(b"user:p@ss").decode()
    assert [each.headers["proxy-authorization"] for each in proxy.requests] == [f"Basic {credentials}"]
    assert all("proxy-authorization" not in each.headers for each in encrypted.requests)


@pytest.mark.fault(55)
@pytest.mark.fault(10)
def test_each_request_of_plain_http_has_the_password(server, make_client, monkeypatch):
    """The server is the proxy here, and answers for the service."""
    monkeypatch.setenv("HTTP_PROXY", with_password(server, "p%40ss"))
    client = make_client(PLAIN, "pat_x", allow_http=True)
    assert len(client.list()) == len(client.list()) == 1
    assert [each.target for each in server.requests] == [f"{PLAIN}{EXCHANGE}", *[f"{PLAIN}{TOKENS}"] * 2]
    credentials = base64.b64encode(b"user:p@ss").decode()
    assert {each.headers["proxy-authorization"] for each in server.requests} == {f"Basic {credentials}"}
    assert {each.headers["host"] for each in server.requests} == {"api.example.com"}
    assert server.connections == 1


def establish_and_reset(peer: Peer) -> None:
    peer.send(ESTABLISHED)
    peer.socket.recv(65536)
    peer.reset()


@pytest.mark.fault(89)
@pytest.mark.parametrize("speaks_tls", [False, True])
def test_once_the_tunnel_stands_the_host_is_named(encrypted, context, make_client, monkeypatch, speaks_tls):
    """In its handshake, with the first request, and with one over a connection that was used before."""
    with FaultServer(context if speaks_tls else None) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint)
        proxy.always(TARGET, establish_and_reset)
        client = make_client(ENDPOINT, "pat_x", retry=RetryPolicy(retries=0))
        assert str(failure_of(LIST, client)).startswith("Failed to authenticate: api.example.com: ")
        proxy.always(TARGET, tunnel_to(encrypted.address))
        encrypted.play(EXCHANGE, Peer.reset, Peer.answer)
        assert str(failure_of(LIST, client)).startswith("Failed to authenticate: api.example.com: ")
        encrypted.always(TOKENS, Peer.reset)
        assert str(failure_of(LIST, client)).startswith(f"{LIST.failed}: api.example.com: ")


@pytest.mark.fault(89)
def test_a_407_through_a_tunnel_is_none_of_the_proxys(encrypted, proxy, reach, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint)
    encrypted.always(TOKENS, refuse(407))
    error = failure_of(LIST, reach(ENDPOINT))
    assert (error.status_code, "the proxy" in str(error)) == (407, False)
