"""Every generated operation: how it fails."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

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
    BATCH,
    EXCHANGE,
    EXCHANGE_PAT,
    ISSUE,
    LIST,
    OPERATIONS,
    REGISTER,
    RESTORE,
    REVOKE,
    TOKENS,
    UPDATE,
    each,
    failing,
    invoke,
    sent,
)

Make = Callable[..., Any]
DRESSES: tuple[Any, ...] = ("json", "html", "text")
UNREADABLE = (
    ("text/html; charset=utf-8", "<html>welcome</html>"),
    ("application/json", '{"records": ['),
    ("application/problem+json", "welcome"),
)


@pytest.mark.fault(45, 65)
class TestLostAnswers:
    @each(LIST, BATCH, UPDATE, REVOKE, RESTORE, EXCHANGE_PAT)
    def test_what_may_be_done_twice_is_repeated(self, warm, service, operation):
        token_id = operation.token(service)
        for after in (False, True):
            service.drop_next(1, path=operation.path_of(token_id), after=after)
        assert isinstance(operation.call(warm, token_id), operation.parsed or type(None))
        assert sent(service) == [operation.title(token_id)] * 3

    def test_an_issue_with_an_id_that_was_lost_on_the_way_is_done_once(self, warm, service):
        token_id = ISSUE.token(service)
        service.drop_next(1, path=TOKENS)
        assert ISSUE.call(warm, token_id).record.token_id == token_id

    def test_an_issue_with_an_id_that_was_done_is_a_conflict_of_unknown_outcome(self, warm, service):
        token_id = ISSUE.token(service)
        service.drop_next(1, path=TOKENS, after=True)
        error = failing(ISSUE, warm, token_id)
        assert isinstance(error, ConflictError)
        assert (error.attempts, error.outcome_unknown, error.token_id) == (2, True, token_id)

    def test_an_issue_without_an_id_is_not_repeated(self, warm, service):
        service.drop_next(1, path=TOKENS, after=True)
        with pytest.raises(UnavailableError, match="^Failed to call POST /admin/tokens: ") as raised:
            invoke(warm, issue_token, body=IssueTokenRequest("x"))
        assert (raised.value.attempts, raised.value.outcome_unknown) == (1, True)

    @pytest.mark.parametrize("after", [False, True])
    def test_a_registration_is_not_repeated(self, warm, service, after):
        token_id = REGISTER.token(service)
        service.drop_next(1, path=REGISTER.path_of(token_id), after=after)
        error = failing(REGISTER, warm, token_id)
        assert isinstance(error, UnavailableError)
        assert (error.attempts, error.outcome_unknown, error.token_id) == (1, True, token_id)
        assert (service.record(token_id) is not None) is after


@pytest.mark.fault(62, 65)
class TestRefusals:
    @each(ISSUE, REGISTER)
    def test_an_id_that_is_taken_is_told_at_once(self, warm, service, operation):
        token_id = operation.taken(service)
        for service.errors, service.documented in product(DRESSES, (False, True)):
            service.clear_requests()
            error = failing(operation, warm, token_id)
            assert error.message == f"Failed to call {operation.title(token_id)}"
            assert (type(error), error.cause) == (
                ConflictError,
                ApiError(f"Token ID already exists: {token_id}"),
            )
            assert (error.attempts, error.outcome_unknown, error.token_id) == (1, False, token_id)
            assert sent(service) == [operation.title(token_id)]

    @each(UPDATE, REVOKE, RESTORE)
    def test_a_token_that_is_missing_is_told_at_once(self, warm, service, operation):
        token_id = operation.taken(service)
        for service.errors, service.documented in product(DRESSES, (False, True)):
            service.clear_requests()
            error = failing(operation, warm, token_id)
            assert error.message == f"Failed to call {operation.title(token_id)}"
            assert (type(error), error.cause) == (NotFoundError, ApiError(f"Token not found: {token_id}"))
            assert (error.attempts, error.outcome_unknown, error.token_id) == (1, False, token_id)
            assert sent(service) == [operation.title(token_id)]

    @each(UPDATE, REVOKE, RESTORE)
    def test_a_token_that_is_missing_now_was_missing_before(self, warm, service, operation):
        token_id = operation.taken(service)
        service.drop_next(1, path=operation.path_of(token_id), after=True)
        error = failing(operation, warm, token_id)
        assert (type(error), error.attempts, error.outcome_unknown) == (NotFoundError, 2, False)

    def test_an_id_is_recognised_decoded(self, warm, service):
        error = failing(REVOKE, warm, "a/b ä")
        assert error.message == "Failed to call PUT /admin/tokens/a%2Fb%20%C3%A4/revoke"
        assert (type(error), error.token_id) == (NotFoundError, "a/b ä")
        assert len(service.requests) == 1

    def test_a_value_that_is_refused_is_told_at_once(self, warm, service):
        with pytest.raises(RequestRejectedError, match="^Failed to call POST /admin/tokens: "):
            invoke(warm, issue_token, body=IssueTokenRequest(""))
        assert len(service.requests) == 1

    def test_a_pat_that_is_refused_is_told_at_once(self, service, make_client):
        error = failing(EXCHANGE_PAT, make_client(service.endpoint, generate_token().token), "")
        assert (type(error), error.message) == (AuthenticationError, "Failed to call POST /auth/token")
        assert sent(service) == [f"POST {EXCHANGE}"]

    @each(LIST, UPDATE)
    def test_a_pat_that_is_no_administrators_is_told_at_once(self, service, make_client, operation):
        client = make_client(service.endpoint, service.issue("x"))
        error = failing(operation, client, operation.token(service))
        assert (type(error), error.cause) == (PermissionDeniedError, ApiError("Admin access required"))
        assert len(service.requests) == 2


@pytest.mark.fault(17, 65)
class TestUnreadableAnswers:
    @each(*OPERATIONS)
    def test_it_is_told_after_one_request(self, warm, service, operation):
        token_id = operation.token(service)
        for media_type, body in UNREADABLE:
            headers = {"Content-Type": media_type}
            service.fail_next(1, status=200, headers=headers, body=body, path=operation.path_of(token_id))
            error = failing(operation, warm, token_id)
            assert (type(error), error.status_code) == (InvalidResponseError, 200)
            assert error.message == f"Invalid response to {operation.title(token_id)}"
            assert (error.attempts, error.outcome_unknown) == (1, operation.changes)
            assert error.token_id == operation.told(token_id)


@pytest.mark.fault(34, 65)
class TestClosedClients:
    @each(*OPERATIONS)
    def test_it_is_told_before_any_request(self, warm, service, operation):
        token_id, api = operation.token(service), warm.client.api
        warm.close()
        with pytest.raises(ClientClosedError) as raised:
            operation.call(warm, token_id, api=api)
        error = raised.value
        assert str(error).startswith(f"Failed to call {operation.title(token_id)}: the client is closed")
        assert (error.outcome_unknown, error.token_id) == (False, operation.told(token_id))
        assert service.requests == []
