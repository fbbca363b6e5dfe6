"""What is remembered of exchanges that fail, and of other APIs that refuse a new JWT."""

from typing import Any

import pytest

from access_tokens import AuthenticationError, RateLimitedError
from access_tokens._flow.jwt import Authorization
from access_tokens._session.jwt_decisions import JwtDecisions

from ..helpers.callers import result_of
from ..helpers.sessions import DEADLINE, FAILED, NOW, at, found, jwt, new, pending, session

HERE, ELSEWHERE = "api.example.com", "elsewhere.example.com"
OLD = Authorization(jwt())


def failed(*moments: float, **attributes: Any) -> JwtDecisions:
    """A session whose exchanges have failed at these moments."""
    made = session()
    kind = RateLimitedError if attributes else AuthenticationError
    for moment in moments:
        at(moment, made)._landed(pending(), kind(FAILED, attempts=1, **attributes), DEADLINE)
    return made


@pytest.mark.fault(76)
class TestExchangesWithoutAJwt:
    def test_the_first_that_fails_is_remembered_for_nobody(self):
        assert found(failed(NOW)) is None

    @pytest.mark.parametrize("later", [0.0, 1.9])
    def test_the_second_in_quick_succession_stands_for_a_second(self, later):
        made = failed(NOW, NOW + later)
        for moment in (later, later + 0.9):
            with pytest.raises(AuthenticationError):
                found(at(NOW + moment, made))
        assert found(at(NOW + later + 1.0, made)) is None

    def test_so_does_each_that_follows(self):
        with pytest.raises(AuthenticationError):
            found(failed(NOW, NOW, NOW + 1.0))

    def test_one_that_comes_later_is_a_first_again(self):
        assert found(failed(NOW, NOW + 2.0)) is None

    def test_each_caller_is_told_with_an_error_of_its_own(self):
        made = failed(NOW, NOW)
        assert result_of(lambda: found(made)) is not result_of(lambda: found(made))

    def test_who_wants_a_new_jwt_always_tries(self):
        assert found(failed(NOW, NOW), afresh=True) is None

    def test_a_jwt_that_lives_serves(self):
        made = failed(NOW, NOW)
        made._state.cache.keep(jwt(20.0))
        assert found(made) is None

    def test_a_success_makes_up_for_them(self):
        made = failed(NOW, NOW)
        made._state.cache.discard(made._kept(jwt()).jwt)
        assert found(made) is None
        made._landed(pending(), AuthenticationError(FAILED), DEADLINE)
        assert found(made) is None

    @pytest.mark.parametrize("asked", [None, 17.0, 120.0])
    def test_what_the_policy_has_waited_for_is_not_waited_for_again(self, asked):
        assert found(failed(NOW, NOW, retry_after=asked)) is None

    def test_a_service_that_asks_for_more_than_that_is_left_alone_as_long_as_one_may_ask(self):
        made = failed(NOW, NOW, retry_after=200.0)
        with pytest.raises(RateLimitedError) as raised:
            found(at(NOW + 119.0, made))
        assert raised.value.retry_after == 81.0
        assert found(at(NOW + 120.0, made)) is None

    def test_who_is_told_of_it_later_has_less_to_wait(self):
        made = session()
        for _ in range(2):
            made._landed(pending(), AuthenticationError(FAILED, retry_after=1.5, attempts=1), DEADLINE)
        with pytest.raises(AuthenticationError) as raised:
            found(at(NOW + 1.25, made))
        assert raised.value.retry_after == 0.25


class TestARefusalByAnotherApi:
    def test_another_jwt_may_cure_that_of_an_old_one(self):
        assert session().may_replace(OLD, HERE)

    def test_none_cures_that_of_a_new_one_for_a_minute(self):
        made = session()
        assert not made.may_replace(new(), HERE)
        assert made.may_replace(OLD, ELSEWHERE)
        assert not at(NOW + 59.9, made).may_replace(OLD, HERE)
        assert at(NOW + 60.0, made).may_replace(OLD, HERE)
        assert made._state.refusers == {}

    @pytest.mark.fault(78)
    def test_another_jwt_may_cure_that_of_one_that_has_expired_on_the_way(self):
        assert at(NOW + 2.0, session()).may_replace(new(left=2.0), HERE)
