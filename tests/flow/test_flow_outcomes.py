"""The flow, stepped by hand: the error that a call ends in, and what it may have done."""

from __future__ import annotations

import pytest

from access_tokens import (
    AuthenticationError,
    ClientClosedError,
    ConflictError,
    EndpointError,
    NotFoundError,
    RequestRejectedError,
    RetryPolicy,
    UnavailableError,
)
from access_tokens._flow.flow import calling, exchanging
from access_tokens._flow.steps import Answer, Wait

from ..helpers.flows import (
    EXCHANGE,
    ISSUE,
    LOST,
    OLD,
    PAT,
    READ,
    REVOKE,
    UNREACHED,
    Flow,
    answer,
    error,
    started,
)


@pytest.mark.parametrize("status", [500, 404])
def test_an_unknown_id_is_told_at_once_and_changed_nothing(status):
    problem = started(REVOKE).fails(error("Token not found: some-id", status))
    assert isinstance(problem, NotFoundError)
    assert (problem.token_id, problem.attempts, problem.outcome_unknown) == ("some-id", 1, False)


def test_a_refusal_may_stand_in_the_details():
    body = {"error": {"message": "Internal error", "details": "Error: Token not found: some-id\n  at f"}}
    assert isinstance(started(REVOKE).fails(answer(500, body)), NotFoundError)


REFUSED = [
    'Cannot store invalid token record: [\n  {\n    "path": [],\n    "message": "Bad"\n  }\n]',
    "Invalid secret PHC string: unsupported_algorithm",
]


@pytest.mark.fault(63)
@pytest.mark.parametrize("words", REFUSED)
@pytest.mark.parametrize("status", [500, 400, 503])
def test_a_refused_value_is_told_at_once_whatever_the_status(status, words):
    flow = started(ISSUE, statuses=[400, 500, 503])
    problem = flow.fails(error(words, status))
    assert isinstance(problem, RequestRejectedError)
    assert (problem.attempts, problem.outcome_unknown, problem.status_code) == (1, False, status)


@pytest.mark.fault(63)
def test_a_value_that_is_refused_was_refused_before_too():
    """An answer that was lost said the same."""
    flow = started(ISSUE)
    flow.retries(LOST, 1.0)
    assert not flow.fails(error(REFUSED[0])).outcome_unknown


@pytest.mark.parametrize(
    "words", ["It cannot store invalid token record", "cannot store invalid token record: ["]
)
def test_only_the_services_own_words_refuse_a_value(words):
    started(ISSUE).retries(error(words), 1.0)


@pytest.mark.parametrize(
    "words", [*REFUSED, "Cannot load invalid record for token AAAAAAAAAAAAAAAAAAAAA: []"]
)
def test_what_is_said_of_a_record_counts_where_a_token_is_changed(words):
    started(READ).retries(error(words), 1.0)


@pytest.mark.fault(63)
def test_a_pat_whose_record_cannot_be_read_is_refused_at_once():
    flow = Flow(exchanging(EXCHANGE, PAT, RetryPolicy()))
    problem = flow.fails(
        error('Cannot load invalid record for token id: [{"path": ["owner"], "message": "Bad"}]')
    )
    assert isinstance(problem, AuthenticationError)
    assert problem.reason == "Cannot load invalid record for token id: owner: Bad"
    assert (problem.attempts, problem.outcome_unknown) == (1, False)


@pytest.mark.parametrize("words", REFUSED)
def test_an_exchange_refuses_no_values(words):
    assert Flow(exchanging(EXCHANGE, PAT, RetryPolicy())).reply(error(words)) == Wait(1.0)


@pytest.mark.parametrize("status", [501, 505])
def test_a_service_that_does_not_know_the_request_has_not_acted(status):
    assert not started(ISSUE).fails(Answer(status)).outcome_unknown


def test_the_text_of_a_status_shows_no_secret():
    refused = Answer(400, reason="no old-jwt here", known=(OLD.token,))
    assert started().fails(refused).cause == "no [hidden] here"


