"""Refusals as they come over the wire: of the service, of a gateway, and of a firewall on its own page."""

import gzip
import json
from typing import Any

import attrs
import pytest

from access_tokens import (
    ApiError,
    AuthenticationError,
    EndpointError,
    NotFoundError,
    RequestRejectedError,
)

from ..helpers.fault_server import EXCHANGE, TOKENS, Peer, Play
from ..helpers.operations import (
    AUTHENTICATE,
    ISSUE,
    LIST,
    OPERATIONS,
    PHC,
    REGISTER,
    REVOKE,
    TOKEN_ID,
    failure_of,
)
from .answers import GZIP, JSON, PAGE, TEXT, XML, express_page, say, told_at_once

UPDATE = attrs.evolve(
    REVOKE,
    path=f"{TOKENS}/{TOKEN_ID}",
    call=lambda client: client.update(TOKEN_ID, secret_phc=PHC),
    failed="Failed to update token",
)
NOT_FOUND = f"Token not found: {TOKEN_ID}"


def as_json(status: int, message: str) -> Play:
    return say(status, {"error": {"message": message}}, JSON)


def as_page(status: int, message: str) -> Play:
    """Answer as Express does without an error handler."""
    return say(status, express_page(message), PAGE)


in_both_shapes = pytest.mark.parametrize("shape", [as_json, as_page])

WRONG_PATHS: dict[str, tuple[str, Any]] = {
    "Cannot PUT /wrong/tokens/x/revoke": (PAGE, "<pre>Cannot PUT /wrong/tokens/x/revoke</pre>"),
    "No such route": (JSON, {"error": {"message": "No such route"}}),
    "no healthy upstream": (TEXT, "no healthy upstream"),
    "NoSuchKey": (XML, "<Error><Code>NoSuchKey</Code></Error>"),
    "Status": (JSON, ""),
}


@pytest.mark.fault(62)
@pytest.mark.parametrize("reason", WRONG_PATHS)
def test_a_404_of_a_wrong_path_is_told_with_the_words_of_who_answers(server, client, reason):
    kind, body = WRONG_PATHS[reason]
    for operation in (*OPERATIONS, UPDATE):
        error = told_at_once(server, client, operation, say(404, body, kind))
        assert type(error) is EndpointError
        assert (error.message, error.reason, error.status_code) == (operation.failed, reason, 404)
        assert str(error).startswith(f"{operation.failed}: {reason} (HTTP 404")
        assert "check the endpoint and its paths" in str(error)


@pytest.mark.fault(62)
@in_both_shapes
def test_a_missing_token_is_told_in_words(server, client, shape):
    for operation, status in ((REVOKE, 500), (UPDATE, 404), (REVOKE, 400)):
        error = told_at_once(server, client, operation, shape(status, NOT_FOUND))
        assert (type(error), error.reason, error.status_code) == (NotFoundError, NOT_FOUND, status)


@pytest.mark.fault(18, 62)
@pytest.mark.parametrize("errors", ["json", "text", "html"])
def test_the_local_service_says_so_as_well(shared_service, make_client, errors):
    client = make_client(shared_service.endpoint, shared_service.admin_pat)
    for documented in (True, False):
        shared_service.errors, shared_service.documented = errors, documented
        error = failure_of(REVOKE, client)
        assert (type(error), error.cause) == (NotFoundError, ApiError(NOT_FOUND))


TOO_BIG = "owner: Too big: expected string to have <=100 characters"
ISSUES = json.dumps([{"code": "too_big", "path": ["owner"], "message": TOO_BIG[7:]}], indent=2)
REFUSED = {
    f"Cannot store invalid token record: {ISSUES}": f"Cannot store invalid token record: {TOO_BIG}",
    "Invalid secret PHC string: invalid_phc": "Invalid secret PHC string: invalid_phc",
}


@pytest.mark.fault(63)
@in_both_shapes
@pytest.mark.parametrize("message", REFUSED, ids=["record", "hash"])
def test_a_value_that_is_refused_is_told_at_once_and_in_short(server, client, message, shape):
    for operation, status in ((ISSUE, 500), (REGISTER, 400), (UPDATE, 500)):
        error = told_at_once(server, client, operation, shape(status, message))
        assert type(error) is RequestRejectedError
        assert (error.message, error.reason) == (operation.failed, REFUSED[message])
        assert error.status_code == status


