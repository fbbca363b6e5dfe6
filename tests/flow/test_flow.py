"""The flow, stepped by hand: which steps a call takes."""

import attrs
import pytest

from access_tokens import (
    AuthenticationError,
    EndpointError,
    InvalidResponseError,
    RateLimitedError,
    RetryPolicy,
)
from access_tokens._flow.flow import authorizing, exchanging
from access_tokens._flow.jwt import Authorization
from access_tokens._flow.steps import ANY_JWT, Answer, Authorize, Discard, Failure, ReadPat, Send, Wait

from ..helpers.flows import (
    EXCHANGE,
    GOT,
    LOST,
    NEW,
    NEW_PAT,
    OK,
    OLD,
    PAT,
    UNREACHED,
    Flow,
    error,
    started,
)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_a_call_sends_the_jwt_and_returns_an_answer_of_any_2xx(status):
    assert started().ends(Answer(status)) == Answer(status)


@pytest.mark.fault(3, 11)
@pytest.mark.parametrize("outcome", [UNREACHED, LOST, *(Answer(s) for s in (408, 429, 500, 502, 503, 504))])
def test_a_passing_failure_is_repeated_after_1_2_and_4_seconds(outcome):
    flow = started()
    flow.retries(outcome, 1.0)
    flow.retries(outcome, 2.0)
    flow.retries(outcome, 4.0)
    assert flow.fails(outcome).attempts == 4


def test_a_success_after_retries_tells_how_many_requests_it_took():
    flow = started()
    flow.retries(Answer(503), 1.0)
    flow.retries(LOST, 2.0)
    assert flow.ends(OK).attempts == 3


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    "status", [400, 403, 404, 409, 410, 413, 415, 422, 501, 505, 520, 599, 300, 301, 307]
)
def test_any_other_status_fails_at_once(status):
    problem = started().fails(Answer(status, reason="Its text"))
    assert (problem.status_code, problem.attempts, problem.cause) == (status, 1, "Its text")


@pytest.mark.parametrize(
    ("kind", "message"),
    [(EndpointError, "Failed to list tokens"), (InvalidResponseError, "Invalid list tokens response")],
)
def test_a_failure_that_cannot_pass_fails_at_once(kind, message):
    failure = Failure(ValueError("no"), acted=True, kind=kind)
    problem = started().fails(failure)
    assert type(problem) is kind
    assert (problem.message, problem.cause, problem.attempts) == (message, failure.cause, 1)


@pytest.mark.parametrize("policy", [{"retries": 0}, {"statuses": {502}}])
def test_retries_and_statuses_are_the_policys_to_choose(policy):
    assert started(**policy).fails(Answer(503)).attempts == 1


@pytest.mark.fault(13)
@pytest.mark.parametrize("seconds", [0.0, 5.0, 120.0])
def test_retry_after_replaces_the_wait_and_counts_as_an_attempt(seconds):
    flow = started(retries=1)
    flow.retries(Answer(429, retry_after=seconds), seconds)
    problem = flow.fails(Answer(429, retry_after=seconds))
    assert (problem.attempts, problem.retry_after) == (2, seconds)
    assert isinstance(problem, RateLimitedError)


@pytest.mark.fault(15)
def test_a_retry_after_over_the_ceiling_fails_at_once():
    problem = started().fails(Answer(503, retry_after=121.0))
    assert (problem.retry_after, problem.attempts) == (121.0, 1)


def test_a_wait_that_the_deadline_does_not_allow_fails_with_the_last_error():
    flow = started()
    assert flow.reply(Answer(503, reason="Service Unavailable")) == Wait(1.0)
    problem = flow.fails(False)
    assert (problem.status_code, problem.attempts) == (503, 1)


@pytest.mark.fault(25)
def test_a_401_on_a_cached_jwt_is_replayed_once_with_another():
    flow = started()
    flow.replays(GOT)
    assert flow.ends(OK).attempts == 2


@pytest.mark.fault(25)
def test_a_401_on_a_jwt_got_in_this_call_fails_at_once_and_does_not_show_it():
    flow = started(authorization=GOT)
    refused = attrs.evolve(error("no: new-jwt", 401), known=(NEW.token,))
    assert flow.reply(refused) == Discard(NEW, is_replaced=False)
    problem = flow.fails(None)
    assert (type(problem), problem.reason) == (AuthenticationError, "no: [hidden]")


