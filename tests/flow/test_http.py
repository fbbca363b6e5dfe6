"""Statuses: which are asked for again, which are told at once, and where no redirect leads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from access_tokens import (
    AccessTokensError,
    AuthenticationError,
    ConflictError,
    EndpointError,
    InvalidResponseError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRejectedError,
    UnavailableError,
)

from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer, Play, response
from ..helpers.operations import AUTHENTICATE, ISSUE, LIST, REVOKE, Operation, failure_of, keep_jwt

Make = Callable[..., Any]

RETRYABLE = (408, 429, 500, 502, 503, 504)
MAY_HAVE_ACTED = {500, 502, 503, 504, 520, 599}
some_operations = pytest.mark.parametrize(
    "operation", [LIST, ISSUE, REVOKE, AUTHENTICATE], ids=lambda each: each.name
)


def say(status: int, body: Any = b"", *lines: str) -> Play:
    return lambda peer: peer.send(response(status, body, *lines))


@pytest.mark.fault(11)
@some_operations
def test_a_status_that_may_pass_is_asked_for_again_three_times(server, victim, operation):
    if operation is not AUTHENTICATE:
        keep_jwt(victim)
    for status in RETRYABLE:
        for times in (1, 2, 3):
            victim.clock.waits.clear()
            server.requests.clear()
            server.play(operation.path, *[say(status)] * times)
            operation.call(victim)
            assert victim.clock.waits == [1.0, 2.0, 4.0][:times], status
            assert server.count(operation.path) == times + 1


@pytest.mark.fault(11)
@some_operations
def test_a_status_that_does_not_pass_is_told_after_four_attempts(server, victim, operation):
    if operation is not AUTHENTICATE:
        keep_jwt(victim)
    for status in RETRYABLE:
        server.requests.clear()
        server.always(operation.path, say(status, {"error": f"number {status}"}))
        error = failure_of(operation, victim)
        assert type(error) is (RateLimitedError if status == 429 else UnavailableError)
        assert (error.message, error.reason) == (operation.failed, f"number {status}")
        assert (error.status_code, error.attempts) == (status, 4)
        assert server.count(operation.path) == len(server.requests) == 4
        assert error.outcome_unknown == (operation.changes and status in MAY_HAVE_ACTED)


@pytest.mark.fault(11)
def test_different_failures_share_the_attempts(server, victim):
    server.play(TOKENS, say(503), lambda peer: peer.reset(), say(429), say(500))
    error = failure_of(LIST, victim)
    assert (error.status_code, error.attempts, server.count(TOKENS)) == (500, 4, 4)
    assert victim.clock.waits == [1.0, 2.0, 4.0]


FINAL = {
    400: RequestRejectedError,
    403: PermissionDeniedError,
    404: EndpointError,
    409: ConflictError,
    410: RequestRejectedError,
    413: RequestRejectedError,
    415: RequestRejectedError,
    422: RequestRejectedError,
    501: UnavailableError,
    505: UnavailableError,
    520: UnavailableError,
    599: UnavailableError,
    304: EndpointError,
    600: EndpointError,
    999: EndpointError,
}


def expected_kind(operation: Operation, status: int) -> type[AccessTokensError]:
    if operation is AUTHENTICATE and status in {400, 403}:
        return AuthenticationError
    return FINAL[status]


@pytest.mark.fault(12)
@some_operations
def test_any_other_status_is_told_after_one_request(server, victim, operation):
    if operation is not AUTHENTICATE:
        keep_jwt(victim)
    for status in FINAL:
        server.requests.clear()
        server.always(operation.path, say(status))
        error = failure_of(operation, victim)
        assert type(error) is expected_kind(operation, status)
        assert (error.message, error.status_code, error.attempts) == (operation.failed, status, 1)
        assert len(server.requests) == 1
        assert error.outcome_unknown == (operation.changes and status in MAY_HAVE_ACTED | {600, 999})
    assert victim.clock.waits == []


LOCATIONS = {
    "same origin": "{here}/admin/tokens?again",
    "relative": "/admin/tokens?again",
    "itself": "",
    "other origin": "{target}/admin/tokens",
    "other origin without scheme": "//{target_address}/admin/tokens",
    "other scheme": "https://{target_address}/admin/tokens",
    "user name": "http://pat_x@{target_address}/",
    "no scheme of the web": "file:///etc/passwd",
    "garbage": "http://[",
    "a port that is none": "http://h:99999999/",
    "white space": "\t ",
    "not ASCII": "http://\xe4\xff/",
    "none": None,
}


@pytest.mark.fault(16)
@pytest.mark.parametrize("follows", [None, True], ids=["own", "borrowed"])
@pytest.mark.parametrize("location", LOCATIONS.values(), ids=LOCATIONS)
def test_a_redirect_is_told_and_not_followed(server, make_client, variant, location, follows):
    """Not even by an HTTP client that would."""
    kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
    own = kind(follow_redirects=True) if follows else None
    client = make_client(server.endpoint, "pat_x", http_client=own)
    with FaultServer() as target:
        places = {"here": server.endpoint, "target": target.endpoint, "target_address": target.address}
        lines = [] if location is None else [f"Location: {location.format(**places)}"]
        for status in (301, 302, 303, 307, 308):
            for operation in (ISSUE, LIST):
                server.play(operation.path, say(status, b"", *lines))
                error = failure_of(operation, client)
                assert (type(error), error.status_code, error.attempts) == (EndpointError, status, 1)
                assert not error.outcome_unknown
        assert (server.count(EXCHANGE), server.count(TOKENS)) == (1, 10)
        assert (target.connections, target.trouble) == (0, [])
    if own:
        own.close() if variant == "sync" else client.portal.call(own.aclose)


@pytest.mark.fault(16)
def test_a_redirected_exchange_sends_the_pat_nowhere(server, victim):
    with FaultServer() as target:
        server.play(EXCHANGE, say(307, b"", f"Location: {target.endpoint}{EXCHANGE}"))
        assert type(failure_of(AUTHENTICATE, victim)) is EndpointError
        assert target.connections == 0


@pytest.mark.fault(12)
@pytest.mark.parametrize("status", [201, 202, 203, 206, 299])
def test_a_success_by_another_number_is_one(server, victim, status):
    server.play(TOKENS, say(status, {"records": []}))
    assert victim.list() == []


@pytest.mark.fault(17)
@pytest.mark.parametrize("status", [205, 226])
def test_a_success_without_the_body_that_is_due_is_none(server, victim, status):
    server.play(TOKENS, say(status))
    assert type(failure_of(LIST, victim)) is InvalidResponseError
