"""Certificates that are right, and everything that is not."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import trustme

from access_tokens import AccessTokensError, EndpointError, UnavailableError

from ..colours import client_of, in_tasks, over_httpx, run
from .operations import LIST, keep_jwt
from .server import EXCHANGE, TOKENS, FaultServer, Peer, response

Make = Callable[..., Any]
PAST = datetime.now(UTC) - timedelta(days=2)
FUTURE = datetime.now(UTC) + timedelta(days=2)


def context_of(authority: trustme.CA, *names: str, **options: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("127.0.0.1",)), **options).configure_cert(context)
    return context


def failure_of(call: Callable[[], Any]) -> AccessTokensError:
    with pytest.raises(AccessTokensError) as raised:
        call()
    return raised.value


@pytest.mark.fault(7)
@pytest.mark.usefixtures("trusted")
def test_an_authority_that_the_environment_names_is_trusted(
    context: ssl.SSLContext, make_client: Make
) -> None:
    with FaultServer(context) as server:
        client = make_client(server.endpoint, "pat_x")
        assert len(client.list()) == len(client.list()) == 1
        assert client.clock.waits == []
        assert server.connections == 1


@pytest.mark.fault(7)
@pytest.mark.usefixtures("trusted")
def test_http_1_1_is_agreed_upon(context: ssl.SSLContext, make_client: Make) -> None:
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


@over_httpx
@pytest.mark.fault(7)
def test_an_authority_of_the_callers_own_http_client_is_trusted(
    authority: trustme.CA, context: ssl.SSLContext, make_client: Make, colour: str
) -> None:
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with FaultServer(context) as server:
        own: Any = (httpx.Client if colour == "sync" else httpx.AsyncClient)(verify=trusting)
        client = make_client(server.endpoint, "pat_x", http_client=own)
        assert len(client.list()) == 1
        own.close() if colour == "sync" else client.portal.call(own.aclose)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"not_after": PAST}, "certificate has expired"),
    "not yet valid": ({"not_before": FUTURE}, "certificate is not yet valid"),
}


def check_refusal(error: AccessTokensError, client: Any, server: FaultServer, reason: str) -> None:
    assert type(error) is EndpointError
    assert reason in str(error)
    assert str(error).startswith(f"{LIST.failed}: {server.address}: ")
    assert (error.attempts, client.clock.waits, error.outcome_unknown) == (1, [], False)
    assert server.requests == []


@pytest.mark.fault(7)
@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("options", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_certificate_at_the_wrong_time_is_refused_at_once(
    authority: trustme.CA, make_client: Make, options: dict[str, Any], reason: str
) -> None:
    with FaultServer(context_of(authority, **options)) as server:
        client = make_client(server.endpoint, "pat_x")
        keep_jwt(client)
        check_refusal(failure_of(client.list), client, server, reason)


@pytest.mark.fault(7)
@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("name", ["127.0.0.2", "api.example.com"])
def test_a_certificate_of_another_host_is_refused_at_once(
    authority: trustme.CA, make_client: Make, name: str
) -> None:
    with FaultServer(context_of(authority, name)) as server:
        client = make_client(server.endpoint, "pat_x")
        keep_jwt(client)
        check_refusal(failure_of(client.list), client, server, "certificate is not valid for '127.0.0.1'")


@pytest.mark.fault(7)
@pytest.mark.parametrize("known", [True, False])
def test_a_certificate_of_an_unknown_authority_is_refused_at_once(
    request: pytest.FixtureRequest, make_client: Make, known: bool
) -> None:
    """Also where another authority is trusted."""
    if known:
        request.getfixturevalue("trusted")
    with FaultServer(context_of(trustme.CA())) as server:
        client = make_client(server.endpoint, "pat_x")
        keep_jwt(client)
        check_refusal(failure_of(client.list), client, server, "unable to get local issuer certificate")


@pytest.mark.fault(7)
def test_a_refused_certificate_is_told_of_the_exchange_too(
    context: ssl.SSLContext, make_client: Make
) -> None:
    with FaultServer(context) as server:
        client = make_client(server.endpoint, "pat_x")
        error = failure_of(client.list)
    assert (type(error), error.message, error.attempts) == (EndpointError, "Failed to authenticate", 1)


@pytest.mark.fault(56)
@pytest.mark.fault(7)
@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_file_of_authorities_that_cannot_be_read_fails_at_once(
    make_client: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    client = make_client("https://127.0.0.1:1", "pat_x")
    error = failure_of(client.list)
    assert (type(error), error.attempts, client.clock.waits) == (EndpointError, 1, [])


@pytest.mark.fault(7)
def test_a_service_without_tls_is_told_after_four_attempts(server: FaultServer, make_client: Make) -> None:
    server.greet(*[lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")] * 4)
    client = make_client(f"https://{server.address}", "pat_x")
    error = failure_of(client.list)
    assert (type(error), error.attempts) == (UnavailableError, 4)
    assert "SSL" in str(error)


@pytest.mark.fault(7)
def test_a_service_with_tls_that_is_asked_without_is_told(context: ssl.SSLContext, make_client: Make) -> None:
    with FaultServer(context) as server:
        client = make_client(f"http://{server.address}", "pat_x")
        error = failure_of(client.list)
        assert (type(error), error.attempts) == (UnavailableError, 4)
        assert server.requests == []


@pytest.mark.fault(7)
@pytest.mark.usefixtures("trusted")
def test_a_service_that_wants_a_certificate_of_the_client_is_told(
    context: ssl.SSLContext, make_client: Make
) -> None:
    """With TLS 1.3 it says so only after the handshake."""
    context.verify_mode = ssl.CERT_REQUIRED
    with FaultServer(context) as server:
        client = make_client(server.endpoint, "pat_x")
        error = failure_of(client.list)
        assert (type(error), error.attempts) == (UnavailableError, 4)
        assert server.requests == []


def spoil(peer: Peer) -> None:
    """Break into an encrypted connection with bytes that are not."""
    peer.send(response(200, b"x" * 99)[:-9])
    with socket.socket(fileno=peer.socket.detach()) as raw:
        raw.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
    raise ConnectionAbortedError


@pytest.mark.fault(7, 3)
@pytest.mark.usefixtures("trusted")
def test_an_answer_that_was_tampered_with_is_asked_for_again(
    context: ssl.SSLContext, make_client: Make
) -> None:
    with FaultServer(context) as server:
        server.play(TOKENS, spoil)
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
def test_a_handshake_that_is_cancelled_closes_its_connection(server: FaultServer, colour: str) -> None:
    greeted, left = threading.Event(), threading.Event()

    def greet(peer: Peer) -> None:
        peer.socket.recv(65536)
        greeted.set()
        if not peer.socket.recv(1):
            left.set()
        raise ConnectionAbortedError

    async def main() -> None:
        async with client_of(colour)(f"https://{server.address}", "pat_x") as client:
            async with anyio.create_task_group() as group:
                group.start_soon(client.list)
                await anyio.to_thread.run_sync(greeted.wait, 5)
                group.cancel_scope.cancel()
            assert await anyio.to_thread.run_sync(left.wait, 5)

    server.greet(greet)
    with without_collector():
        run(colour, main)
