"""Statuses: which are asked for again, which are told at once, and where no redirect leads."""

from typing import Any

import httpx
import pytest

from access_tokens import (
    AccessTokensError,
    AuthenticationError,
    ConflictError,
    EndpointError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRejectedError,
    UnavailableError,
)

from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer
from ..helpers.operations import AUTHENTICATE, ISSUE, LIST, REVOKE, Operation, failure_of, keep_jwt
from .answers import say

RETRYABLE = (408, 429, 500, 502, 503, 504)
MAY_HAVE_ACTED = {500, 502, 503, 504, 520, 599, 600, 999}
some_operations = pytest.mark.parametrize(
    "operation", [LIST, ISSUE, REVOKE, AUTHENTICATE], ids=lambda each: each.name
)


@pytest.mark.fault(11)
@some_operations
def test_a_status_that_may_pass_is_asked_for_again_three_times(server, client, operation):
    for times, status in enumerate(RETRYABLE):
        client.clock.waits.clear()
        server.requests.clear()
        server.play(operation.path, *[say(status)] * (times % 3 + 1))
        operation.call(client)
        assert client.clock.waits == [1.0, 2.0, 4.0][: times % 3 + 1], status
        assert server.count(operation.path) == times % 3 + 2


@pytest.mark.fault(11)
@some_operations
def test_a_status_that_does_not_pass_is_told_after_four_attempts(server, client, operation):
    for status in RETRYABLE:
        server.requests.clear()
        server.always(operation.path, say(status, {"error": f"number {status}"}))
        error = failure_of(operation, client)
        assert type(error) is (RateLimitedError if status == 429 else UnavailableError)
        assert (error.message, error.reason) == (operation.failed, f"number {status}")
        assert (error.status_code, error.attempts) == (status, 4)
        assert server.count(operation.path) == len(server.requests) == 4
        assert error.outcome_unknown == (operation.changes and status in MAY_HAVE_ACTED)


FINAL: dict[int, type[AccessTokensError]] = {
    403: PermissionDeniedError,
    409: ConflictError,
    **dict.fromkeys((304, 404, 600, 999), EndpointError),
    **dict.fromkeys((400, 410, 413, 415, 422), RequestRejectedError),
    **dict.fromkeys((501, 505, 520, 599), UnavailableError),
}


def expected_kind(operation: Operation, status: int) -> type[AccessTokensError]:
    return AuthenticationError if operation is AUTHENTICATE and status in {400, 403} else FINAL[status]


@pytest.mark.fault(12)
@some_operations
def test_any_other_status_is_told_after_one_request(server, client, operation):
    for status in FINAL:
        server.requests.clear()
        server.always(operation.path, say(status))
        error = failure_of(operation, client)
        assert type(error) is expected_kind(operation, status)
        assert (error.message, error.status_code, error.attempts) == (operation.failed, status, 1)
        assert len(server.requests) == 1
        assert error.outcome_unknown == (operation.changes and status in MAY_HAVE_ACTED)
    assert client.clock.waits == []


LOCATIONS = [
    *("{here}/admin/tokens?again", "/admin/tokens?again", "", "{target}/admin/tokens"),
    *("//{target_address}/admin/tokens", "https://{target_address}/admin/tokens"),
    *("http://pat_x@{target_address}/", "file:///etc/passwd", "http://[", "http://h:99999999/"),
    *("\t ", "http://\xe4\xff/", None),
]


@pytest.mark.fault(16)
@pytest.mark.parametrize("follows", [False, True], ids=["own", "borrowed"])
def test_a_redirect_is_told_and_not_followed(server, make_client, variant, follows):
    """Not even by an HTTP client that would."""
    kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
    own = kind(follow_redirects=True, verify=False) if follows else None
    client = make_client(server.endpoint, "pat_x", http_client=own)
    keep_jwt(client)
    with FaultServer() as target:
        places = {"here": server.endpoint, "target": target.endpoint, "target_address": target.address}
        for location in LOCATIONS:
            lines = [] if location is None else [f"Location: {location.format(**places)}"]
            for status in (301, 302, 303, 307, 308):
                operation = ISSUE if status % 2 else LIST
                server.play(TOKENS, say(status, b"", *lines))
                error = failure_of(operation, client)
                assert (type(error), error.status_code, error.attempts) == (EndpointError, status, 1), (
                    location
                )
                assert not error.outcome_unknown
        assert len(server.requests) == server.count(TOKENS) == 5 * len(LOCATIONS)
        assert (target.connections, target.trouble) == (0, [])
    if own:
        own.close() if variant == "sync" else client.portal.call(own.aclose)


@pytest.mark.fault(16)
def test_a_redirected_exchange_sends_the_pat_nowhere(server, client):
    with FaultServer() as target:
        server.play(EXCHANGE, say(307, b"", f"Location: {target.endpoint}{EXCHANGE}"))
        assert type(failure_of(AUTHENTICATE, client)) is EndpointError
        assert target.connections == 0
