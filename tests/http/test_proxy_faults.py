"""Proxies, by the environment and by argument."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from access_tokens import RetryPolicy

from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer, Peer
from ..helpers.operations import LIST, failure_of
from ..helpers.proxies import (
    ENDPOINT,
    ESTABLISHED,
    TARGET,
    refuse,
    secrets_in,
    tunnel_to,
    tunnels,
    with_password,
)

Make = Callable[..., Any]


@pytest.fixture
def service(context: ssl.SSLContext, trusted: None) -> Iterator[FaultServer]:
    """The service `api.example.com`, whose name nobody but the proxy can resolve."""
    with FaultServer(context) as server:
        yield server


@pytest.fixture
def proxy(service: FaultServer) -> Iterator[FaultServer]:
    """A proxy that tunnels to the service."""
    with FaultServer() as server:
        server.always(TARGET, tunnel_to(service.address))
        yield server


@pytest.mark.fault(10)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_the_proxy_of_the_environment_is_used(service, proxy, make_client, monkeypatch, name, scheme):
    monkeypatch.setenv(name, scheme + proxy.address)
    client = make_client(ENDPOINT, "pat_x")
    assert len(client.list()) == len(client.list()) == 1
    assert tunnels(proxy.requests) == [TARGET]
    assert secrets_in(proxy.requests) == set()
    assert (service.count(EXCHANGE), service.count(TOKENS)) == (1, 2)


@pytest.mark.fault(10)
def test_the_proxy_of_the_callers_http_client_is_used(authority, service, proxy, make_client, variant):
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
    own = kind(proxy=proxy.endpoint, verify=trusting)
    client = make_client(ENDPOINT, "pat_x", http_client=own)
    assert len(client.list()) == 1
    own.close() if variant == "sync" else client.portal.call(own.aclose)
    assert tunnels(proxy.requests) == [TARGET]
    assert service.count(TOKENS) == 1


@pytest.mark.fault(55)
@pytest.mark.fault(10)
def test_a_proxy_may_speak_tls(service, context, make_client, monkeypatch):
    """So that there is TLS within TLS."""
    with FaultServer(context) as proxy:
        proxy.always(TARGET, tunnel_to(service.address))
        monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint)
        assert len(make_client(ENDPOINT, "pat_x").list()) == 1
        assert tunnels(proxy.requests) == [TARGET]


@pytest.mark.fault(10)
@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_plain_http_goes_through_a_proxy_where_it_is_allowed(server, make_client, monkeypatch, name):
    """The server is the proxy here, and answers for the service."""
    monkeypatch.setenv(name, server.endpoint)
    assert len(make_client("http://api.example.com", "pat_x", allow_http=True).list()) == 1
    assert [each.target for each in server.requests] == [
        f"http://api.example.com{EXCHANGE}",
        f"http://api.example.com{TOKENS}",
    ]


@pytest.mark.fault(10)
def test_plain_http_on_loopback_goes_through_none(server, make_client, monkeypatch):
    with FaultServer() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.endpoint)
        assert len(make_client(server.endpoint, "pat_x").list()) == 1
        assert proxy.connections == 0


EXCEPTIONS = ["api.example.com", "example.com", ".example.com", "*", "a, EXAMPLE.com ,b", "{address}"]


@pytest.mark.fault(10)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize("exception", EXCEPTIONS)
def test_what_no_proxy_names_is_reached_without_one(server, make_client, monkeypatch, name, exception):
    port = int(server.address.rpartition(":")[2])
    address = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port))
    with FaultServer() as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.endpoint)
        monkeypatch.setenv(name, exception.format(address=f"api.example.com:{port}"))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [address])
        client = make_client(f"http://api.example.com:{port}", "pat_x", allow_http=True)
        assert len(client.list()) == 1
        assert proxy.connections == 0


@pytest.mark.fault(10)
@pytest.mark.parametrize(
    "exception", ["", "other.example.com", "xample.com", "api.example.com:444", "127.0.0.1"]
)
def test_what_no_proxy_does_not_name_goes_through_it(proxy, make_client, monkeypatch, exception):
    monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint)
    monkeypatch.setenv("NO_PROXY", exception)
    assert len(make_client(ENDPOINT, "pat_x").list()) == 1
    assert tunnels(proxy.requests) == [TARGET]


@pytest.mark.fault(90)
@pytest.mark.parametrize(
    ("lower", "upper", "is_proxied"),
    [
        (None, "10.0.0.0/8, 127.0.0.0/8", False),
        (" 127.0.0.0/8 ", None, False),
        (None, "10.0.0.0/8", True),
        ("10.0.0.0/8", "127.0.0.0/8", True),
        ("", "127.0.0.0/8", True),
    ],
)
def test_no_proxy_may_name_networks_and_goes_first_in_lower_case(
    server, make_client, monkeypatch, lower, upper, is_proxied
):
    """The server is the proxy as well, and answers for the service."""
    monkeypatch.setenv("HTTP_PROXY", server.endpoint)
    for name, value in (("no_proxy", lower), ("NO_PROXY", upper)):
        if value is not None:
            monkeypatch.setenv(name, value)
    assert len(make_client(server.endpoint, "pat_x", allow_http=True).list()) == 1
    assert {"://" in each.target for each in server.requests} == {is_proxied}


@pytest.mark.fault(55)
@pytest.mark.fault(10)
def test_a_password_reaches_the_proxy_and_nobody_else(service, proxy, make_client, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", with_password(proxy, "p%40ss"))
    assert len(make_client(ENDPOINT, "pat_x").list()) == 1
    credentials = base64.b64encode(b"user:p@ss").decode()
    assert [each.headers["proxy-authorization"] for each in proxy.requests] == [f"Basic {credentials}"]
    assert all("proxy-authorization" not in each.headers for each in service.requests)


def establish_and_reset(peer: Peer) -> None:
    peer.send(ESTABLISHED)
    peer.socket.recv(65536)
    peer.reset()


@pytest.mark.fault(89)
@pytest.mark.parametrize("speaks_tls", [False, True])
def test_once_the_tunnel_stands_the_host_is_named(service, context, make_client, monkeypatch, speaks_tls):
    """In its handshake, with the first request, and with one over a connection that was used before."""
    with FaultServer(context if speaks_tls else None) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint)
        proxy.always(TARGET, establish_and_reset)
        client = make_client(ENDPOINT, "pat_x", retry=RetryPolicy(retries=0))
        assert str(failure_of(LIST, client)).startswith("Failed to authenticate: api.example.com: ")
        proxy.always(TARGET, tunnel_to(service.address))
        service.play(EXCHANGE, Peer.reset, Peer.answer)
        assert str(failure_of(LIST, client)).startswith("Failed to authenticate: api.example.com: ")
        service.always(TOKENS, Peer.reset)
        assert str(failure_of(LIST, client)).startswith(f"{LIST.failed}: api.example.com: ")


@pytest.mark.fault(89)
@pytest.mark.parametrize("is_own", [False, True])
def test_a_407_through_a_tunnel_is_none_of_the_proxys(
    authority, service, proxy, make_client, monkeypatch, variant, is_own
):
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint)
    kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
    own = kind(verify=trusting) if is_own else None
    service.always(TOKENS, refuse(407))
    client = make_client(ENDPOINT, "pat_x", http_client=own)
    error = failure_of(LIST, client)
    if own:
        own.close() if variant == "sync" else client.portal.call(own.aclose)
    assert (error.status_code, "the proxy" in str(error)) == (407, False)
