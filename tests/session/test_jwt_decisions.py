"""Which JWT a session uses, and when it exchanges: decided without I/O, asked one question at a time."""

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
from access_tokens._flow.jwt import Authorization
from access_tokens._flow.steps import Answer, Authorize, Failure, ReadPat, Send, Sent, Wait
from access_tokens._session.jwt_decisions import JwtDecisions
from access_tokens._session.sharing import StoreError

from ..helpers.logged import logged
from ..helpers.memory_store import MemoryStore
from ..helpers.sessions import (
    CLOSED,
    DEADLINE,
    FAILED,
    NOW,
    PAT,
    at,
    closed,
    found,
    jwt,
    new,
    pending,
    session,
)


def kept(left: float) -> JwtDecisions:
    """A session that has a JWT with so many seconds left."""
    made = session()
    made._kept(jwt(left))
    return made


class TestTheJwtThatIsFound:
    def test_at_first_there_is_none(self):
        assert found(session()) is None

    def test_one_that_is_kept_is_new_to_who_got_it_and_old_to_who_finds_it(self):
        made, token = session(), jwt()
        kept = made._kept(token)
        assert (kept.jwt.token, kept.is_new) == (token.token, True)
        assert found(made) == Authorization(kept.jwt, is_new=False)

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
        with pytest.raises(ClientClosedError, match=f"^{FAILED}: {CLOSED}$"):
            found(made, afresh=afresh)

    @pytest.mark.fault(78)
    @pytest.mark.parametrize(("later", "is_new"), [(1.9, True), (2.0, False)])
    def test_one_that_expires_on_the_way_is_new_no_more(self, later, is_new):
        got = new(left=2.0)
        sent = at(NOW + later, session())._sent(Answer(401), got)
        assert sent == Sent(Answer(401), Authorization(got.jwt, is_new, is_own=True))


def sends_the_pat(flow):
    return next(flow) == ReadPat() and flow.send(PAT) == Send(PAT)


class TestTheExchange:
    def test_without_a_jwt_it_has_all_retries_and_all_the_time(self):
        [(flow, until)] = session()._exchanges(DEADLINE, afresh=False)
        assert until == DEADLINE
        assert sends_the_pat(flow)
        assert flow.send(Answer(503)) == Wait(1.0)

    def test_the_first_has_the_pat_that_was_read_for_it(self):
        [(flow, _)] = session()._exchanges(DEADLINE, False, PAT)
        assert next(flow) == Send(PAT)
        (renewal, _), (flow, _) = kept(20.0)._exchanges(DEADLINE, False, PAT)
        assert (next(renewal), next(flow)) == (Send(PAT), ReadPat())

    def test_its_jwt_expires_at_a_time_by_the_wall_clock(self):
        made = session()
        made.wall = lambda: 1_000_000.0
        assert made._kept(jwt(100.0)).jwt.expires_at == 1_000_100.0

    def test_so_it_has_for_who_wants_a_new_jwt(self):
        assert [until for _, until in kept(3600.0)._exchanges(DEADLINE, afresh=True)] == [DEADLINE]

    def test_a_renewal_has_one_attempt_before_an_exchange_has_all(self):
        (renewal, _), (flow, until) = kept(20.0)._exchanges(DEADLINE, afresh=False)
        assert sends_the_pat(renewal)
        with pytest.raises(UnavailableError, match=f"^{FAILED}"):
            renewal.send(Answer(503))
        assert until == DEADLINE
        assert sends_the_pat(flow)
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

    def test_calls_have_the_policy_of_the_client(self):
        made = session(retry=RetryPolicy(backoff=7.0))
        flow = made._calling(attrs.evolve(made._exchange, is_exchange=False))
        next(flow)
        assert flow.send(Sent(Answer(503), Authorization(jwt()))) == Wait(7.0)

    def test_who_waits_for_a_place_has_it_too(self):
        flow = session(retry=RetryPolicy(backoff=7.0))._authorizing(Authorize(afresh=True))
        assert next(flow) == Authorize(afresh=True)
        assert flow.send(Failure(TimeoutError(), acted=False)) == Wait(7.0)


