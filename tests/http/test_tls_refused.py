"""TLS that can never work, which is told at once, and TLS that may work next time."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ssl import TLSVersion
from typing import Any

import httpcore
import httpx
import pytest
import trustme

from access_tokens import AccessTokensError, EndpointError, UnavailableError
from access_tokens._http.async_connection import AsyncTransport

from ..helpers.fault_server import RECORD, TOKENS, FaultServer, Peer, Play, response
from ..helpers.operations import ISSUE, LIST, failure_of, keep_jwt
from ..helpers.proxies import ENDPOINT, ESTABLISHED, TARGET, tunnel_to
from .test_tls import wants_certificate, wants_certificate_by_tls_1_2

Make = Callable[..., Any]
pytestmark = pytest.mark.fault(87)


def check_refusal(error: AccessTokensError, client: Any, words: str) -> None:
    assert type(error) is EndpointError
    assert (error.attempts, client.clock.waits, error.outcome_unknown) == (1, [], False)
    assert words in str(error)


UNTRUSTED: dict[str, tuple[str, dict[str, Any], str]] = {
    "expired": ("127.0.0.1", {"not_after": datetime.now(UTC) - timedelta(days=2)}, "has expired"),
    "to come": ("127.0.0.1", {"not_before": datetime.now(UTC) + timedelta(days=2)}, "is not yet valid"),
    "another address's": ("127.0.0.2", {}, "certificate is not valid for '127.0.0.1'"),
    "a name's": ("api.example.com", {}, "certificate is not valid for '127.0.0.1'"),
}


def check_untrusted(authority: trustme.CA, make_client: Make, reason: str, *names: str, **dates: Any) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **dates).configure_cert(context)
    with FaultServer(context) as server:
        client = make_client(server.endpoint, "pat_x")
        keep_jwt(client)
        error = failure_of(LIST, client)
        check_refusal(error, client, reason)
        assert str(error).startswith(f"{LIST.failed}: {server.address}: ")
        assert server.requests == []


@pytest.mark.fault(7)
@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("name", "dates", "reason"), UNTRUSTED.values(), ids=UNTRUSTED)
def test_a_certificate_of_another_time_or_host_is_refused(authority, make_client, name, dates, reason):
    check_untrusted(authority, make_client, reason, name, **dates)


@pytest.mark.fault(7)
@pytest.mark.parametrize("is_other_trusted", [True, False])
def test_a_certificate_of_an_unknown_authority_is_refused(request, make_client, is_other_trusted):
    """Also where another authority is trusted."""
    if is_other_trusted:
        request.getfixturevalue("trusted")
    check_untrusted(trustme.CA(), make_client, "unable to get local issuer certificate", "127.0.0.1")


@pytest.mark.fault(7)
def test_a_refused_certificate_is_told_of_the_exchange_too(context, make_client):
    with FaultServer(context) as server:
        error = failure_of(LIST, make_client(server.endpoint, "pat_x"))
    assert (type(error), error.message, error.attempts) == (EndpointError, "Failed to authenticate", 1)


def has_another_cipher(context: ssl.SSLContext) -> None:
    context.maximum_version = TLSVersion.TLSv1_2
    context.set_ciphers("AES128-GCM-SHA256:@SECLEVEL=0")


# What the server does, and the words of TLS.
REFUSERS: dict[str, tuple[Callable[[ssl.SSLContext], None], str]] = {
    "wants a certificate": (wants_certificate, "certificate required"),
    "wants a certificate, TLS 1.2": (wants_certificate_by_tls_1_2, "handshake failure"),
    "has another cipher": (has_another_cipher, "handshake failure"),
}


@pytest.mark.parametrize(("refuse", "words"), REFUSERS.values(), ids=REFUSERS)
def test_a_server_that_refuses_the_client_is_told_at_once(context, encrypted, reach, refuse, words):
    """With TLS 1.3 it refuses a certificate only after the handshake; it has looked at no request."""
    refuse(context)
    client = reach(encrypted.endpoint)
    keep_jwt(client)
    error = failure_of(ISSUE, client)
    check_refusal(error, client, words)
    assert str(error).startswith(f"{ISSUE.failed}: {encrypted.address}: [SSL")
    assert encrypted.requests == []


def test_a_proxy_that_refuses_the_client_is_told(context, encrypted, make_client, monkeypatch):
    wants_certificate(context)
    monkeypatch.setenv("HTTPS_PROXY", encrypted.endpoint)
    client = make_client(ENDPOINT, "pat_x")
    check_refusal(failure_of(LIST, client), client, "certificate required")


def test_a_server_is_told_within_a_tunnel(context, encrypted, make_client, monkeypatch):
    wants_certificate(context)
    with FaultServer() as proxy:
        proxy.always(encrypted.address, tunnel_to(encrypted.address))
        monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint)
        client = make_client(encrypted.endpoint, "pat_x")
        check_refusal(failure_of(LIST, client), client, "certificate required")
        assert encrypted.requests == []


def test_a_server_is_told_that_wants_a_certificate_later(context, encrypted, make_client, monkeypatch):
    """When a tunnel has ended, the next one is refused."""
    with FaultServer() as proxy:
        proxy.always(encrypted.address, tunnel_to(encrypted.address))
        monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint)
        client = make_client(encrypted.endpoint, "pat_x")
        last = response(200, {"records": [RECORD]}, "Connection: close")
        encrypted.play(TOKENS, lambda peer: peer.send(last))
        assert len(client.list()) == 1
        wants_certificate(context)
        check_refusal(failure_of(LIST, client), client, "certificate required")


@pytest.mark.parametrize(("proxy", "may_connect"), [(None, False), (httpx.Proxy("http://127.0.0.1:9"), True)])
def test_over_a_connection_that_was_used_only_a_proxy_may_make_another(context, proxy, may_connect):
    """So each request to one is watched for a late refusal, which no test can time."""
    transport = AsyncTransport("https://127.0.0.1:9", context, proxy)
    assert transport.may_connect
    transport.network.connected = httpcore.AsyncMockStream([])
    assert transport.may_connect is may_connect


def test_no_common_version_is_told_at_once(context, trusting, make_client):
    context.maximum_version = TLSVersion.TLSv1_2
    trusting.minimum_version = TLSVersion.TLSv1_3
    with FaultServer(context) as server:
        client = make_client(server.endpoint, "pat_x", ssl_context=trusting)
        check_refusal(failure_of(LIST, client), client, "protocol version")


def shaking(answer: bytes, end: Play = Peer.close) -> Play:
    """Answer the first message of a handshake, and end the connection."""

    def play(peer: Peer) -> None:
        peer.socket.recv(65536)
        peer.send(answer)
        end(peer)

    return play


def alert(number: int) -> Play:
    """Answer a handshake with a fatal alert (RFC 8446, section 6)."""
    return shaking(bytes([21, 3, 3, 0, 2, 2, number]))


speak_plainly = shaking(b"HTTP/1.1 400 Bad Request\r\n\r\n")
REFUSALS: dict[str, tuple[Play, str]] = {
    "speaks no TLS": (speak_plainly, "SSL"),
    "refuses": (alert(40), "handshake failure"),
    "refuses the certificate": (alert(42), "bad certificate"),
    "knows no such authority": (alert(48), "unknown ca"),
    "denies access": (alert(49), "access denied"),
    "wants another version": (alert(70), "protocol version"),
    "knows no such name": (alert(112), "unrecognized name"),
    "speaks another protocol": (alert(120), "no application protocol"),
}
PASSING: dict[str, Play] = {
    "a reset": shaking(b"", Peer.reset),
    "an end": shaking(b""),
    "a garbled record": alert(20),
    "a garbled signature": alert(51),
    "trouble of its own": alert(80),
}


def test_a_handshake_that_can_never_succeed_is_told_at_once(server, reach):
    client = reach(f"https://{server.address}")
    keep_jwt(client)
    for play, words in REFUSALS.values():
        server.greet(play)
        check_refusal(failure_of(ISSUE, client), client, words)


def test_a_service_without_tls_is_told_within_a_tunnel(server, make_client, monkeypatch):
    def establish_and_speak_plainly(peer: Peer) -> None:
        peer.send(ESTABLISHED)
        speak_plainly(peer)

    monkeypatch.setenv("HTTPS_PROXY", server.endpoint)
    server.always(TARGET, establish_and_speak_plainly)
    client = make_client(ENDPOINT, "pat_x")
    check_refusal(failure_of(LIST, client), client, "SSL")


@pytest.mark.parametrize("play", PASSING.values(), ids=PASSING)
def test_a_handshake_that_may_succeed_is_tried_again(encrypted, reach, play):
    encrypted.greet(play)
    client = reach(encrypted.endpoint)
    keep_jwt(client)
    assert len(client.list()) == 1
    assert client.clock.waits == [1.0]


@pytest.mark.fault(7)
def test_a_service_with_tls_that_is_asked_without_is_asked_again(context, make_client):
    with FaultServer(context) as server:
        error = failure_of(LIST, make_client(f"http://{server.address}", "pat_x"))
        assert (type(error), error.attempts) == (UnavailableError, 4)
        assert server.requests == []


def test_what_the_caller_was_handling_is_none_of_it(server, make_client, variant):
    """Say that another service has a certificate that was refused."""

    def handle(client: Any) -> Any:
        try:
            raise ssl.SSLCertVerificationError("of another service")
        except ssl.SSLError:
            return client.list()

    async def handle_in_a_task(client: Any) -> Any:
        try:
            raise ssl.SSLCertVerificationError("of another service")
        except ssl.SSLError:
            return await client.list()

    server.always(TOKENS, Peer.reset)
    client = make_client(server.endpoint, "pat_x")
    [error] = client.at_once(1, handle if variant == "sync" else handle_in_a_task)
    assert (type(error), error.attempts) == (UnavailableError, 4)
    assert "another service" not in str(error)
