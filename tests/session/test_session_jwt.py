"""How a session comes by a JWT, asked one question at a time."""

from __future__ import annotations

import logging
from typing import Any

import attrs
import pytest

from access_tokens import (
    AuthenticationError,
    ClientClosedError,
    EndpointError,
    RateLimitedError,
    RetryPolicy,
    UnavailableError,
)
from access_tokens._flow.jwt import Authorization, Jwt
from access_tokens._flow.steps import Answer, Authorize, Failure, Send, Sent, Wait
from access_tokens._session.base import SessionBase
from access_tokens._session.exchange import PendingExchange

from ..helpers.callers import result_of
from ..helpers.sessions import CLOSED, DEADLINE, NOW, PAT, at, closed, jwt, session


class Landing:
    """Stands in for an event."""

    def __init__(self) -> None:
        self.is_set = False

    def set(self) -> None:
        self.is_set = True


def flight(**outcome: Any) -> PendingExchange[Landing]:
    """An exchange that somebody else leads."""
    return PendingExchange(Landing(), leader=object(), **outcome)


def kept(left: float) -> SessionBase:
    """A session that has a JWT with so many seconds left."""
    made = session()
    made._kept(jwt(left))
    return made


def found(made: SessionBase, *, afresh: bool = False) -> Authorization | None:
    """What is found by who has just come."""
    return made._found(afresh, made._last)


class TestTheJwtThatIsFound:
    def test_at_first_there_is_none(self):
        assert found(session()) is None

    def test_one_that_is_kept_is_new_to_who_got_it_and_old_to_who_finds_it(self):
        made, token = session(), jwt()
        assert made._kept(token) == Authorization(token, is_new=True)
        assert found(made) == Authorization(token, is_new=False)

    def test_none_is_found_by_who_wants_a_new_one(self):
        assert found(kept(3600.0), afresh=True) is None

    def test_none_is_found_when_it_is_due(self):
        made = kept(30.0)
        assert found(made) is None
        assert made._living(afresh=False)
        assert made._living(afresh=True) is None

    @pytest.mark.parametrize("afresh", [True, False])
    def test_a_closed_client_finds_nothing_and_says_so(self, afresh):
        made = closed()
        made._kept(jwt())
        with pytest.raises(ClientClosedError, match=f"^Failed to authenticate: {CLOSED}$"):
            found(made, afresh=afresh)

    @pytest.mark.fault(78)
    def test_one_that_expires_on_the_way_is_new_no_more(self):
        made, new = session(), Authorization(jwt(left=2.0), is_new=True)
        assert at(NOW + 1.9, made)._sent(Answer(401), new) == Sent(Answer(401), new)
        sent = at(NOW + 2.0, made)._sent(Answer(401), new)
        assert sent == Sent(Answer(401), Authorization(new.jwt, is_new=False))


class TestTheExchange:
    def test_without_a_jwt_it_has_all_retries_and_all_the_time(self):
        [(flow, until)] = session()._exchanges(DEADLINE, afresh=False)
        assert until == DEADLINE
        assert next(flow) == Send(PAT)
        assert flow.send(Answer(503)) == Wait(1.0)

    def test_so_it_has_for_who_wants_a_new_jwt(self):
        assert [until for _, until in kept(3600.0)._exchanges(DEADLINE, afresh=True)] == [DEADLINE]

    def test_a_renewal_has_one_attempt_before_an_exchange_has_all(self):
        (renewal, _), (flow, until) = kept(20.0)._exchanges(DEADLINE, afresh=False)
        assert next(renewal) == Send(PAT)
        with pytest.raises(UnavailableError, match="^Failed to authenticate"):
            renewal.send(Answer(503))
        assert until == DEADLINE
        assert next(flow) == Send(PAT)
        assert flow.send(Answer(503)) == Wait(1.0)

    @pytest.mark.fault(76, 77)
    @pytest.mark.parametrize(
        ("left", "deadline", "untils"),
        [
            (20.0, DEADLINE, [NOW + 5.0, DEADLINE]),
            (8.0, DEADLINE, [NOW + 4.0, DEADLINE]),
            (20.0, NOW + 8.0, [NOW + 4.0, NOW + 8.0]),
            (1.0, DEADLINE, [NOW + 0.5, DEADLINE]),
            (0.99, DEADLINE, [DEADLINE]),
        ],
    )
    def test_a_renewal_has_5_seconds_or_half_of_the_time_left_if_that_is_a_second(
        self, left, deadline, untils
    ):
        assert [until for _, until in kept(left)._exchanges(deadline, afresh=False)] == untils

    def test_a_call_has_the_policy_of_the_client(self):
        made = session(retry=RetryPolicy(backoff=7.0))
        flow = made._calling(attrs.evolve(made._exchange, api_key=None))
        next(flow)
        assert flow.send(Sent(Answer(503), Authorization(jwt()))) == Wait(7.0)

    def test_who_waits_for_a_place_has_it_too(self):
        flow = session(retry=RetryPolicy(backoff=7.0))._authorizing(afresh=True)
        assert next(flow) == Authorize(afresh=True)
        assert flow.send(Failure(TimeoutError(), acted=False)) == Wait(7.0)


