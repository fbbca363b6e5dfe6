"""How a session comes by a JWT, asked one question at a time."""

from __future__ import annotations

import logging
from typing import Any

import attrs
import pytest

from access_tokens import (
    AccessTokensError,
    AuthenticationError,
    ClientClosedError,
    EndpointError,
    RateLimitedError,
    RetryPolicy,
    UnavailableError,
)
from access_tokens._flow.jwt import Authorization, Jwt
from access_tokens._flow.steps import Answer, Send, Wait
from access_tokens._session.base import PendingExchange, SessionBase

from .sessions import CLOSED, DEADLINE, NOW, PAT, at, closed, jwt, session


class Landing:
    """Stands in for an event."""

    def __init__(self) -> None:
        self.is_set = False

    def set(self) -> None:
        self.is_set = True


def flight(**outcome: Any) -> PendingExchange[Landing]:
    """An exchange that somebody else leads."""
    return PendingExchange(Landing(), leader=object(), **outcome)


class TestTheJwtThatIsFound:
    def test_at_first_there_is_none(self) -> None:
        assert session()._found(afresh=False) is None

    def test_one_that_is_kept_is_new_to_who_got_it_and_old_to_who_finds_it(self) -> None:
        made, kept = session(), jwt()
        assert made._kept(kept) == Authorization(kept, is_new=True)
        assert made._found(afresh=False) == Authorization(kept, is_new=False)

    def test_none_is_found_by_who_wants_a_new_one(self) -> None:
        made = session()
        made._kept(jwt())
        assert made._found(afresh=True) is None

    def test_none_is_found_when_it_is_due(self) -> None:
        made = session()
        made._kept(jwt(left=30.0))
        assert made._found(afresh=False) is None

    @pytest.mark.parametrize("afresh", [True, False])
    def test_a_closed_client_finds_nothing_and_says_so(self, afresh: bool) -> None:
        made = closed()
        made._kept(jwt())
        with pytest.raises(ClientClosedError, match=f"^Failed to authenticate: {CLOSED}$"):
            made._found(afresh)


class TestTheExchange:
    def test_without_a_jwt_it_has_all_retries_and_all_the_time(self) -> None:
        flow, deadline = session()._exchanging(None, DEADLINE)
        assert deadline == DEADLINE
        assert next(flow) == Send(PAT)
        assert flow.send(Answer(503)) == Wait(1.0)

    def test_a_renewal_has_one_attempt(self) -> None:
        flow, _ = session()._exchanging(jwt(left=20.0), DEADLINE)
        assert next(flow) == Send(PAT)
        with pytest.raises(UnavailableError, match="^Failed to authenticate"):
            flow.send(Answer(503))

    @pytest.mark.parametrize(
        ("left", "deadline", "until"), [(20.0, DEADLINE, 1010.0), (20.0, 1008.0, 1004.0)]
    )
    def test_a_renewal_has_half_of_the_time_left(self, left: float, deadline: float, until: float) -> None:
        assert session()._exchanging(jwt(left), deadline)[1] == until

    def test_a_call_has_the_policy_of_the_client(self) -> None:
        made = session(retry=RetryPolicy(backoff=7.0))
        flow = made._calling(attrs.evolve(made._exchange, api_key=None))
        next(flow)
        flow.send(Authorization(jwt()))
        assert flow.send(Answer(503)) == Wait(7.0)

    def test_a_call_does_not_show_the_pat_that_the_service_sends_back(self) -> None:
        made = session()
        flow = made._calling(attrs.evolve(made._exchange, api_key=None))
        next(flow)
        flow.send(Authorization(jwt()))
        with pytest.raises(AccessTokensError, match=r"no \[hidden\]"):
            flow.send(Answer(404, reason=f"no {PAT.reveal()}"))


