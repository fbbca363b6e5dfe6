"""TLS that can never work, TLS that may work next time, and TLS as the caller wants it."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from ssl import TLSVersion
from typing import Any

import httpx
import pytest

from access_tokens import (
    AccessTokensClient,
    AccessTokensError,
    AsyncAccessTokensClient,
    EndpointError,
    UnavailableError,
)

from ..helpers.fault_server import TOKENS, FaultServer, Peer, Play
from ..helpers.operations import ISSUE, LIST, failure_of, keep_jwt
from ..helpers.proxies import ESTABLISHED, tunnel_to

Make = Callable[..., Any]
pytestmark = pytest.mark.fault(87)


def alert(number: int) -> Play:
    """Answer a handshake with a fatal alert (RFC 8446, section 6)."""

    def play(peer: Peer) -> None:
        peer.socket.recv(65536)
        peer.send(bytes([21, 3, 3, 0, 2, 2, number]))
        peer.close()

    return play


def plain(peer: Peer) -> None:
    peer.socket.recv(65536)
    peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    peer.close()


def plain_in_a_tunnel(peer: Peer) -> None:
    peer.send(ESTABLISHED)
    plain(peer)


def hang_up(peer: Peer) -> None:
    peer.socket.recv(65536)
    peer.close()


def reset(peer: Peer) -> None:
    peer.socket.recv(65536)
    peer.reset()


def wants_certificate(context: ssl.SSLContext) -> None:
    context.verify_mode = ssl.CERT_REQUIRED


def wants_certificate_by_tls_1_2(context: ssl.SSLContext) -> None:
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = TLSVersion.TLSv1_2


def has_another_cipher(context: ssl.SSLContext) -> None:
    context.maximum_version = TLSVersion.TLSv1_2
    context.set_ciphers("AES128-GCM-SHA256:@SECLEVEL=0")


# What the server does, and the words of TLS.
REFUSERS: dict[str, tuple[Callable[[ssl.SSLContext], None], str]] = {
    "wants a certificate": (wants_certificate, "certificate required"),
    "wants a certificate, TLS 1.2": (wants_certificate_by_tls_1_2, "handshake failure"),
    "has another cipher": (has_another_cipher, "handshake failure"),
}
REFUSALS: dict[str, tuple[Play, str]] = {
    "speaks no TLS": (plain, "SSL"),
    "refuses": (alert(40), "handshake failure"),
    "refuses the certificate": (alert(42), "bad certificate"),
    "knows no such authority": (alert(48), "unknown ca"),
    "denies access": (alert(49), "access denied"),
    "wants another version": (alert(70), "protocol version"),
    "knows no such name": (alert(112), "unrecognized name"),
    "speaks another protocol": (alert(120), "no application protocol"),
}
PASSING: dict[str, Play] = {
    "a reset": reset,
    "an end": hang_up,
    "a garbled record": alert(20),
    "a garbled signature": alert(51),
    "trouble of its own": alert(80),
}


@pytest.fixture(params=["own", "borrowed"])
def reach(request: pytest.FixtureRequest, make_client: Make, variant: str) -> Iterator[Make]:
    """Makes a client with a JWT, over connections of its own or those of an HTTP client."""
    kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
    options = {"http_client": kind()} if request.param == "borrowed" else {}
    made: list[Any] = []

    def make(endpoint: str) -> Any:
        made.append(make_client(endpoint, "pat_x", **options))
        keep_jwt(made[-1])
        return made[-1]

    yield make
    for own in options.values():
        own.close() if variant == "sync" else made[0].portal.call(own.aclose)


def check_refusal(error: AccessTokensError, client: Any, words: str) -> None:
    assert type(error) is EndpointError
    assert (error.attempts, client.clock.waits, error.outcome_unknown) == (1, [], False)
    assert words in str(error)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("refuse", "words"), REFUSERS.values(), ids=REFUSERS)
def test_a_server_that_refuses_the_client_is_told_at_once(context, reach, refuse, words):
    """With TLS 1.3 it refuses a certificate only after the handshake; it has looked at no request."""
    refuse(context)
    with FaultServer(context) as server:
        client = reach(server.endpoint)
        error = failure_of(ISSUE, client)
        check_refusal(error, client, words)
        assert str(error).startswith(f"{ISSUE.failed}: {server.address}: [SSL")
        assert server.requests == []


@pytest.mark.parametrize(("play", "words"), REFUSALS.values(), ids=REFUSALS)
def test_a_handshake_that_can_never_succeed_is_told_at_once(server, reach, play, words):
    server.greet(play)
    client = reach(f"https://{server.address}")
    check_refusal(failure_of(ISSUE, client), client, words)


@pytest.mark.usefixtures("trusted")
def test_no_common_version_is_told_at_once(authority, context, make_client):
    context.maximum_version = TLSVersion.TLSv1_2
    strict = ssl.create_default_context()
    strict.minimum_version = TLSVersion.TLSv1_3
    authority.configure_trust(strict)
    with FaultServer(context) as server:
        client = make_client(server.endpoint, "pat_x", ssl_context=strict)
        check_refusal(failure_of(LIST, client), client, "protocol version")


@pytest.mark.usefixtures("trusted")
def test_a_server_is_told_within_a_tunnel(context, make_client, monkeypatch):
    wants_certificate(context)
    with FaultServer(context) as server, FaultServer() as proxy:
        proxy.always(server.address, tunnel_to(server.address))
        monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint)
        client = make_client(server.endpoint, "pat_x")
        check_refusal(failure_of(LIST, client), client, "certificate required")
        assert server.requests == []


def test_a_service_without_tls_is_told_within_a_tunnel(server, make_client, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", server.endpoint)
    server.always("api.example.com:443", plain_in_a_tunnel)
    client = make_client("https://api.example.com", "pat_x")
    check_refusal(failure_of(LIST, client), client, "SSL")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("refuse", "words"), REFUSERS.values(), ids=REFUSERS)
def test_a_proxy_that_refuses_the_client_is_told(context, make_client, monkeypatch, refuse, words):
    refuse(context)
    with FaultServer(context) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint)
        client = make_client("https://api.example.com", "pat_x")
        check_refusal(failure_of(LIST, client), client, words)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("play", PASSING.values(), ids=PASSING)
def test_a_handshake_that_may_succeed_is_tried_again(context, reach, play):
    with FaultServer(context) as server:
        server.greet(play)
        client = reach(server.endpoint)
        assert len(client.list()) == 1
        assert client.clock.waits == [1.0]


def garble(peer: Peer) -> None:
    os.write(peer.socket.fileno(), b"HTTP/1.1 502 Bad Gateway\r\n\r\n")  # below TLS
    peer.reset()


@pytest.mark.usefixtures("trusted")
def test_what_goes_wrong_after_the_handshake_is_tried_again(context, reach):
    """TLS has worked once."""
    with FaultServer(context) as server:
        server.play(TOKENS, garble)
        client = reach(server.endpoint)
        assert len(client.list()) == 1
        assert client.clock.waits == [1.0]


def in_a_handler(client: AccessTokensClient) -> Any:
    try:
        raise ssl.SSLCertVerificationError("of another service")
    except ssl.SSLError:
        return client.list()


async def in_a_handler_of_a_task(client: AsyncAccessTokensClient) -> Any:
    try:
        raise ssl.SSLCertVerificationError("of another service")
    except ssl.SSLError:
        return await client.list()


def test_what_the_caller_was_handling_is_none_of_it(server, make_client, variant):
    """Say that another service has a certificate that was refused."""
    server.play(TOKENS, *[Peer.reset] * 4)
    client = make_client(server.endpoint, "pat_x")
    [error] = client.at_once(1, in_a_handler if variant == "sync" else in_a_handler_of_a_task)
    assert (type(error), error.attempts) == (UnavailableError, 4)
    assert "another service" not in str(error)