class TestAnExchangeThatAnotherLed:
    def test_its_jwt_is_shared(self):
        done = flight(authorization=Authorization(jwt(), is_new=True))
        for afresh in (True, False):
            assert session()._joined(done, afresh) is done.authorization

    def test_a_renewal_that_has_failed_says_nothing_to_who_must_have_another_jwt(self):
        done = flight(authorization=Authorization(jwt()))
        for afresh in (True, False):
            assert session()._joined(done, afresh) is None

    def test_one_that_was_given_up_must_be_made_again(self):
        assert session()._joined(flight(), afresh=False) is None

    def test_its_failure_is_shared_as_a_copy(self):
        error = AuthenticationError("Failed to authenticate", status_code=401)
        with pytest.raises(AuthenticationError) as raised:
            session()._joined(flight(error=error), afresh=False)
        assert raised.value is not error
        assert vars(raised.value) == vars(error)

    def test_its_failure_is_nothing_to_who_has_a_jwt(self):
        made, done = kept(20.0), flight(error=AuthenticationError("Failed to authenticate"))
        assert made._joined(done, afresh=False) is None
        with pytest.raises(AuthenticationError):
            made._joined(done, afresh=True)

    def test_a_failure_wakes_who_waits(self):
        done, error = flight(), ClientClosedError("Failed to authenticate")
        done.fail(error)
        assert done.done.is_set
        assert done.error is error

    def test_who_leads_shares_a_copy_of_the_error(self):
        made, done, error = session(), flight(), EndpointError("Failed to authenticate")
        made._landed(done, error, DEADLINE)
        assert made._last is done
        assert done.error is not error
        assert str(done.error) == str(error)

    @pytest.mark.fault(78)
    def test_who_leads_and_has_no_more_time_fails_alone(self):
        made, done = session(), flight()
        made._landed(done, UnavailableError("Failed to authenticate"), NOW)
        assert (done.error, made._last) == (None, None)

    @pytest.mark.fault(78)
    def test_who_waited_for_a_place_meanwhile_shares_what_came_of_it(self):
        made, before = session(), flight()
        made._landed(flight(), UnavailableError("Failed to authenticate"), DEADLINE)
        for afresh in (True, False):
            with pytest.raises(UnavailableError):
                made._found(afresh, before)
        done = flight(authorization=made._kept(jwt()))
        made._last = done
        assert made._found(True, before) is done.authorization
        made._cache.discard(jwt_of(done))
        assert made._found(True, before) is None
        assert made._found(False, before) is None


def jwt_of(done: PendingExchange[Landing]) -> Jwt:
    assert done.authorization
    return done.authorization.jwt


class TestARenewalThatFailed:
    @pytest.mark.parametrize("kind", [UnavailableError, RateLimitedError, AuthenticationError, EndpointError])
    def test_the_jwt_stays_in_use_as_long_as_it_lives(self, kind):
        made = kept(0.1)
        assert made._going_on(kind("Failed to authenticate"), afresh=False) == made._living(afresh=False)
        assert found(made)

    def test_it_is_nothing_to_who_wants_a_new_one(self):
        assert kept(20.0)._going_on(UnavailableError("Failed to authenticate"), afresh=True) is None

    @pytest.mark.parametrize("left", [0.0, -1.0])
    def test_without_a_living_jwt_nothing_goes_on(self, left):
        assert kept(left)._going_on(UnavailableError("Failed to authenticate"), afresh=False) is None

    def test_a_client_that_was_closed_does_not_go_on(self):
        made = closed()
        made._kept(jwt(20.0))
        assert made._going_on(ClientClosedError("Failed to authenticate"), afresh=False) is None

    @pytest.mark.parametrize(("asked", "pause"), [(None, 1.0), (0.0, 1.0), (0.5, 1.0), (12.0, 12.0)])
    def test_it_is_tried_again_after_a_second_or_when_asked(self, asked, pause):
        made = kept(20.0)
        made._going_on(RateLimitedError("Failed to authenticate", retry_after=asked), afresh=False)
        assert found(at(NOW + pause - 0.01, made))
        assert found(at(NOW + pause, made)) is None

    @pytest.mark.fault(76)
    @pytest.mark.parametrize(("left", "pause"), [(20.0, 10.0), (1.5, 1.0)])
    def test_after_a_lasting_failure_it_is_tried_again_at_half_of_the_time_left(self, left, pause):
        made = kept(left)
        made._going_on(AuthenticationError("Failed to authenticate"), afresh=False)
        assert found(at(NOW + pause - 0.01, made))
        assert found(at(NOW + pause, made)) is None

    @pytest.mark.parametrize(
        ("error", "level", "text"),
        [
            (UnavailableError, logging.DEBUG, "the JWT could not be renewed and lives on for 20 s"),
            (
                AuthenticationError,
                logging.WARNING,
                "the JWT cannot be renewed and lives on for 20 s: Failed to authenticate: No (HTTP 401)",
            ),
        ],
    )
    def test_the_log_says_how_long_the_jwt_lives(self, error, level, text, caplog):
        caplog.set_level(logging.DEBUG, logger="access_tokens")
        kept(20.0)._going_on(error("Failed to authenticate", cause="No", status_code=401), afresh=False)
        assert caplog.record_tuples == [("access_tokens", level, text)]


