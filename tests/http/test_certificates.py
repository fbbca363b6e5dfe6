"""Certificates that are not to be trusted, and where it is read which are."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme

from access_tokens import AccessTokensError, EndpointError

from ..helpers.fault_server import TOKENS, FaultServer, response
from ..helpers.operations import LIST, failure_of, keep_jwt

Make = Callable[..., Any]
PAST = datetime.now(UTC) - timedelta(days=2)
FUTURE = datetime.now(UTC) + timedelta(days=2)


def context_of(authority: trustme.CA, *names: str, **options: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("127.0.0.1",)), **options).configure_cert(context)
    return context


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
def test_a_certificate_at_the_wrong_time_is_refused_at_once(authority, make_client, options, reason):
    with FaultServer(context_of(authority, **options)) as server:
        client = make_client(server.endpoint, "pat_x")
        keep_jwt(client)
        check_refusal(failure_of(LIST, client), client, server, reason)


@pytest.mark.fault(7)
@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("name", ["127.0.0.2", "api.example.com"])
def test_a_certificate_of_another_host_is_refused_at_once(authority, make_client, name):
    with FaultServer(context_of(authority, name)) as server:
        client = make_client(server.endpoint, "pat_x")
        keep_jwt(client)
        check_refusal(failure_of(LIST, client), client, server, "certificate is not valid for '127.0.0.1'")


@pytest.mark.fault(7)
@pytest.mark.parametrize("known", [True, False])
def test_a_certificate_of_an_unknown_authority_is_refused_at_once(request, make_client, known):
    """Also where another authority is trusted."""
    if known:
        request.getfixturevalue("trusted")
    with FaultServer(context_of(trustme.CA())) as server:
        client = make_client(server.endpoint, "pat_x")
        keep_jwt(client)
        check_refusal(failure_of(LIST, client), client, server, "unable to get local issuer certificate")


@pytest.mark.fault(7)
def test_a_refused_certificate_is_told_of_the_exchange_too(context, make_client):
    with FaultServer(context) as server:
        client = make_client(server.endpoint, "pat_x")
        error = failure_of(LIST, client)
    assert (type(error), error.message, error.attempts) == (EndpointError, "Failed to authenticate", 1)


@pytest.mark.fault(56)
@pytest.mark.fault(7)
@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_file_of_authorities_that_cannot_be_read_fails_at_once(make_client, tmp_path, monkeypatch, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    client = make_client("https://127.0.0.1:1", "pat_x")
    error = failure_of(LIST, client)
    assert (type(error), error.attempts, client.clock.waits) == (EndpointError, 1, [])


@pytest.mark.fault(56)
@pytest.mark.usefixtures("trusted")
def test_what_the_environment_names_is_read_once_for_each_client(context, make_client, monkeypatch):
    """With its first connection."""
    with FaultServer(context) as server:
        server.play(TOKENS, lambda peer: peer.send(response(200, {"records": []}, "Connection: close")))
        client = make_client(server.endpoint, "pat_x")
        client.list()
        monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
        assert len(client.list()) == 1
        assert server.connections == 2
        assert type(failure_of(LIST, make_client(server.endpoint, "pat_x"))) is EndpointError