class TestAnExchangeThatAnotherLed:
    @pytest.mark.parametrize("afresh", [True, False])
    def test_its_jwt_is_shared_unless_the_renewal_has_failed(self, afresh):
        done = pending(authorization=new())
        assert session()._joined(done, afresh) is done.authorization
        assert session()._joined(pending(authorization=Authorization(jwt())), afresh) is None

    def test_one_that_was_given_up_must_be_made_again(self):
        assert session()._joined(pending(), afresh=False) is None

    def test_its_failure_is_shared_as_a_copy(self):
        error = AuthenticationError(FAILED, status_code=401)
        with pytest.raises(AuthenticationError) as raised:
            session()._joined(pending(error=error), afresh=False)
        assert raised.value is not error
        assert vars(raised.value) == vars(error)

    def test_its_failure_is_nothing_to_who_has_a_jwt(self):
        made, done = kept(20.0), pending(error=AuthenticationError(FAILED))
        assert made._joined(done, afresh=False) is None
        with pytest.raises(AuthenticationError):
            made._joined(done, afresh=True)

    def test_a_failure_wakes_who_waits(self):
        done, error = pending(), ClientClosedError(FAILED)
        done.fail(error)
        assert done.done.is_set
        assert done.error is error

    def test_who_leads_shares_a_copy_of_the_error(self):
        made, done, error = session(), pending(), EndpointError(FAILED)
        made._landed(done, error, DEADLINE)
        assert made._state.last is done
        assert done.error is not error
        assert str(done.error) == str(error)

    @pytest.mark.fault(78)
    def test_who_leads_and_has_no_more_time_fails_alone(self):
        made, done = session(), pending()
        made._landed(done, UnavailableError(FAILED), NOW)
        assert (done.error, made._state.last) == (None, None)

    @pytest.mark.fault(78)
    def test_who_waited_for_a_place_meanwhile_shares_what_came_of_it(self):
        made, before, token = session(), pending(), jwt()
        made._landed(pending(), UnavailableError(FAILED), DEADLINE)
        for afresh in (True, False):
            with pytest.raises(UnavailableError):
                made._found(afresh, before)
        made._state.cache.keep(jwt(20.0))
        with pytest.raises(UnavailableError):
            made._found(True, before)
        kept = made._kept(token)
        made._state.last = pending(authorization=kept)
        assert made._found(True, before) is kept
        made._state.cache.discard(kept.jwt)
        assert made._found(True, before) is None
        assert made._found(False, before) is None


class TestARenewalThatFailed:
    @pytest.mark.parametrize("kind", [UnavailableError, RateLimitedError, AuthenticationError, EndpointError])
    def test_the_jwt_stays_in_use_as_long_as_it_lives(self, kind):
        made = kept(0.1)
        assert made._going_on(kind(FAILED), afresh=False) == made._living(afresh=False)
        assert found(made)

    def test_it_is_nothing_to_who_wants_a_new_one(self):
        assert kept(20.0)._going_on(UnavailableError(FAILED), afresh=True) is None

    @pytest.mark.parametrize("left", [0.0, -1.0])
    def test_without_a_living_jwt_nothing_goes_on(self, left):
        assert kept(left)._going_on(UnavailableError(FAILED), afresh=False) is None

    def test_a_client_that_was_closed_does_not_go_on(self):
        made = closed()
        made._kept(jwt(20.0))
        assert made._going_on(ClientClosedError(FAILED), afresh=False) is None

    @pytest.mark.fault(76)
    @pytest.mark.parametrize(
        ("left", "error", "pause"),
        [
            *[
                (20.0, RateLimitedError(FAILED, retry_after=asked), pause)
                for asked, pause in [(None, 1.0), (0.0, 1.0), (0.5, 1.0), (12.0, 12.0)]
            ],
            (20.0, AuthenticationError(FAILED), 10.0),
            (1.5, AuthenticationError(FAILED), 1.0),
        ],
    )
    def test_it_is_tried_again_when_asked_or_at_half_of_the_time_left_but_after_a_second(
        self, left, error, pause
    ):
        made = kept(left)
        made._going_on(error, afresh=False)
        assert found(at(NOW + pause - 0.01, made))
        assert found(at(NOW + pause, made)) is None


class TestAJwtFromTheStore:
    def test_it_is_kept_and_ends_what_failed(self, caplog):
        caplog.set_level("INFO", "access_tokens")
        made, got = session(), Authorization(jwt())
        for _ in range(2):
            made._state.failures.note(AuthenticationError(FAILED), NOW)
        assert made._adopted(got) is got
        assert found(made) == got
        assert made._adopted(got) is got
        assert logged(caplog)[0][:2] == ("INFO", "found the JWT of another process in the store")
        assert len(caplog.records) == 1
        made._state.cache.discard(got.jwt)
        assert found(made) is None

    def test_one_that_is_due_is_looked_for_again_after_a_second(self):
        made = session()
        made._adopted(Authorization(jwt(20.0)))
        assert found(at(NOW + 0.99, made))
        assert found(at(NOW + 1.0, made)) is None

    def test_a_new_one_that_was_refused_while_it_was_put_is_not_kept_again(self, caplog):
        caplog.set_level("INFO", "access_tokens")
        made = session()
        got = made._kept(jwt())
        made._state.cache.discard(got.jwt)
        assert made._adopted(got) is got
        assert found(made) is None
        assert not caplog.records

    def test_its_failure_is_told_on_one_line_without_the_pat(self, caplog):
        made = session(jwt_store=MemoryStore())
        store = made._store()
        assert store
        failed = made._store_failed(store, ValueError("no pat_x\nhere"))
        assert (type(failed), str(failed)) == (StoreError, "")
        [(level, message, _)] = logged(caplog)
        assert (level, message) == (
            "WARNING",
            "the JWT store has failed and is left out: ValueError: no [hidden] here",
        )
        assert at(NOW + 9.9, made)._store() is None
        assert at(NOW + 10.0, made)._store() is store