class TestAnExchangeThatAnotherLed:
    def test_its_jwt_is_shared(self) -> None:
        for is_new in (True, False):
            done = flight(authorization=Authorization(jwt(), is_new))
            assert session()._joined(done, afresh=False) is done.authorization

    def test_an_old_jwt_does_not_do_for_who_wants_a_new_one(self) -> None:
        old, new = (flight(authorization=Authorization(jwt(), is_new)) for is_new in (False, True))
        assert session()._joined(old, afresh=True) is None
        assert session()._joined(new, afresh=True) is new.authorization

    def test_one_that_was_given_up_must_be_made_again(self) -> None:
        assert session()._joined(flight(), afresh=False) is None

    def test_its_failure_is_shared_as_a_copy(self) -> None:
        error = AuthenticationError("Failed to authenticate", status_code=401)
        with pytest.raises(AuthenticationError) as raised:
            session()._joined(flight(error=error), afresh=False)
        assert raised.value is not error
        assert vars(raised.value) == vars(error)

    def test_a_failure_wakes_who_waits(self) -> None:
        done, error = flight(), ClientClosedError("Failed to authenticate")
        done.fail(error)
        assert done.done.is_set
        assert done.error is error

    def test_the_jwt_that_lives_is_used_after_a_passing_failure(self) -> None:
        made, living = session(), jwt(left=20.0)
        made._kept(living)
        done = flight(error=UnavailableError("Failed to authenticate"))
        assert made._joined(done, afresh=False) == Authorization(living)
        with pytest.raises(UnavailableError):
            made._joined(done, afresh=True)


class TestARenewalThatFailed:
    def go_on(self, error: AccessTokensError, living: Jwt | None) -> SessionBase:
        made = session()
        if living is not None:
            made._cache.keep(living)
        assert made._go_on_with(living, error) == Authorization(living)  # type: ignore[arg-type]
        return made

    @pytest.mark.parametrize("kind", [UnavailableError, RateLimitedError])
    def test_a_passing_failure_leaves_the_jwt_in_use(self, kind: type[AccessTokensError]) -> None:
        self.go_on(kind("Failed to authenticate"), jwt(left=0.1))

    @pytest.mark.parametrize("kind", [AuthenticationError, EndpointError, ClientClosedError])
    def test_any_other_failure_is_raised(self, kind: type[AccessTokensError]) -> None:
        error = kind("Failed to authenticate")
        with pytest.raises(kind) as raised:
            session()._go_on_with(jwt(left=20.0), error)
        assert raised.value is error

    @pytest.mark.parametrize("living", [None, jwt(left=0.0), jwt(left=-1.0)])
    def test_without_a_living_jwt_it_is_raised(self, living: Jwt | None) -> None:
        with pytest.raises(UnavailableError):
            session()._go_on_with(living, UnavailableError("Failed to authenticate"))

    @pytest.mark.parametrize(("asked", "pause"), [(None, 1.0), (0.0, 1.0), (0.5, 1.0), (12.0, 12.0)])
    def test_it_is_tried_again_after_a_second_or_when_asked(self, asked: float | None, pause: float) -> None:
        error = RateLimitedError("Failed to authenticate", retry_after=asked)
        made = self.go_on(error, jwt(left=20.0))
        assert at(NOW + pause - 0.01, made)._found(afresh=False)
        assert at(NOW + pause, made)._found(afresh=False) is None

    def test_the_log_says_how_long_the_jwt_lives(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG, logger="access_tokens")
        self.go_on(UnavailableError("Failed to authenticate"), jwt(left=20.0))
        assert caplog.messages == ["the JWT could not be renewed and lives on for 20 s"]


class TestARefusalByAnotherApi:
    def test_another_jwt_may_cure_that_of_an_old_one(self) -> None:
        assert session().may_replace(Authorization(jwt()), "api.example.com")

    def test_none_cures_that_of_a_new_one_for_a_minute(self) -> None:
        made, new, old = session(), Authorization(jwt(), is_new=True), Authorization(jwt())
        assert not made.may_replace(new, "api.example.com")
        assert not at(NOW + 59.9, made).may_replace(old, "api.example.com")
        assert at(NOW + 60.0, made).may_replace(old, "api.example.com")

    def test_a_host_is_forgotten_when_its_minute_is_over(self) -> None:
        made = session()
        made.may_replace(Authorization(jwt(), is_new=True), "api.example.com")
        at(NOW + 60.0, made).may_replace(Authorization(jwt()), "elsewhere.example.com")
        assert made._refusers == {}

    def test_each_host_has_its_own_minute(self) -> None:
        made = session()
        made.may_replace(Authorization(jwt(), is_new=True), "api.example.com")
        assert made.may_replace(Authorization(jwt()), "elsewhere.example.com")