@pytest.mark.parametrize("text", ["Token not found: some-id2", "Token not found: another", "Boom"])
def test_a_500_that_does_not_name_the_id_is_repeated(text):
    started(REVOKE).retries(error(text), 1.0)


def test_an_id_that_is_taken_is_told_at_once():
    problem = started(ISSUE).fails(error("Token ID already exists: some-id"))
    assert isinstance(problem, ConflictError)
    assert not problem.outcome_unknown


@pytest.mark.parametrize("lost", [LOST, Answer(500), Answer(503)])
def test_an_id_that_is_taken_after_a_lost_answer_leaves_the_outcome_unknown(lost):
    flow = started(ISSUE)
    flow.retries(lost, 1.0)
    problem = flow.fails(error("Token ID already exists: some-id"))
    assert isinstance(problem, ConflictError)
    assert (problem.outcome_unknown, problem.token_id) == (True, "some-id")


@pytest.mark.parametrize("undone", [UNREACHED, Answer(408), Answer(429)])
def test_an_attempt_that_never_acted_leaves_nothing_unknown(undone):
    flow = started(ISSUE)
    flow.retries(undone, 1.0)
    assert not flow.fails(error("Token ID already exists: some-id")).outcome_unknown


@pytest.mark.parametrize(("outcome", "unknown"), [(LOST, True), (Answer(502), True), (UNREACHED, False)])
def test_a_change_that_fails_for_good_says_whether_it_may_have_been_done(outcome, unknown):
    assert started(REVOKE, retries=0).fails(outcome).outcome_unknown is unknown


def test_a_bare_404_after_a_lost_answer_leaves_the_outcome_unknown():
    flow = started(REVOKE)
    flow.retries(LOST, 1.0)
    problem = flow.fails(Answer(404))
    assert isinstance(problem, EndpointError)
    assert problem.outcome_unknown


def test_a_lost_attempt_stays_unknown_whatever_follows():
    flow = started(ISSUE, retries=1)
    flow.retries(LOST, 1.0)
    assert flow.fails(UNREACHED).outcome_unknown


def test_a_call_that_only_reads_has_no_unknown_outcome():
    assert not started(READ, retries=0).fails(LOST).outcome_unknown


def test_an_exchange_that_fails_between_attempts_tells_what_may_have_been_done():
    flow = started(ISSUE)
    flow.retries(LOST)
    with pytest.raises(UnavailableError) as raised:
        flow.flow.throw(UnavailableError("Failed to authenticate"))
    assert (raised.value.token_id, raised.value.outcome_unknown) == ("some-id", True)


def test_a_client_closed_between_attempts_tells_what_may_have_been_done():
    flow = started(ISSUE)
    flow.retries(LOST)
    with pytest.raises(ClientClosedError) as raised:
        flow.flow.throw(ClientClosedError("Failed to authenticate", cause="the client is closed"))
    error = raised.value
    assert (error.message, error.args) == ("Failed to issue token", ("Failed to issue token",))
    assert (error.token_id, error.outcome_unknown, error.attempts) == ("some-id", True, 1)


@pytest.mark.parametrize(("call", "lost"), [(READ, True), (ISSUE, False)])
def test_an_exchange_that_fails_leaves_nothing_unknown_where_nothing_was_changed(call, lost):
    flow = started(call)
    flow.retries(LOST if lost else UNREACHED)
    with pytest.raises(UnavailableError) as raised:
        flow.flow.throw(UnavailableError("Failed to authenticate"))
    assert raised.value.outcome_unknown is False


def test_a_client_closed_before_the_first_attempt_has_done_nothing():
    flow = Flow(calling(ISSUE, RetryPolicy()))
    with pytest.raises(ClientClosedError) as raised:
        flow.flow.throw(ClientClosedError("Failed to authenticate", cause="the client is closed"))
    assert str(raised.value) == "Failed to issue token: the client is closed (token some-id)"
    assert (raised.value.outcome_unknown, raised.value.attempts) == (False, 0)
    assert isinstance(raised.value.cause, RuntimeError)