@pytest.mark.fault(63)
@in_both_shapes
def test_a_pat_whose_record_is_hidden_is_refused_at_once(server, client, shape):
    """Each exchange counts, where they are limited."""
    words = "Cannot load invalid record for token AAAAAAAAAAAAAAAAAAAAA"
    error = told_at_once(server, client, AUTHENTICATE, shape(500, f"{words}: {ISSUES}"))
    assert (type(error), error.message) == (AuthenticationError, "Failed to authenticate")
    assert error.reason == f"{words}: {TOO_BIG}"


@pytest.mark.fault(83)
@pytest.mark.parametrize(("expires_at", "unknown"), [(4_000_000_000, True), (None, False)])
def test_a_record_that_is_removed_after_its_revocation_may_have_been_revoked(
    server, client, expires_at, unknown
):
    """Without an expiry the service never removes it."""
    server.play(REVOKE.path, Peer.reset, as_json(500, NOT_FOUND))
    with pytest.raises(NotFoundError) as raised:
        client.revoke(TOKEN_ID, expires_at=expires_at)
    assert (raised.value.outcome_unknown, raised.value.attempts) == (unknown, 2)


OAUTH = {"error": "access_denied", "error_description": "blocked"}
OF_GATEWAYS: dict[str, tuple[Any, str]] = {
    "message": ({"message": "blocked"}, JSON),
    "problem": ({"title": "no", "detail": "blocked"}, "Content-Type: application/problem+json"),
    "list": ({"errors": [{"message": "blocked"}]}, JSON),
    "OAuth": (OAUTH, JSON),
    "XML": ("<Error><Code>AccessDenied</Code><Message>blocked</Message></Error>", XML),
    "text": ("blocked\r\n", TEXT),
    "page": ("<title>blocked</title>", PAGE),
}


@pytest.mark.fault(85)
@pytest.mark.parametrize("shape", OF_GATEWAYS)
def test_what_a_gateway_says_is_shown(server, client, shape):
    for operation in OPERATIONS:
        error = told_at_once(server, client, operation, say(400, *OF_GATEWAYS[shape]))
        assert isinstance(error.cause, ApiError)
        assert error.reason == "blocked"
        assert str(error).startswith(f"{operation.failed}: blocked (")


BLOCKED = b"<html><head><title>Request blocked</title></head><body><h1>403</h1></body></html>"
# What cannot be kept of a page: all that is too large, packed, or packed wrongly.
KEPT_IN_PART: dict[str, tuple[Any, ...]] = {
    "too large": (BLOCKED + b"x" * 300_000, PAGE),
    "packed": (gzip.compress(BLOCKED), PAGE, GZIP),
    "cut": (gzip.compress(BLOCKED)[:-9], PAGE, GZIP),
    "packed otherwise": (BLOCKED, PAGE, "Content-Encoding: br"),
    "empty": (b"", PAGE),
}


@pytest.mark.fault(86)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_the_page_of_a_firewall_is_no_refusal_and_costs_no_jwt(server, client, status):
    for operation in OPERATIONS:
        error = told_at_once(server, client, operation, say(status, BLOCKED, PAGE))
        assert (type(error), error.cause) == (EndpointError, ApiError("Request blocked"))
        server.requests.clear()
        client.batch_load(["a"])
        assert server.count(EXCHANGE) == 0


@pytest.mark.fault(86)
@pytest.mark.parametrize("way", KEPT_IN_PART)
def test_a_page_that_cannot_be_kept_is_one_all_the_same(server, client, way):
    error = told_at_once(server, client, LIST, say(401, *KEPT_IN_PART[way]))
    assert type(error) is EndpointError
    assert error.reason == ("Status" if way in {"packed otherwise", "empty"} else "Request blocked")


@pytest.mark.fault(86)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_the_page_of_a_firewall_does_not_refuse_the_pat(server, make_client, status):
    client = make_client(server.endpoint, "pat_x")
    server.play(EXCHANGE, say(status, BLOCKED, PAGE))
    error = failure_of(LIST, client)
    assert (type(error), error.message) == (EndpointError, "Failed to authenticate")
    server.play(EXCHANGE, say(status, express_page("Invalid Authorization token"), PAGE))
    assert type(failure_of(AUTHENTICATE, client)) is AuthenticationError
