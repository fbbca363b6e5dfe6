"""Every generated operation: what it does, and when it is repeated."""

import pytest
from access_tokens_api.api.tokens import issue_token
from access_tokens_api.models import IssueTokenRequest

from access_tokens import ConflictError, RateLimitedError, RetryPolicy, UnavailableError

from ..helpers import api_calls as api

pytestmark = pytest.mark.fault(65)


@api.each(*api.OPERATIONS)
def test_the_answer_is_the_parsed_one_and_in_the_detailed_form_has_its_status(warm, service, operation):
    expected = operation.parsed or type(None)
    assert isinstance(operation.call(warm, operation.token(service)), expected)
    response = operation.call(warm, operation.token(service), form="_detailed")
    assert response.status_code == operation.status
    assert isinstance(response.parsed, expected)


def test_what_it_does_is_done(warm, service):
    token_id = api.ISSUE.token(service)
    assert api.ISSUE.call(warm, token_id).record.token_id == token_id
    assert api.UPDATE.call(warm, token_id) is None
    assert (service.record(token_id) or {})["owner"] == "y"
    assert api.REVOKE.call(warm, token_id) is None
    assert "revokedAt" in (service.record(token_id) or {})
    assert api.RESTORE.call(warm, token_id) is None
    assert "revokedAt" not in (service.record(token_id) or {})
    assert [record.token_id for record in api.BATCH.call(warm, token_id).found] == [token_id]
    assert api.REGISTER.call(warm, api.REGISTER.token(service)).record.owner == "x"


@api.each(*api.WITH_JWT)
def test_a_jwt_that_is_refused_is_replaced_once(warm, service, operation):
    token_id = operation.token(service)
    service.rotate_key()
    operation.call(warm, token_id)
    assert api.sent(service) == [operation.title(token_id), f"POST {api.EXCHANGE}", operation.title(token_id)]
    assert warm.clock.waits == []


@api.each(*api.OPERATIONS)
def test_a_failure_that_may_pass_is_repeated(warm, service, operation):
    """Whatever the operation, if nothing can have been done; or else if it may be done twice."""
    token_id = operation.token(service)
    for status in (408, 429, 503) if operation.again else (408, 429):
        service.fail_next(1, status=status, path=operation.path_of(token_id))
    operation.call(warm, token_id)
    assert api.sent(service) == [operation.title(token_id)] * (4 if operation.again else 3)
    assert warm.clock.waits == ([1.0, 2.0, 4.0] if operation.again else [1.0, 2.0])


@pytest.mark.fault(45)
@api.each(api.LIST, api.BATCH, api.UPDATE, api.REVOKE, api.RESTORE, api.EXCHANGE_PAT)
def test_what_may_be_done_twice_is_repeated_when_its_answer_is_lost(warm, service, operation):
    token_id = operation.token(service)
    for after in (False, True):
        service.drop_next(1, path=operation.path_of(token_id), after=after)
    assert isinstance(operation.call(warm, token_id), operation.parsed or type(None))
    assert api.sent(service) == [operation.title(token_id)] * 3


@pytest.mark.fault(45)
def test_an_issue_with_an_id_is_repeated_and_a_conflict_of_unknown_outcome_if_it_was_done(warm, service):
    token_id = api.ISSUE.token(service)
    service.drop_next(1, path=api.TOKENS)
    assert api.ISSUE.call(warm, token_id).record.token_id == token_id
    token_id = api.ISSUE.token(service)
    service.drop_next(1, path=api.TOKENS, after=True)
    error = api.failing(api.ISSUE, warm, token_id)
    assert isinstance(error, ConflictError)
    assert (error.attempts, error.outcome_unknown, error.token_id) == (2, True, token_id)


@pytest.mark.fault(45)
def test_an_issue_without_an_id_is_not_repeated(warm, service):
    service.drop_next(1, path=api.TOKENS, after=True)
    with pytest.raises(UnavailableError, match="^Failed to call POST /admin/tokens: ") as raised:
        api.invoke(warm, issue_token, body=IssueTokenRequest("x"))
    assert (raised.value.attempts, raised.value.outcome_unknown) == (1, True)


@pytest.mark.fault(45)
@pytest.mark.parametrize("after", [False, True])
def test_a_registration_that_may_have_been_done_is_not_repeated(warm, service, after):
    token_id = api.REGISTER.token(service)
    service.drop_next(1, path=api.REGISTER.path_of(token_id), after=after)
    error = api.failing(api.REGISTER, warm, token_id)
    assert isinstance(error, UnavailableError)
    assert (error.attempts, error.outcome_unknown, error.token_id) == (1, True, token_id)
    assert (service.record(token_id) is not None) is after


@api.each(api.LIST, api.UPDATE, api.EXCHANGE_PAT)
def test_the_policy_and_the_deadline_are_the_clients(service, make_client, operation):
    client = make_client(service.endpoint, service.admin_pat, deadline=5.0, retry=RetryPolicy(retries=9))
    client.authenticate()
    token_id = operation.token(service)
    path = operation.path_of(token_id)
    service.fail_next(9, status=503, path=path)
    error = api.failing(operation, client, token_id)
    assert (type(error), error.attempts, client.clock.waits) == (UnavailableError, 3, [1.0, 2.0])
    assert error.outcome_unknown is operation.changes
    service.clear_faults()
    service.fail_next(1, status=429, headers={"Retry-After": "7"}, path=path)
    error = api.failing(operation, client, token_id)
    assert (type(error), error.attempts, error.retry_after) == (RateLimitedError, 1, 7.0)
    assert not error.outcome_unknown
