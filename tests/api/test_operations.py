"""Every generated operation: what it does, and when it is repeated."""

from __future__ import annotations

import pytest
from access_tokens_api.api.tokens import issue_token
from access_tokens_api.models import IssueTokenRequest

from access_tokens import ConflictError, NotFoundError, RateLimitedError, RetryPolicy, UnavailableError

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
    WITH_JWT,
    bearer,
    each,
    failing,
    invoke,
    sent,
)

pytestmark = pytest.mark.fault(65)


@each(*OPERATIONS)
def test_the_answer_is_the_parsed_one_and_in_the_detailed_form_has_its_status(warm, service, operation):
    expected = operation.parsed or type(None)
    assert isinstance(operation.call(warm, operation.token(service)), expected)
    response = operation.call(warm, operation.token(service), form="_detailed")
    assert response.status_code == operation.status
    assert isinstance(response.parsed, expected)


@each(*WITH_JWT)
def test_the_first_call_exchanges_the_pat_once_and_goes_with_the_jwt(client, service, operation):
    token_id = operation.token(service)
    operation.call(client, token_id)
    assert sent(service) == [f"POST {EXCHANGE}", operation.title(token_id)]
    assert bearer(service, 0) == service.admin_pat
    assert service.verify(bearer(service))["sub"] == service.admin_token_id


def test_the_exchange_goes_with_the_pat_and_exchanges_nothing_before(client, service):
    grant = EXCHANGE_PAT.call(client, "")
    assert service.verify(grant.access_token)["sub"] == service.admin_token_id
    assert sent(service) == [f"POST {EXCHANGE}"]
    assert bearer(service) == service.admin_pat


def test_what_it_does_is_done(warm, service):
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


@each(*WITH_JWT)
def test_a_jwt_that_is_refused_is_replaced_once(warm, service, operation):
    token_id = operation.token(service)
    service.rotate_key()
    operation.call(warm, token_id)
    assert sent(service) == [operation.title(token_id), f"POST {EXCHANGE}", operation.title(token_id)]
    assert warm.clock.waits == []


@each(*(operation for operation in OPERATIONS if operation.again))
def test_a_failure_that_may_pass_is_repeated(warm, service, operation):
    token_id = operation.token(service)
    service.fail_next(2, status=503, path=operation.path_of(token_id))
    operation.call(warm, token_id)
    assert sent(service) == [operation.title(token_id)] * 3
    assert warm.clock.waits == [1.0, 2.0]


@each(*OPERATIONS)
def test_what_cannot_have_been_done_is_repeated(warm, service, operation):
    token_id = operation.token(service)
    for status in (408, 429):
        service.fail_next(1, status=status, path=operation.path_of(token_id))
    operation.call(warm, token_id)
    assert sent(service) == [operation.title(token_id)] * 3


@pytest.mark.fault(45)
@each(LIST, BATCH, UPDATE, REVOKE, RESTORE, EXCHANGE_PAT)
def test_what_may_be_done_twice_is_repeated_when_its_answer_is_lost(warm, service, operation):
    token_id = operation.token(service)
    for after in (False, True):
        service.drop_next(1, path=operation.path_of(token_id), after=after)
    assert isinstance(operation.call(warm, token_id), operation.parsed or type(None))
    assert sent(service) == [operation.title(token_id)] * 3


@pytest.mark.fault(45)
def test_an_issue_with_an_id_is_repeated_and_a_conflict_of_unknown_outcome_if_it_was_done(warm, service):
    token_id = ISSUE.token(service)
    service.drop_next(1, path=TOKENS)
    assert ISSUE.call(warm, token_id).record.token_id == token_id
    token_id = ISSUE.token(service)
    service.drop_next(1, path=TOKENS, after=True)
    error = failing(ISSUE, warm, token_id)
    assert isinstance(error, ConflictError)
    assert (error.attempts, error.outcome_unknown, error.token_id) == (2, True, token_id)


@pytest.mark.fault(45)
def test_an_issue_without_an_id_is_not_repeated(warm, service):
    service.drop_next(1, path=TOKENS, after=True)
    with pytest.raises(UnavailableError, match="^Failed to call POST /admin/tokens: ") as raised:
        invoke(warm, issue_token, body=IssueTokenRequest("x"))
    assert (raised.value.attempts, raised.value.outcome_unknown) == (1, True)


@pytest.mark.fault(45)
@pytest.mark.parametrize("after", [False, True])
def test_a_registration_that_may_have_been_done_is_not_repeated(warm, service, after):
    token_id = REGISTER.token(service)
    service.drop_next(1, path=REGISTER.path_of(token_id), after=after)
    error = failing(REGISTER, warm, token_id)
    assert isinstance(error, UnavailableError)
    assert (error.attempts, error.outcome_unknown, error.token_id) == (1, True, token_id)
    assert (service.record(token_id) is not None) is after


@pytest.mark.fault(45, 62)
@each(UPDATE, REVOKE, RESTORE)
def test_a_token_that_is_missing_after_a_lost_answer_was_missing_before(warm, service, operation):
    token_id = operation.taken(service)
    service.drop_next(1, path=operation.path_of(token_id), after=True)
    error = failing(operation, warm, token_id)
    assert (type(error), error.attempts, error.outcome_unknown) == (NotFoundError, 2, False)


@each(LIST, UPDATE, EXCHANGE_PAT)
def test_the_policy_and_the_deadline_are_the_clients(service, make_client, operation):
    client = make_client(service.endpoint, service.admin_pat, deadline=5.0, retry=RetryPolicy(retries=9))
    client.authenticate()
    token_id = operation.token(service)
    path = operation.path_of(token_id)
    service.fail_next(9, status=503, path=path)
    error = failing(operation, client, token_id)
    assert (type(error), error.attempts, client.clock.waits) == (UnavailableError, 3, [1.0, 2.0])
    assert error.outcome_unknown is operation.changes
    service.clear_faults()
    service.fail_next(1, status=429, headers={"Retry-After": "7"}, path=path)
    error = failing(operation, client, token_id)
    assert (type(error), error.attempts, error.retry_after) == (RateLimitedError, 1, 7.0)
    assert not error.outcome_unknown
