"""Plain `http://` through a proxy, where that is allowed."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from ..helpers.fault_server import FaultServer
from ..helpers.proxies import tunnels

Make = Callable[..., Any]
ENDPOINT = "http://api.example.com"


@pytest.mark.fault(55)
@pytest.mark.fault(10)
def test_each_request_has_the_password(server, make_client, monkeypatch):
    """The server is the proxy here, and answers for the service."""
    monkeypatch.setenv("HTTP_PROXY", server.endpoint.replace("//", "//user:p%40ss@"))
    client = make_client(ENDPOINT, "pat_x", allow_http=True)
    assert len(client.list()) == len(client.list()) == 1
    credentials = f"Basic {base64.b64encode(b'user:p@ss').decode()}"
    assert [each.headers["proxy-authorization"] for each in server.requests] == [credentials] * 3
    assert {each.headers["host"] for each in server.requests} == {"api.example.com"}
    assert server.connections == 1


@pytest.mark.fault(55)
@pytest.mark.fault(10)
@pytest.mark.usefixtures("trusted")
def test_the_proxy_may_speak_tls(context, make_client, monkeypatch):
    with FaultServer(context) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.endpoint)
        assert len(make_client(ENDPOINT, "pat_x", allow_http=True).list()) == 1
        assert tunnels(proxy.requests) == []