@pytest.mark.fault(76)
class TestExchangesThatFail:
    """One after the other, while there is no JWT."""

    def failed(self, *moments: float, **attributes: Any) -> SessionBase:
        made = session()
        kind = RateLimitedError if attributes else AuthenticationError
        for moment in moments:
            at(moment, made)._landed(flight(), kind("Failed to authenticate", **attributes), DEADLINE)
        return made

    def test_the_first_is_remembered_for_nobody(self):
        assert found(self.failed(NOW)) is None

    @pytest.mark.parametrize("later", [0.0, 1.9])
    def test_the_second_in_quick_succession_stands_for_a_second(self, later):
        made = self.failed(NOW, NOW + later)
        for moment in (later, later + 0.9):
            with pytest.raises(AuthenticationError):
                found(at(NOW + moment, made))
        assert found(at(NOW + later + 1.0, made)) is None

    def test_so_does_each_that_follows(self):
        with pytest.raises(AuthenticationError):
            found(self.failed(NOW, NOW, NOW + 1.0))

    def test_one_that_comes_later_is_a_first_again(self):
        assert found(self.failed(NOW, NOW + 2.0)) is None

    def test_each_is_told_with_an_error_of_its_own(self):
        made = self.failed(NOW, NOW)
        errors = [result_of(lambda: found(made)) for _ in range(2)]
        assert errors[0] is not errors[1]

    def test_who_wants_a_new_jwt_always_tries(self):
        assert found(self.failed(NOW, NOW), afresh=True) is None

    def test_a_jwt_that_lives_serves(self):
        made = self.failed(NOW, NOW)
        made._cache.keep(jwt(20.0))
        assert found(made) is None

    def test_a_success_makes_up_for_them(self):
        made = self.failed(NOW, NOW)
        made._cache.discard(made._kept(jwt()).jwt)
        assert found(made) is None
        made._landed(flight(), AuthenticationError("Failed to authenticate"), DEADLINE)
        assert found(made) is None

    @pytest.mark.parametrize("asked", [None, 17.0, 120.0])
    def test_what_the_policy_has_waited_for_is_not_waited_for_again(self, asked):
        assert found(self.failed(NOW, NOW, retry_after=asked)) is None

    def test_a_service_that_asks_for_more_than_that_is_left_alone_as_long_as_one_may_ask(self):
        made = self.failed(NOW, NOW, retry_after=200.0)
        with pytest.raises(RateLimitedError) as raised:
            found(at(NOW + 119.0, made))
        assert raised.value.retry_after == 81.0
        assert found(at(NOW + 120.0, made)) is None


class TestARefusalByAnotherApi:
    def test_another_jwt_may_cure_that_of_an_old_one(self):
        assert session().may_replace(Authorization(jwt()), "api.example.com")

    def test_none_cures_that_of_a_new_one_for_a_minute(self):
        made, new, old = session(), Authorization(jwt(), is_new=True), Authorization(jwt())
        assert not made.may_replace(new, "api.example.com")
        assert not at(NOW + 59.9, made).may_replace(old, "api.example.com")
        assert at(NOW + 60.0, made).may_replace(old, "api.example.com")

    @pytest.mark.fault(78)
    def test_another_jwt_may_cure_that_of_one_that_has_expired_on_the_way(self):
        new = Authorization(jwt(left=2.0), is_new=True)
        assert at(NOW + 2.0, session()).may_replace(new, "api.example.com")

    def test_a_host_is_forgotten_when_its_minute_is_over(self):
        made = session()
        made.may_replace(Authorization(jwt(), is_new=True), "api.example.com")
        at(NOW + 60.0, made).may_replace(Authorization(jwt()), "elsewhere.example.com")
        assert made._refusers == {}

    def test_each_host_has_its_own_minute(self):
        made = session()
        made.may_replace(Authorization(jwt(), is_new=True), "api.example.com")
        assert made.may_replace(Authorization(jwt()), "elsewhere.example.com")
