"""The flow, stepped by hand: the error that a call ends in, and whether it may have been carried out."""

import attrs
import pytest

from access_tokens import (
    AccessTokensError,
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
from access_tokens._flow.steps import Answer, Send, Wait

from ..helpers.flows import EXCHANGE, ISSUE, LOST, PAT, READ, REVOKE, UNREACHED, Flow, error, started

CHOSEN = attrs.evolve(ISSUE, token_id_chosen_here=True)
TAKEN = error("Token ID already exists: some-id")
REFUSED = [
    'Cannot store invalid token record: [\n  {\n    "path": [],\n    "message": "Bad"\n  }\n]',
    "Invalid secret PHC string: unsupported_algorithm",
]


def thrown(flow: Flow, thrown: AccessTokensError) -> AccessTokensError:
    """Return the error of a flow when the JWT for its next request cannot be got."""
    with pytest.raises(AccessTokensError) as raised:
        flow.flow.throw(thrown)
    return raised.value


@pytest.mark.parametrize("status", [500, 404])
def test_an_unknown_id_is_told_at_once_and_changed_nothing(status):
    problem = started(REVOKE).fails(error("Token not found: some-id", status))
    assert isinstance(problem, NotFoundError)
    assert (problem.token_id, problem.attempts, problem.outcome_unknown) == ("some-id", 1, False)


@pytest.mark.fault(63)
@pytest.mark.parametrize("words", REFUSED)
@pytest.mark.parametrize("status", [500, 400, 503])
def test_a_refused_value_is_told_at_once_and_was_refused_before_too(status, words):
    """An answer that was lost said the same."""
    flow = started(ISSUE, statuses=[400, 500, 503])
    flow.retries(LOST, 1.0)
    problem = flow.fails(error(words, status))
    assert isinstance(problem, RequestRejectedError)
    assert (problem.attempts, problem.outcome_unknown, problem.status_code) == (2, False, status)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (ISSUE, "It cannot store invalid token record"),
        (ISSUE, "cannot store invalid token record: ["),
        (READ, REFUSED[0]),
        (READ, REFUSED[1]),
        (READ, "Cannot load invalid record for token AAAAAAAAAAAAAAAAAAAAA: []"),
        (REVOKE, "Token not found: some-id2"),
        (REVOKE, "Token not found: another"),
        (REVOKE, "Boom"),
    ],
)
def test_what_is_not_the_services_word_on_a_change_or_on_the_id_is_repeated(call, words):
    started(call).retries(error(words), 1.0)


@pytest.mark.fault(63)
def test_a_pat_whose_record_cannot_be_read_is_refused_at_once():
    """Of a value, an exchange refuses none."""
    flow = Flow(exchanging(EXCHANGE, RetryPolicy()))
    flow.reply(PAT)
    assert flow.reply(error(REFUSED[0])) == Wait(1.0)
    assert flow.reply(True) == Send(PAT)
    flow.reply(error('Cannot load invalid record for token id: [{"path": ["owner"], "message": "Bad"}]'))
    problem = flow.fails(PAT)
    assert isinstance(problem, AuthenticationError)
    assert problem.reason == "Cannot load invalid record for token id: owner: Bad"
    assert (problem.attempts, problem.outcome_unknown) == (2, False)


@pytest.mark.parametrize("lost", [LOST, Answer(500), Answer(503)])
@pytest.mark.parametrize(
    ("last", "kind"), [(TAKEN, ConflictError), (Answer(404), EndpointError), (UNREACHED, UnavailableError)]
)
def test_a_lost_answer_leaves_the_outcome_unknown_whatever_follows(lost, last, kind):
    flow = started(ISSUE, retries=2)
    flow.retries(lost, 1.0)
    flow.retries(UNREACHED, 2.0)
    problem = flow.fails(last)
    assert type(problem) is kind
    assert (problem.outcome_unknown, problem.token_id) == (True, "some-id")


@pytest.mark.parametrize("undone", [UNREACHED, Answer(408), Answer(429)])
def test_an_attempt_that_never_acted_leaves_nothing_unknown(undone):
    flow = started(ISSUE)
    flow.retries(undone, 1.0)
    assert not flow.fails(TAKEN).outcome_unknown


@pytest.mark.parametrize(
    ("call", "outcome", "unknown"),
    [
        (REVOKE, LOST, True),
        (REVOKE, Answer(502), True),
        (REVOKE, UNREACHED, False),
        (ISSUE, Answer(501), False),
        (ISSUE, Answer(505), False),
        (ISSUE, TAKEN, False),
        (READ, LOST, False),
    ],
)
def test_a_call_that_fails_for_good_says_whether_it_may_have_been_done(call, outcome, unknown):
    problem = started(call, retries=0).fails(outcome)
    assert (problem.outcome_unknown, problem.attempts) == (unknown, 1)


@pytest.mark.parametrize(
    ("call", "outcome", "unknown"), [(CHOSEN, LOST, True), (READ, LOST, False), (ISSUE, UNREACHED, False)]
)
def test_an_exchange_that_fails_between_attempts_tells_what_may_have_been_done(call, outcome, unknown):
    flow = started(call)
    flow.retries(outcome)
    problem = thrown(flow, UnavailableError("Failed to authenticate"))
    assert type(problem) is UnavailableError
    assert (problem.token_id, problem.outcome_unknown) == (call.token_id, unknown)
    assert problem.token_id_chosen_here is call.token_id_chosen_here


def test_a_client_closed_between_attempts_tells_what_may_have_been_done():
    flow = started(ISSUE)
    flow.retries(LOST)
    problem = thrown(flow, ClientClosedError("Failed to authenticate", cause="the client is closed"))
    assert type(problem) is ClientClosedError
    assert (problem.message, problem.args) == ("Failed to issue token", ("Failed to issue token",))
    assert (problem.token_id, problem.outcome_unknown, problem.attempts) == ("some-id", True, 1)


def test_a_client_closed_before_the_first_attempt_has_done_nothing():
    flow = Flow(calling(ISSUE, RetryPolicy()))
    problem = thrown(flow, ClientClosedError("Failed to authenticate", cause="the client is closed"))
    assert type(problem) is ClientClosedError
    assert str(problem) == "Failed to issue token: the client is closed (token some-id)"
    assert (problem.outcome_unknown, problem.attempts) == (False, 0)
    assert isinstance(problem.cause, RuntimeError)
