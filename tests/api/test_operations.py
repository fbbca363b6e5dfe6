"""Every generated operation: what it does, and when it is repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access_tokens import (
    RateLimitedError,
    RetryPolicy,
    UnavailableError,
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
    UPDATE,
    WITH_JWT,
    bearer,
    each,
    failing,
    sent,
)

Make = Callable[..., Any]


class TestSuccess:
    @each(*OPERATIONS)
    def test_the_answer_is_the_parsed_one(self, warm, service, operation):
        answer = operation.call(warm, operation.token(service))
        assert isinstance(answer, operation.parsed or type(None))

    @each(*OPERATIONS)
    def test_the_detailed_form_has_the_status_as_well(self, warm, service, operation):
        response = operation.call(warm, operation.token(service), form="_detailed")
        assert response.status_code == operation.status
        assert isinstance(response.parsed, operation.parsed or type(None))

    @each(*WITH_JWT)
    def test_the_first_call_exchanges_the_pat_once_and_goes_with_the_jwt(self, client, service, operation):
        token_id = operation.token(service)
        operation.call(client, token_id)
        assert sent(service) == [f"POST {EXCHANGE}", operation.title(token_id)]
        assert bearer(service, 0) == service.admin_pat
        assert service.verify(bearer(service))["sub"] == service.admin_token_id

    def test_the_exchange_goes_with_the_pat_and_exchanges_nothing_before(self, client, service):
        grant = EXCHANGE_PAT.call(client, "")
        assert service.verify(grant.access_token)["sub"] == service.admin_token_id
        assert sent(service) == [f"POST {EXCHANGE}"]
        assert bearer(service) == service.admin_pat

    def test_what_it_does_is_done(self, warm, service):
        token_id = ISSUE.token(service)
        assert ISSUE.call(warm, token_id).record.token_id == token_id
        assert UPDATE.call(warm, token_id) is None
        assert (service.record(token_id) or {})["owner"] == "y"
        assert REVOKE.call(warm, token_id) is None
        assert "revokedAt" in (service.record(token_id) or {})
        assert RESTORE.call(warm, token_id) is None
        assert "revokedAt" not in (service.record(token_id) or {})
        assert [record.token_id for record in BATCH.call(warm, token_id).found] == [token_id]
        assert REGISTER.call(warm, REGISTER.token(service)).record.owner == "x"

    @pytest.mark.fault(31, 65)
    def test_any_number_of_cold_callers_share_one_exchange(self, client, service):
        name = "sync" if not hasattr(client, "portal") else "asyncio"
        results = client.at_once(20, lambda c: getattr(LIST.module, name)(client=c.api))
        assert [type(result) for result in results] == [LIST.parsed] * 20
        assert service.exchanges == 1


@pytest.mark.fault(65)
class TestRepeats:
    @each(*WITH_JWT)
    def test_a_jwt_that_is_refused_is_replaced_once(self, warm, service, operation):
        token_id = operation.token(service)
        service.rotate_key()
        operation.call(warm, token_id)
        assert sent(service) == [operation.title(token_id), f"POST {EXCHANGE}", operation.title(token_id)]
        assert warm.clock.waits == []

    def test_an_exchange_needs_no_jwt(self, warm, service):
        service.rotate_key()
        EXCHANGE_PAT.call(warm, "")
        assert sent(service) == [f"POST {EXCHANGE}"]

    @each(*(operation for operation in OPERATIONS if operation.again))
    def test_a_failure_that_may_pass_is_repeated(self, warm, service, operation):
        token_id = operation.token(service)
        service.fail_next(2, status=503, path=operation.path_of(token_id))
        operation.call(warm, token_id)
        assert sent(service) == [operation.title(token_id)] * 3
        assert warm.clock.waits == [1.0, 2.0]

    def test_a_registration_that_may_have_been_done_is_not_repeated(self, warm, service):
        token_id = REGISTER.token(service)
        service.fail_next(1, status=503, path=REGISTER.path_of(token_id))
        error = failing(REGISTER, warm, token_id)
        assert (type(error), error.status_code) == (UnavailableError, 503)
        assert (error.attempts, error.outcome_unknown, error.token_id) == (1, True, token_id)

    @each(*OPERATIONS)
    def test_what_cannot_have_been_done_is_repeated(self, warm, service, operation):
        token_id = operation.token(service)
        for status in (408, 429):
            service.fail_next(1, status=status, path=operation.path_of(token_id))
        operation.call(warm, token_id)
        assert sent(service) == [operation.title(token_id)] * 3

    @each(*OPERATIONS)
    def test_the_policy_is_the_clients(self, service, make_client, operation):
        client = make_client(service.endpoint, service.admin_pat, retry=RetryPolicy(retries=0))
        client.authenticate()
        token_id = operation.token(service)
        headers = {"Retry-After": "7"}
        service.fail_next(1, status=429, headers=headers, path=operation.path_of(token_id))
        error = failing(operation, client, token_id)
        assert (type(error), error.attempts, error.retry_after) == (RateLimitedError, 1, 7.0)
        assert not error.outcome_unknown

    @each(LIST, UPDATE, EXCHANGE_PAT)
    def test_the_deadline_is_the_clients(self, service, make_client, operation):
        client = make_client(service.endpoint, service.admin_pat, deadline=5.0, retry=RetryPolicy(retries=9))
        client.authenticate()
        token_id = operation.token(service)
        service.fail_next(9, status=503, path=operation.path_of(token_id))
        error = failing(operation, client, token_id)
        assert (type(error), error.attempts) == (UnavailableError, 3)
        assert (client.clock.waits, error.outcome_unknown) == ([1.0, 2.0], operation.changes)
