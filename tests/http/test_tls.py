"""TLS that works: whom it trusts, by the environment or a context of the caller's, and what it survives."""

import gc
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest
import trustme

from access_tokens import AsyncAccessTokensClient, EndpointError
from access_tokens._http.tls import Tls

from ..helpers.callers import in_tasks, run
from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer, Peer, response
from ..helpers.operations import ISSUE, LIST, failure_of, keep_jwt
from ..helpers.proxies import ENDPOINT, TARGET, tunnel_to, tunnels
from ..helpers.sessions import session
from ..helpers.threads import PATIENCE

Make = Callable[..., Any]


@pytest.mark.fault(7)
def test_an_authority_that_the_environment_names_is_trusted(encrypted, make_client):
    client = make_client(encrypted.endpoint, "pat_x")
    assert len(client.list()) == len(client.list()) == 1
    assert client.clock.waits == []
    assert encrypted.connections == 1


@pytest.mark.fault(56)
def test_what_the_environment_names_is_read_once_for_each_client(encrypted, make_client, monkeypatch):
    """With its first connection."""
    encrypted.play(TOKENS, lambda peer: peer.send(response(200, {"records": []}, "Connection: close")))
    client = make_client(encrypted.endpoint, "pat_x")
    client.list()
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    assert len(client.list()) == 1
    assert encrypted.connections == 2
    assert type(failure_of(LIST, make_client(encrypted.endpoint, "pat_x"))) is EndpointError


@pytest.mark.parametrize("directories", [".", f"missing{os.pathsep}."])
def test_directories_of_authorities_are_used_if_there_is_one(tmp_path, monkeypatch, directories):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SSL_CERT_DIR", directories)
    context = Tls(session().settings).context()
    assert context
    assert context.verify_mode == ssl.CERT_REQUIRED


VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
UNUSABLE = [
    ("SSL_CERT_FILE", "missing"),
    ("SSL_CERT_FILE", "."),
    ("SSL_CERT_FILE", "empty"),
    ("SSL_CERT_FILE", "nonsense"),
    ("SSL_CERT_DIR", "missing"),
    ("SSL_CERT_DIR", "empty"),
    ("SSL_CERT_DIR", f"empty{os.pathsep}missing"),
    ("SSLKEYLOGFILE", "missing/log"),
    ("SSLKEYLOGFILE", "."),
]


@pytest.mark.fault(56, 67)
@pytest.mark.parametrize("others", [{}, {"SSLKEYLOGFILE": "log", "SSL_CERT_DIR": "."}], ids=["alone", "all"])
def test_the_variable_that_is_at_fault_is_named_at_once(make_client, tmp_path, monkeypatch, others):
    (tmp_path / "empty").touch()
    (tmp_path / "nonsense").write_text("no certificate")
    monkeypatch.chdir(tmp_path)
    for name, value in UNUSABLE:
        with monkeypatch.context() as patch:
            for each, usable in others.items():
                patch.setenv(each, usable)
            patch.setenv(name, value)
            client = make_client("https://127.0.0.1:1", "pat_x")
            keep_jwt(client)
            error = failure_of(ISSUE, client)
        assert (type(error), error.attempts, error.outcome_unknown) == (EndpointError, 1, False)
        assert [each for each in VARIABLES if each in str(error)] == [name], value
        assert client.clock.waits == []


@pytest.mark.fault(7)
def test_an_authority_of_the_callers_own_http_client_is_trusted(context, borrowing, trusting):
    with FaultServer(context) as server:
        assert len(borrowing(server.endpoint, verify=trusting).list()) == 1


def wants_certificate(context: ssl.SSLContext) -> None:
    context.verify_mode = ssl.CERT_REQUIRED


def wants_certificate_by_tls_1_2(context: ssl.SSLContext) -> None:
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = ssl.TLSVersion.TLSv1_2


@pytest.fixture
def own(authority: trustme.CA, trusting: ssl.SSLContext) -> ssl.SSLContext:
    """A context that trusts the authority, and has a certificate of it."""
    authority.issue_cert("client@example.com").configure_cert(trusting)
    return trusting


@pytest.mark.fault(87)
@pytest.mark.parametrize("demand", [wants_certificate, wants_certificate_by_tls_1_2])
def test_a_context_brings_an_authority_and_a_certificate(
    authority, context, own, make_client, monkeypatch, demand
):
    """What the environment names is not looked at then."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    authority.configure_trust(context)
    demand(context)
    with FaultServer(context) as server:
        client = make_client(server.endpoint, "pat_x", ssl_context=own)
        assert len(client.list()) == len(client.list()) == 1
        assert server.connections == 1


@pytest.mark.fault(87)
@pytest.mark.parametrize("speaks_tls", [False, True])
def test_a_context_holds_within_a_tunnel_and_for_a_proxy_that_speaks_tls(
    authority, context, own, make_client, monkeypatch, speaks_tls
):
    authority.configure_trust(context)
    wants_certificate(context)
    with FaultServer(context) as server, FaultServer(context if speaks_tls else None) as proxy:
        proxy.always(TARGET, tunnel_to(server.address))
        monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint)
        assert len(make_client(ENDPOINT, "pat_x", ssl_context=own).list()) == 1
        assert tunnels(proxy.requests) == [TARGET]


@pytest.mark.fault(7)
def test_http_1_1_is_agreed_upon(context, encrypted, make_client):
    """By a service that would speak HTTP/2 as well."""
    agreed = list[Any]()

    def note(peer: Peer) -> None:
        assert isinstance(peer.socket, ssl.SSLSocket)
        agreed.append(peer.socket.selected_alpn_protocol())
        peer.answer()

    context.set_alpn_protocols(["h2", "http/1.1"])
    encrypted.always(TOKENS, note)
    assert len(make_client(encrypted.endpoint, "pat_x").list()) == 1
    assert agreed == ["http/1.1"]


def tamper(peer: Peer) -> None:
    """Break into an encrypted connection with bytes that are not."""
    peer.send(response(200, b"x" * 99)[:-9])
    with socket.socket(fileno=peer.socket.detach()) as raw:
        raw.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
    raise ConnectionAbortedError


def garble(peer: Peer) -> None:
    os.write(peer.socket.fileno(), b"HTTP/1.1 502 Bad Gateway\r\n\r\n")  # below TLS
    peer.reset()


@pytest.mark.fault(3, 7, 87)
@pytest.mark.parametrize("play", [tamper, garble])
def test_what_goes_wrong_after_the_handshake_is_tried_again(encrypted, reach, play):
    """TLS has worked once."""
    encrypted.play(TOKENS, play)
    client = reach(encrypted.endpoint)
    assert len(client.list()) == 1
    assert client.clock.waits == [1.0]
    assert (encrypted.count(EXCHANGE), encrypted.count(TOKENS)) == (1, 2)


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
                await anyio.to_thread.run_sync(greeted.wait, PATIENCE)
                group.cancel_scope.cancel()
            assert await anyio.to_thread.run_sync(left.wait, PATIENCE)

    server.greet(greet)
    with without_collector():
        run(variant, main)
