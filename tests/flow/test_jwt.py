"""The life of a JWT."""

import attrs
import pytest

from access_tokens._calls.exchange import exchange
from access_tokens._flow.jwt import AuthToken, Jwt, JwtCache, jwt_from
from access_tokens._secret import Secret
from access_tokens.errors import UnreadableError

from ..helpers.stories import performed

PAT = Secret("pat_x")
ANSWER = AuthToken(access_token="a.b.c", token_type="Bearer", expires_in=3600)


def living_for(lifetime: float) -> Jwt:
    return Jwt(Secret("a.b.c"), sent_at=100.0, lifetime=lifetime)


@pytest.mark.fault(22)
@pytest.mark.parametrize(("lifetime", "margin"), [(3600, 30), (60, 30), (20, 10), (1, 0.5)])
def test_it_is_renewed_30_seconds_before_its_end_or_at_half_of_its_life(lifetime, margin):
    jwt = living_for(lifetime)
    assert jwt.is_fresh(100.0 + lifetime - margin - 0.01)
    assert not jwt.is_fresh(100.0 + lifetime - margin)


@pytest.mark.fault(22)
def test_its_life_is_counted_from_when_the_exchange_was_sent():
    assert jwt_from(ANSWER, sent_at=100.0).seconds_left(now=150.0) == 3550.0


@pytest.mark.fault(24)
def test_the_type_of_the_token_is_bearer_in_any_case():
    for token_type in ("Bearer", "bearer", "BEARER"):
        assert jwt_from(attrs.evolve(ANSWER, token_type=token_type), 0.0).token.reveal() == "a.b.c"
    with pytest.raises(ValueError, match=r"^token_type: not Bearer$"):
        jwt_from(attrs.evolve(ANSWER, token_type="mac"), 0.0)


@pytest.mark.fault(23)
@pytest.mark.parametrize(
    "wrong", [0, -1, float("nan"), float("inf"), -float("inf"), True, "3600", None, [], {"seconds": 3600}]
)
def test_a_life_that_is_no_number_over_0_is_refused(wrong):
    with pytest.raises(ValueError, match=r"^expires_in: not a number( of seconds over 0)?$"):
        jwt_from(attrs.evolve(ANSWER, expires_in=wrong), 0.0)


@pytest.mark.fault(23)
@pytest.mark.parametrize(
    ("expires_in", "lifetime"), [(0.5, 0.5), (86_399, 86_399.0), (86_401, 86_400.0), (10**400, 86_400.0)]
)
def test_no_jwt_lives_for_more_than_a_day(expires_in, lifetime):
    assert jwt_from(attrs.evolve(ANSWER, expires_in=expires_in), 0.0).lifetime == lifetime


@pytest.mark.fault(24)
@pytest.mark.parametrize("wrong", ["", "a b", "a\r\nX-Evil: 1", "a\n", "ä", "a\x00"])
def test_a_jwt_that_does_not_fit_a_header_is_refused_without_showing_it(wrong):
    with pytest.raises(ValueError, match=r"^access_token: not fit for a header$"):
        jwt_from(attrs.evolve(ANSWER, access_token=wrong), 0.0)


def test_the_cache_gives_no_jwt_that_is_due_for_renewal_and_knows_it_until_its_last_second():
    cache, jwt = JwtCache(), living_for(3600)
    assert (cache.usable(100.0), cache.living(100.0)) == (None, None)
    cache.keep(jwt)
    assert cache.usable(3669.9) is jwt
    assert cache.usable(3670.0) is None
    assert cache.living(3699.9) is jwt
    assert cache.living(3700.0) is None


def test_a_renewal_can_be_put_off_but_not_past_the_end():
    cache, jwt = JwtCache(), living_for(3600)
    cache.keep(jwt)
    cache.put_off_renewal(until=4000.0)
    assert cache.usable(3690.0) is jwt
    assert cache.usable(3700.0) is None


def test_a_renewal_that_was_put_off_is_due_when_its_time_comes():
    cache = JwtCache()
    cache.keep(living_for(3600))
    cache.put_off_renewal(until=3680.0)
    assert cache.usable(3679.9)
    assert cache.usable(3680.0) is None


def test_a_new_jwt_is_renewed_in_its_own_time():
    cache = JwtCache()
    cache.put_off_renewal(until=10_000.0)
    cache.keep(living_for(3600))
    assert cache.usable(3680.0) is None


@pytest.mark.fault(26)
def test_a_late_refusal_of_an_old_jwt_leaves_the_new_one():
    cache, old, new = JwtCache(), living_for(3600), living_for(3600)
    cache.keep(old)
    cache.keep(new)
    cache.discard(old)
    assert cache.usable(200.0) is new
    cache.discard(new)
    assert cache.usable(200.0) is None


def test_the_exchange_is_a_request_without_a_body_that_changes_nothing():
    call = exchange()
    request, jwt = performed(call, {"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 60})
    assert request == {"method": "post", "url": "/auth/token", "headers": {}}
    assert (jwt.token.reveal(), jwt.sent_at, jwt.lifetime) == ("a.b.c", 7.0, 60.0)
    assert (call.failed, call.unreadable) == ("Failed to authenticate", "Invalid auth token response")
    assert (call.changes, call.token_id, call.is_exchange) == (False, None, True)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"token_type": "mac"}, "token_type: not Bearer"),
        ({"access_token": 7}, "access_token: text expected, not int"),
    ],
)
def test_an_exchange_that_brings_no_jwt_says_why(wrong, problem):
    granted = {"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 60}
    with pytest.raises(UnreadableError, match=f"^{problem}$"):
        performed(exchange(), granted | wrong)
