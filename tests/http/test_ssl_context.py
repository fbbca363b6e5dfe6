"""An SSL context of the caller's, over our own connections."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import trustme

from ..helpers.fault_server import FaultServer
from ..helpers.proxies import tunnel_to, tunnels
from .test_tls_refused import wants_certificate, wants_certificate_by_tls_1_2

Make = Callable[..., Any]
pytestmark = pytest.mark.fault(87)


@pytest.fixture
def own(authority: trustme.CA) -> ssl.SSLContext:
    """A context that trusts the authority, and has a certificate of it."""
    made = ssl.create_default_context()
    authority.configure_trust(made)
    authority.issue_cert("client@example.com").configure_cert(made)
    return made


@pytest.mark.parametrize("refuse", [wants_certificate, wants_certificate_by_tls_1_2])
def test_a_context_brings_an_authority_and_a_certificate(
    authority, context, own, make_client, monkeypatch, refuse
):
    """What the environment names is not looked at then."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    authority.configure_trust(context)
    refuse(context)
    with FaultServer(context) as server:
        client = make_client(server.endpoint, "pat_x", ssl_context=own)
        assert len(client.list()) == len(client.list()) == 1
        assert server.connections == 1


@pytest.mark.parametrize("speaks_tls", [False, True])
def test_a_context_holds_within_a_tunnel_and_for_a_proxy_that_speaks_tls(
    authority, context, own, make_client, monkeypatch, speaks_tls
):
    authority.configure_trust(context)
    wants_certificate(context)
    with FaultServer(context) as server, FaultServer(context if speaks_tls else None) as proxy:
        proxy.always("api.example.com:443", tunnel_to(server.address))
        monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint)
        assert len(make_client("https://api.example.com", "pat_x", ssl_context=own).list()) == 1
        assert tunnels(proxy.requests) == ["api.example.com:443"]


def test_a_context_is_not_shown(own, make_client):
    client = make_client("https://api.example.com", "pat_x", ssl_context=own)
    assert "SSLContext" not in repr(client.client) + repr(client.client._session.settings)


def test_a_context_is_one_of_a_client(make_client, variant):
    endpoint, serving = "https://api.example.com", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with pytest.raises(TypeError, match=r"^ssl_context must be an ssl\.SSLContext, not bool$"):
        make_client(endpoint, "pat_x", ssl_context=False)
    with pytest.raises(ValueError, match="^ssl_context must be one of a client"):
        make_client(endpoint, "pat_x", ssl_context=serving)
    stack = httpx.Client() if variant == "sync" else httpx.AsyncClient()
    with pytest.raises(ValueError, match="^ssl_context must not be given with http_client"):
        make_client(endpoint, "pat_x", ssl_context=ssl.create_default_context(), http_client=stack)
