"""The flow, stepped by hand."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any, cast

import attrs
import pytest

from access_tokens import (
    AccessTokensError,
    AuthenticationError,
    ClientClosedError,
    ConflictError,
    EndpointError,
    InvalidResponseError,
    NotFoundError,
    RateLimitedError,
    RetryPolicy,
    UnavailableError,
)
from access_tokens._flow import calling, exchanging
from access_tokens._jwt import Authorization, Jwt
from access_tokens._secret import Secret
from access_tokens._steps import Answer, Authorize, Call, Discard, Failure, Send, Wait

PAT = Secret("pat_of-the-test")
OLD, NEW = (Jwt(Secret(text), sent_at=0.0, lifetime=3600.0) for text in ("old-jwt", "new-jwt"))
CACHED, GOT = Authorization(OLD), Authorization(NEW, is_new=True)

READ = Call[Any](
    endpoint=cast(Any, None),  # the flow never looks at it
    arguments={},
    result=lambda parsed, _: parsed,
    failed="Failed to list tokens",
    unreadable="Invalid list tokens response",
    changes=False,
)
REVOKE = attrs.evolve(READ, failed="Failed to revoke token", unreadable="", token_id="some-id", changes=True)
ISSUE = attrs.evolve(REVOKE, failed="Failed to issue token", unreadable="Invalid issue token response")
EXCHANGE = attrs.evolve(READ, failed="Failed to authenticate", api_key=PAT)

OK = Answer(200)
UNREACHED = Failure(ConnectionRefusedError("refused"), acted=False)
LOST = Failure(ConnectionResetError("reset"), acted=True)


def answer(status: int, body: Any = None, **attributes: Any) -> Answer:
    content = b"" if body is None else json.dumps(body).encode()
    return Answer(status, {"content-type": "application/json; charset=utf-8"}, content, **attributes)


def error(text: str, status: int = 500) -> Answer:
    return answer(status, {"error": {"message": text}})


def started(call: Call[Any] = READ, authorization: Authorization = CACHED, **policy: Any) -> Flow:
    flow = Flow(calling(call, RetryPolicy(**policy)))
    assert flow.step == Authorize()
    assert flow.reply(authorization) == Send(authorization.jwt.token)
    return flow


class Flow:
    """A flow that remembers its step."""

    def __init__(self, flow: Generator[Any, Any, Answer]) -> None:
        self.flow = flow
        self.step = next(flow)

    def reply(self, value: Any) -> Any:
        self.step = self.flow.send(value)
        return self.step

    def ends(self, value: Any) -> Answer:
        with pytest.raises(StopIteration) as stop:
            self.flow.send(value)
        return cast(Answer, stop.value.value)

    def fails(self, value: Any) -> AccessTokensError:
        with pytest.raises(AccessTokensError) as raised:
            self.flow.send(value)
        return raised.value

    def retries_after(self, outcome: Any, seconds: float) -> None:
        """The outcome is followed by this wait, a look at the JWT, and the request again."""
        assert self.reply(outcome) == Wait(seconds)
        assert self.reply(True) == Authorize()
        assert isinstance(self.reply(CACHED), Send)


def test_a_call_sends_the_jwt_and_returns_the_answer() -> None:
    assert started().ends(OK) == OK


@pytest.mark.parametrize("outcome", [UNREACHED, LOST, *(Answer(s) for s in (408, 429, 500, 502, 503, 504))])
def test_a_passing_failure_is_repeated_after_1_2_and_4_seconds(outcome: Any) -> None:
    flow = started()
    flow.retries_after(outcome, 1.0)
    flow.retries_after(outcome, 2.0)
    flow.retries_after(outcome, 4.0)
    assert flow.fails(outcome).attempts == 4


def test_a_success_after_retries_tells_how_many_requests_it_took() -> None:
    flow = started()
    flow.retries_after(Answer(503), 1.0)
    flow.retries_after(LOST, 2.0)
    assert flow.ends(OK).attempts == 3


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 413, 415, 422, 501, 505, 520, 599, 301, 307])
def test_any_other_status_fails_at_once(status: int) -> None:
    problem = started().fails(Answer(status, reason="Its text"))
    assert (problem.status_code, problem.attempts, problem.cause) == (status, 1, "Its text")


@pytest.mark.parametrize(
    ("failure", "kind", "message"),
    [
        (Failure(ValueError("no"), acted=False, kind=EndpointError), EndpointError, "Failed to list tokens"),
        (
            Failure(ValueError("no"), acted=True, kind=InvalidResponseError),
            InvalidResponseError,
            "Invalid list tokens response",
        ),
    ],
)
def test_a_failure_that_cannot_pass_fails_at_once(
    failure: Failure, kind: type[AccessTokensError], message: str
) -> None:
    problem = started().fails(failure)
    assert isinstance(problem, kind)
    assert (problem.message, problem.cause, problem.attempts) == (message, failure.cause, 1)


def test_without_retries_there_is_one_attempt() -> None:
    assert started(retries=0).fails(Answer(503)).attempts == 1


def test_statuses_are_the_policys_to_choose() -> None:
    assert started(statuses={502}).fails(Answer(503)).attempts == 1


@pytest.mark.parametrize("seconds", [0.0, 5.0, 120.0])
def test_retry_after_replaces_the_wait_and_counts_as_an_attempt(seconds: float) -> None:
    flow = started(retries=1)
    flow.retries_after(Answer(429, retry_after=seconds), seconds)
    problem = flow.fails(Answer(429, retry_after=seconds))
    assert (problem.attempts, problem.retry_after) == (2, seconds)
    assert isinstance(problem, RateLimitedError)


def test_a_retry_after_over_the_ceiling_fails_at_once() -> None:
    problem = started().fails(Answer(503, retry_after=121.0))
    assert (problem.retry_after, problem.attempts) == (121.0, 1)


def test_a_wait_that_the_deadline_does_not_allow_fails_with_the_last_error() -> None:
    flow = started()
    assert flow.reply(Answer(503, reason="Service Unavailable")) == Wait(1.0)
    problem = flow.fails(False)
    assert (problem.status_code, problem.attempts) == (503, 1)


def test_a_401_on_a_cached_jwt_is_replayed_once_with_another() -> None:
    flow = started()
    assert flow.reply(Answer(401)) == Discard(OLD)
    assert flow.reply(None) == Authorize()
    assert flow.reply(GOT) == Send(NEW.token)
    assert flow.ends(OK).attempts == 2


def test_a_401_on_a_jwt_got_in_this_call_fails_at_once() -> None:
    flow = started(authorization=GOT)
    assert flow.reply(Answer(401)) == Discard(NEW)
    assert isinstance(flow.fails(None), AuthenticationError)


def test_a_second_401_fails_and_leaves_no_jwt() -> None:
    flow = started()
    flow.reply(Answer(401))
    flow.reply(None)
    flow.reply(Authorization(NEW))
    assert flow.reply(Answer(401)) == Discard(NEW)
    assert flow.fails(None).attempts == 2


def test_a_replay_leaves_the_retries_their_number() -> None:
    flow = started(retries=1)
    flow.reply(Answer(401))
    flow.reply(None)
    flow.reply(GOT)
    flow.retries_after(Answer(503), 1.0)
    assert flow.fails(Answer(503)).attempts == 3


def test_a_403_gets_no_new_jwt() -> None:
    assert started().fails(error("Admin access required", 403)).status_code == 403


@pytest.mark.parametrize("status", [500, 404])
def test_an_unknown_id_is_told_at_once_and_changed_nothing(status: int) -> None:
    problem = started(REVOKE).fails(error("Token not found: some-id", status))
    assert isinstance(problem, NotFoundError)
    assert (problem.token_id, problem.attempts, problem.outcome_unknown) == ("some-id", 1, False)


def test_a_refusal_may_stand_in_the_details() -> None:
    body = {"error": {"message": "Internal error", "details": "Error: Token not found: some-id\n  at f"}}
    assert isinstance(started(REVOKE).fails(answer(500, body)), NotFoundError)


def test_a_404_for_a_new_token_is_that_of_the_route() -> None:
    assert isinstance(started(attrs.evolve(ISSUE, creates=True)).fails(Answer(404)), EndpointError)


@pytest.mark.parametrize("status", [501, 505])
def test_a_service_that_does_not_know_the_request_has_not_acted(status: int) -> None:
    assert not started(ISSUE).fails(Answer(status)).outcome_unknown


def test_the_text_of_a_status_shows_no_secret() -> None:
    assert started().fails(Answer(400, reason="no old-jwt here")).cause == "no [hidden] here"


@pytest.mark.parametrize("text", ["Token not found: some-id2", "Token not found: another", "Boom"])
def test_a_500_that_does_not_name_the_id_is_repeated(text: str) -> None:
    started(REVOKE).retries_after(error(text), 1.0)


def test_an_id_that_is_taken_is_told_at_once() -> None:
    problem = started(ISSUE).fails(error("Token ID already exists: some-id"))
    assert isinstance(problem, ConflictError)
    assert not problem.outcome_unknown


@pytest.mark.parametrize("lost", [LOST, Answer(500), Answer(503)])
def test_an_id_that_is_taken_after_a_lost_answer_leaves_the_outcome_unknown(lost: Any) -> None:
    flow = started(ISSUE)
    flow.retries_after(lost, 1.0)
    problem = flow.fails(error("Token ID already exists: some-id"))
    assert isinstance(problem, ConflictError)
    assert (problem.outcome_unknown, problem.token_id) == (True, "some-id")


@pytest.mark.parametrize("undone", [UNREACHED, Answer(408), Answer(429)])
def test_an_attempt_that_never_acted_leaves_nothing_unknown(undone: Any) -> None:
    flow = started(ISSUE)
    flow.retries_after(undone, 1.0)
    assert not flow.fails(error("Token ID already exists: some-id")).outcome_unknown


@pytest.mark.parametrize(("outcome", "unknown"), [(LOST, True), (Answer(502), True), (UNREACHED, False)])
def test_a_change_that_fails_for_good_says_whether_it_may_have_been_done(outcome: Any, unknown: bool) -> None:
    assert started(REVOKE, retries=0).fails(outcome).outcome_unknown is unknown


def test_a_bare_404_after_a_lost_answer_leaves_the_outcome_unknown() -> None:
    flow = started(REVOKE)
    flow.retries_after(LOST, 1.0)
    problem = flow.fails(Answer(404))
    assert isinstance(problem, NotFoundError)
    assert problem.outcome_unknown


def test_a_lost_attempt_stays_unknown_whatever_follows() -> None:
    flow = started(ISSUE, retries=1)
    flow.retries_after(LOST, 1.0)
    assert flow.fails(UNREACHED).outcome_unknown


def test_a_call_that_only_reads_has_no_unknown_outcome() -> None:
    assert not started(READ, retries=0).fails(LOST).outcome_unknown


def test_an_exchange_that_fails_between_attempts_tells_what_may_have_been_done() -> None:
    flow = started(ISSUE)
    flow.reply(LOST)
    flow.reply(True)
    with pytest.raises(UnavailableError) as raised:
        flow.flow.throw(UnavailableError("Failed to authenticate"))
    assert (raised.value.token_id, raised.value.outcome_unknown) == ("some-id", True)


def test_a_client_closed_between_attempts_tells_what_may_have_been_done() -> None:
    flow = started(ISSUE)
    flow.reply(LOST)
    flow.reply(True)
    with pytest.raises(ClientClosedError) as raised:
        flow.flow.throw(ClientClosedError("Failed to authenticate", cause="the client is closed"))
    error = raised.value
    assert (error.message, error.args) == ("Failed to issue token", ("Failed to issue token",))
    assert (error.token_id, error.outcome_unknown, error.attempts) == ("some-id", True, 1)


def test_the_exchange_sends_the_pat() -> None:
    flow = Flow(exchanging(EXCHANGE, PAT, RetryPolicy()))
    assert flow.step == Send(PAT)
    assert flow.ends(OK) == OK


def test_the_exchange_is_repeated_like_a_call() -> None:
    flow = Flow(exchanging(EXCHANGE, PAT, RetryPolicy(retries=1)))
    assert flow.reply(UNREACHED) == Wait(1.0)
    assert flow.reply(True) == Send(PAT)
    problem = flow.fails(UNREACHED)
    assert (problem.message, problem.attempts) == ("Failed to authenticate", 2)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_pat_is_not_tried_again(status: int) -> None:
    flow = Flow(exchanging(EXCHANGE, PAT, RetryPolicy()))
    problem = flow.fails(error("Invalid Authorization token", status))
    assert isinstance(problem, AuthenticationError)
    assert problem.attempts == 1
