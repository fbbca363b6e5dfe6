"""Every generated operation: how it fails."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from access_tokens_api.api.tokens import issue_token
from access_tokens_api.models import IssueTokenRequest

from access_tokens import (
    ApiError,
    AuthenticationError,
    ClientClosedError,
    ConflictError,
    InvalidResponseError,
    NotFoundError,
    PermissionDeniedError,
    RequestRejectedError,
    UnavailableError,
    generate_token,
)

from ..helpers.api_calls import (
    EXCHANGE,
    EXCHANGE_PAT,
    ISSUE,
    LIST,
    OPERATIONS,
    REGISTER,
    RESTORE,
    REVOKE,
    UPDATE,
    each,
    failing,
    invoke,
    new_id,
    sent,
)
from ..helpers.operations import keep_jwt

pytestmark = pytest.mark.fault(65)

DRESSES: tuple[Any, ...] = ("json", "html", "text")
UNREADABLE = (
    ("text/html; charset=utf-8", "<html>welcome</html>"),
    ("application/json", '{"records": ['),
    ("application/problem+json", "welcome"),
)


@pytest.mark.fault(62)
@each(ISSUE, REGISTER, UPDATE, REVOKE, RESTORE)
def test_an_id_that_is_taken_and_a_token_that_is_missing_are_told_at_once(warm, service, operation):
    token_id = operation.taken(service)
    is_new = operation in (ISSUE, REGISTER)
    kind = ConflictError if is_new else NotFoundError
    reason = "Token ID already exists" if is_new else "Token not found"
    for service.errors in DRESSES:
        service.clear_requests()
        error = failing(operation, warm, token_id)
        assert error.message == f"Failed to call {operation.title(token_id)}"
        assert (type(error), error.cause) == (kind, ApiError(f"{reason}: {token_id}"))
        assert (error.attempts, error.outcome_unknown, error.token_id) == (1, False, token_id)
        assert sent(service) == [operation.title(token_id)]


@pytest.mark.fault(62)
def test_an_id_is_recognised_decoded(warm, service):
    error = failing(REVOKE, warm, "a/b ä")
    assert error.message == "Failed to call PUT /admin/tokens/a%2Fb%20%C3%A4/revoke"
    assert (type(error), error.token_id) == (NotFoundError, "a/b ä")
    assert len(service.requests) == 1


def test_a_value_that_is_refused_is_told_at_once(warm, service):
    with pytest.raises(RequestRejectedError, match="^Failed to call POST /admin/tokens: "):
        invoke(warm, issue_token, body=IssueTokenRequest(""))
    assert len(service.requests) == 1


def test_a_pat_that_is_refused_is_told_at_once(service, make_client):
    error = failing(EXCHANGE_PAT, make_client(service.endpoint, generate_token().token), "")
    assert (type(error), error.message) == (AuthenticationError, "Failed to call POST /auth/token")
    assert sent(service) == [f"POST {EXCHANGE}"]


@each(LIST, UPDATE)
def test_a_pat_that_is_no_administrators_is_told_at_once(service, make_client, operation):
    client = make_client(service.endpoint, service.issue("x"))
    error = failing(operation, client, operation.token(service))
    assert (type(error), error.cause) == (PermissionDeniedError, ApiError("Admin access required"))
    assert len(service.requests) == 2


@pytest.mark.fault(17)
@each(*OPERATIONS)
def test_an_answer_that_cannot_be_read_is_told_after_one_request(warm, service, operation):
    token_id = operation.token(service)
    for media_type, body in UNREADABLE:
        headers = {"Content-Type": media_type}
        service.fail_next(1, status=200, headers=headers, body=body, path=operation.path_of(token_id))
        error = failing(operation, warm, token_id)
        assert (type(error), error.status_code) == (InvalidResponseError, 200)
        assert error.message == f"Invalid response to {operation.title(token_id)}"
        assert (error.attempts, error.outcome_unknown) == (1, operation.changes)
        assert error.token_id == operation.told(token_id)


@pytest.mark.fault(1)
@each(*OPERATIONS)
def test_a_closed_port_is_told_after_four_attempts(make_client, operation):
    client = make_client("http://127.0.0.1:9", "pat_x")
    keep_jwt(client)
    token_id = new_id()
    error = failing(operation, client, token_id)
    assert (type(error), error.message) == (UnavailableError, f"Failed to call {operation.title(token_id)}")
    assert isinstance(error.cause, httpx.ConnectError)
    assert (error.attempts, error.outcome_unknown) == (4, False)
    assert client.clock.waits == [1.0, 2.0, 4.0]


@pytest.mark.fault(34)
@each(*OPERATIONS)
def test_a_closed_client_is_told_before_any_request(make_client, service, operation):
    client, token_id = make_client(service.endpoint, "pat_x"), new_id()
    api = client.client.api
    client.close()
    error = failing(operation, client, token_id, api=api)
    assert isinstance(error, ClientClosedError)
    assert str(error).startswith(f"Failed to call {operation.title(token_id)}: the client is closed")
    assert (error.outcome_unknown, error.token_id) == (False, operation.told(token_id))
    assert service.requests == []
