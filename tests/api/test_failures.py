"""Every generated operation: how it fails."""

from typing import Any

import pytest

from access_tokens import (
    ApiError,
    AuthenticationError,
    ClientClosedError,
    ConflictError,
    InvalidResponseError,
    NotFoundError,
    generate_token,
)

from ..helpers import api_calls as api

pytestmark = pytest.mark.fault(65)

DRESSES: tuple[Any, ...] = ("json", "html", "text")
UNREADABLE = (
    ("text/html; charset=utf-8", "<html>welcome</html>"),
    ("application/json", '{"records": ['),
    ("application/problem+json", "welcome"),
)


@pytest.mark.fault(62)
@api.each(api.ISSUE, api.REGISTER, api.UPDATE, api.REVOKE, api.RESTORE)
def test_an_id_that_is_taken_and_a_token_that_is_missing_are_told_at_once(warm, service, operation):
    token_id = operation.taken(service)
    is_new = operation in (api.ISSUE, api.REGISTER)
    kind = ConflictError if is_new else NotFoundError
    reason = "Token ID already exists" if is_new else "Token not found"
    for service.errors in DRESSES:
        service.clear_requests()
        error = api.failing(operation, warm, token_id)
        assert error.message == f"Failed to call {operation.title(token_id)}"
        assert (type(error), error.cause) == (kind, ApiError(f"{reason}: {token_id}"))
        assert (error.attempts, error.outcome_unknown, error.token_id) == (1, False, token_id)
        assert api.sent(service) == [operation.title(token_id)]


@pytest.mark.fault(62)
def test_an_id_is_recognised_decoded(warm, service):
    error = api.failing(api.REVOKE, warm, "a/b ä")
    assert error.message == "Failed to call PUT /admin/tokens/a%2Fb%20%C3%A4/revoke"
    assert (type(error), error.token_id) == (NotFoundError, "a/b ä")
    assert len(service.requests) == 1


def test_a_pat_that_is_refused_is_told_at_once(service, make_client):
    error = api.failing(api.EXCHANGE_PAT, make_client(service.endpoint, generate_token().token), "")
    assert (type(error), error.message) == (AuthenticationError, "Failed to call POST /auth/token")
    assert api.sent(service) == [f"POST {api.EXCHANGE}"]


@pytest.mark.fault(17)
@api.each(*api.OPERATIONS)
def test_an_answer_that_cannot_be_read_is_told_after_one_request(warm, service, operation):
    token_id = operation.token(service)
    for media_type, body in UNREADABLE:
        headers = {"Content-Type": media_type}
        service.fail_next(1, status=200, headers=headers, body=body, path=operation.path_of(token_id))
        error = api.failing(operation, warm, token_id)
        assert (type(error), error.status_code) == (InvalidResponseError, 200)
        assert error.message == f"Invalid response to {operation.title(token_id)}"
        assert (error.attempts, error.outcome_unknown) == (1, operation.changes)
        assert error.token_id == operation.told(token_id)


@pytest.mark.fault(34)
@api.each(*api.OPERATIONS)
def test_a_closed_client_is_told_before_any_request(make_client, service, operation):
    client, token_id = make_client(service.endpoint, "pat_x"), api.new_id()
    client_api = client.client.api
    client.close()
    error = api.failing(operation, client, token_id, api=client_api)
    assert isinstance(error, ClientClosedError)
    assert str(error).startswith(f"Failed to call {operation.title(token_id)}: the client is closed")
    assert (error.outcome_unknown, error.token_id) == (False, operation.told(token_id))
    assert service.requests == []
