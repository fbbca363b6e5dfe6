"""TLS that works, and TLS that does not. For what is wrong with a certificate see `test_certificates`."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import httpx
import pytest

from access_tokens import AsyncAccessTokensClient, UnavailableError

from ..helpers.callers import in_tasks, run
from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer, Peer, response
from ..helpers.operations import LIST, failure_of

Make = Callable[..., Any]


@pytest.mark.fault(7)
@pytest.mark.usefixtures("trusted")
def test_an_authority_that_the_environment_names_is_trusted(context, make_client):
    with FaultServer(context) as server:
        client = make_client(server.endpoint, "pat_x")
        assert len(client.list()) == len(client.list()) == 1
        assert client.clock.waits == []
        assert server.connections == 1


@pytest.mark.fault(7)
@pytest.mark.usefixtures("trusted")
def test_http_1_1_is_agreed_upon(context, make_client):
    """By a service that would speak HTTP/2 as well."""
    agreed = list[Any]()

    def note(peer: Peer) -> None:
        assert isinstance(peer.socket, ssl.SSLSocket)
        agreed.append(peer.socket.selected_alpn_protocol())
        peer.answer()

    context.set_alpn_protocols(["h2", "http/1.1"])
    with FaultServer(context) as server:
        server.always(TOKENS, note)
        assert len(make_client(server.endpoint, "pat_x").list()) == 1
    assert agreed == ["http/1.1"]


@pytest.mark.fault(7)
def test_an_authority_of_the_callers_own_http_client_is_trusted(authority, context, make_client, variant):
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with FaultServer(context) as server:
        own: Any = (httpx.Client if variant == "sync" else httpx.AsyncClient)(verify=trusting)
        client = make_client(server.endpoint, "pat_x", http_client=own)
        assert len(client.list()) == 1
        own.close() if variant == "sync" else client.portal.call(own.aclose)


@pytest.mark.fault(7)
def test_a_service_with_tls_that_is_asked_without_is_told(context, make_client):
    with FaultServer(context) as server:
        client = make_client(f"http://{server.address}", "pat_x")
        error = failure_of(LIST, client)
        assert (type(error), error.attempts) == (UnavailableError, 4)
        assert server.requests == []


def mark_unusable(peer: Peer) -> None:
    """Break into an encrypted connection with bytes that are not."""
    peer.send(response(200, b"x" * 99)[:-9])
    with socket.socket(fileno=peer.socket.detach()) as raw:
        raw.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
    raise ConnectionAbortedError


@pytest.mark.fault(7, 3)
@pytest.mark.usefixtures("trusted")
def test_an_answer_that_was_tampered_with_is_asked_for_again(context, make_client):
    with FaultServer(context) as server:
        server.play(TOKENS, mark_unusable)
        client = make_client(server.endpoint, "pat_x")
        assert len(client.list()) == 1
        assert client.clock.waits == [1.0]
        assert (server.count(EXCHANGE), server.count(TOKENS)) == (1, 2)


@contextmanager
def without_collector() -> Iterator[None]:
    """What nobody closes stays open."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.fault(59)
@pytest.mark.fault(7, 33)
@in_tasks
def test_a_handshake_that_is_cancelled_closes_its_connection(server, variant):
    greeted, left = threading.Event(), threading.Event()

    def greet(peer: Peer) -> None:
        peer.socket.recv(65536)
        greeted.set()
        if not peer.socket.recv(1):
            left.set()
        raise ConnectionAbortedError

    async def main() -> None:
        async with AsyncAccessTokensClient(f"https://{server.address}", "pat_x") as client:
            async with anyio.create_task_group() as group:
                group.start_soon(client.list)
                await anyio.to_thread.run_sync(greeted.wait, 5)
                group.cancel_scope.cancel()
            assert await anyio.to_thread.run_sync(left.wait, 5)

    server.greet(greet)
    with without_collector():
        run(variant, main)