@pytest.mark.fault(25)
def test_a_second_401_fails_and_leaves_no_jwt():
    flow = started()
    flow.replays(Authorization(NEW, is_own=True))  # it has expired meanwhile
    assert flow.reply(Answer(401)) == Discard(NEW, is_replaced=False)
    assert flow.fails(None).attempts == 2


@pytest.mark.fault(108)
def test_a_second_401_on_what_another_call_had_got_is_followed_by_a_third_attempt_and_no_more():
    flow = started()
    flow.replays(Authorization(NEW))
    flow.replays(Authorization(OLD))
    assert flow.reply(Answer(401)) == Discard(OLD, is_replaced=False)
    assert flow.fails(None).attempts == 3


def test_a_replay_leaves_the_retries_their_number():
    flow = started(retries=1)
    flow.replays(GOT)
    flow.retries(Answer(503), 1.0)
    assert flow.fails(Answer(503)).attempts == 3


@pytest.mark.fault(78)
def test_a_call_that_finds_no_place_tries_again_by_the_policy():
    flow = started(authorization=None)
    flow.retries(UNREACHED, 1.0)
    flow.retries(UNREACHED, 2.0)
    flow.retries(UNREACHED, 4.0)
    assert flow.fails(UNREACHED).attempts == 4


@pytest.mark.fault(78)
def test_who_wants_a_jwt_alone_waits_for_a_place_by_the_policy():
    flow = Flow(authorizing(EXCHANGE, RetryPolicy(retries=1), Authorize(afresh=True)))
    assert flow.step == Authorize(afresh=True)
    assert flow.reply(UNREACHED) == Wait(1.0)
    assert flow.reply(True) == Authorize(afresh=True)
    assert flow.ends(GOT) == GOT


@pytest.mark.fault(78)
def test_who_wants_a_jwt_alone_and_finds_no_place_learns_why():
    problem = Flow(authorizing(EXCHANGE, RetryPolicy(retries=0), ANY_JWT)).fails(UNREACHED)
    assert (problem.message, problem.cause) == ("Failed to authenticate", UNREACHED.cause)
    assert problem.attempts == 1
    flow = Flow(authorizing(EXCHANGE, RetryPolicy(retries=2), ANY_JWT))
    for seconds in (1.0, 2.0):
        assert flow.reply(UNREACHED) == Wait(seconds)
        flow.reply(True)
    assert flow.fails(UNREACHED).attempts == 3


@pytest.mark.fault(27)
def test_a_403_gets_no_new_jwt():
    assert started().fails(error("Admin access required", 403)).status_code == 403


@pytest.mark.fault(28)
def test_the_exchange_sends_the_pat_and_is_repeated_like_a_call():
    flow = Flow(exchanging(EXCHANGE, RetryPolicy(retries=1)))
    assert flow.step == ReadPat()
    assert flow.reply(PAT) == Send(PAT)
    assert flow.reply(UNREACHED) == Wait(1.0)
    assert flow.reply(True) == Send(PAT)
    assert flow.ends(OK).attempts == 2


@pytest.mark.fault(27)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_pat_is_read_once_more_and_not_tried_again_while_it_is_the_same(status):
    flow = Flow(exchanging(EXCHANGE, RetryPolicy()))
    assert flow.reply(PAT) == Send(PAT)
    assert flow.reply(error("Invalid Authorization token", status)) == ReadPat(refused=PAT)
    problem = flow.fails(PAT)
    assert isinstance(problem, AuthenticationError)
    assert problem.attempts == 1


@pytest.mark.fault(101)
def test_a_pat_that_has_changed_is_tried_and_then_no_other():
    flow = Flow(exchanging(EXCHANGE, RetryPolicy()))
    assert flow.reply(PAT) == Send(PAT)
    assert flow.reply(error("Invalid Authorization token", 401)) == ReadPat(refused=PAT)
    assert flow.reply(NEW_PAT) == Send(NEW_PAT)
    assert flow.fails(error("Invalid Authorization token", 401)).attempts == 2


@pytest.mark.fault(101)
def test_a_pat_that_cannot_be_read_once_more_stays_refused():
    flow = Flow(exchanging(EXCHANGE, RetryPolicy()))
    flow.reply(PAT)
    flow.reply(error("Invalid Authorization token", 401))
    with pytest.raises(AuthenticationError) as raised:
        flow.flow.throw(AuthenticationError("Failed to read the PAT", cause=FileNotFoundError("pat")))
    assert raised.value.reason == "Invalid Authorization token"
