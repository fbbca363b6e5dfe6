"""How processes share one JWT through a store: stepped by hand, without a store."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import define

from access_tokens import UnavailableError
from access_tokens._flow.jwt import Authorization, Jwt, JwtCache
from access_tokens._flow.steps import Wait
from access_tokens._pat import PatSource
from access_tokens._secret import Secret
from access_tokens._session.sharing import Ask, Exchange, SharedCache, SharedExchange, StoreError, checked
from access_tokens._stores.seal import Seal, SharedJwt

from ..helpers.memory_store import MemoryStore

ENDPOINT = "https://api.example.com/auth/token"
# The time by this process's clock, and by that of all hosts.
NOW, WALL = 500.0, 1_800_000_000.0


@define
class Clocks:
    now: Callable[[], float] = lambda: NOW
    wall: Callable[[], float] = lambda: WALL


def process(living: Jwt | None = None, pat: str = "pat_x") -> SharedExchange:
    """A process that needs a JWT."""
    cache = SharedCache(object(), ENDPOINT, PatSource(Secret(pat)), JwtCache(), Clocks())
    if living:
        cache.jwts.keep(living)
    return SharedExchange(cache)


def entry(
    age: float = 0.0,
    lifetime: float = 3600.0,
    token: str = "a.b.c",
    pat: str = "pat_x",
    endpoint: str = ENDPOINT,
) -> str:
    """What another process has put into the store."""
    return Seal(Secret(pat), endpoint).close(SharedJwt(Secret(token), WALL - age, lifetime))


def jwt(age: float = 0.0, token: str = "own") -> Jwt:
    """A JWT that this process has got."""
    return Jwt(Secret(token), NOW - age, 3600.0, WALL + 3600.0 - age)


def get(own: SharedExchange) -> Ask:
    return Ask("get", (own.seal.name,))


def acquire(own: SharedExchange) -> Ask:
    return Ask("acquire", (own.seal.name, own.holder, 10.0))


def result(steps: Any, reply: Any) -> Authorization:
    """Return what comes out after the last reply."""
    with pytest.raises(StopIteration) as end:
        steps.send(reply)
    got: Authorization = end.value.value
    return got


def replied(steps: Any, *replies: Any) -> Any:
    """Return the step after these replies."""
    step = next(steps)
    for reply in replies:
        step = steps.send(reply)
    return step


class TestTheExchange:
    def test_who_finds_nothing_takes_the_lease_looks_again_exchanges_and_puts(self):
        own, got = process(), Authorization(jwt(age=60.0), is_new=True)
        steps: Any = own.steps(afresh=False)
        assert next(steps) == get(own)
        assert steps.send(None) == acquire(own)
        assert steps.send(1) == get(own)
        assert own.has_lease
        assert steps.send(None) == Exchange()
        put = steps.send(got)
        assert (put.method, put.arguments[0], put.arguments[2]) == ("put", own.seal.name, 3540.0)
        assert result(steps, None) is got
        other = process()
        found = other.cache.read(other.seal, put.arguments[1])
        assert found
        assert (found.token.reveal(), found.seconds_left(NOW)) == ("own", 3540.0)

    def test_who_finds_a_fresh_jwt_takes_it(self):
        own = process()
        steps = own.steps(afresh=False)
        next(steps)
        found = result(steps, entry(age=100.0))
        assert not found.is_new
        assert (found.jwt.sent_at, found.jwt.lifetime) == (NOW - 100.0, 3600.0)
        assert (found.jwt.token.reveal(), found.jwt.expires_at) == ("a.b.c", WALL + 3500.0)
        assert not own.has_lease

    def test_what_is_foreign_out_of_date_or_nonsense_is_as_nothing(self):
        foreign = [
            "",
            b"",
            "a",
            b"\0" * 40,
            "é",
            entry()[:-4],
            entry(pat="pat_y"),
            entry(endpoint="https://o"),
        ]
        nonsense = [5, ["a"], {}, object(), True]
        for value in [*foreign, *nonsense, entry(age=3600.0), entry(lifetime=-1.0), entry(age=1e300)]:
            own = process()
            assert replied(own.steps(afresh=False), value) == acquire(own)

    def test_bytes_are_read_as_text_is(self):
        steps = process().steps(afresh=False)
        next(steps)
        assert result(steps, entry().encode()).jwt.token.reveal() == "a.b.c"

    def test_a_fresh_jwt_that_came_meanwhile_is_taken(self):
        steps = process().steps(afresh=False)
        replied(steps, None, True)
        assert result(steps, entry()).jwt.token.reveal() == "a.b.c"

    def test_one_that_is_due_is_renewed_by_who_has_the_lease_and_used_if_that_fails(self):
        own = process()
        steps = own.steps(afresh=False)
        assert replied(steps, entry(age=3570.0), True, entry(age=3570.0)) == Exchange()
        kept = own.cache.jwts.living(NOW)
        assert kept
        assert kept.seconds_left(NOW) == 30.0
        with pytest.raises(UnavailableError):
            steps.throw(UnavailableError("no"))

    def test_who_has_one_of_its_own_goes_on_with_that(self):
        own = process(living=jwt(age=3580.0))
        steps = own.steps(afresh=False)
        assert replied(steps, None, True, entry(age=3590.0)) == Exchange()
        assert own.cache.jwts.current_of(Secret("own"))
        assert result(steps, Authorization(jwt())).is_new is False  # it was not renewed, so nothing is put

    def test_while_another_renews_a_jwt_that_is_still_valid_is_used(self):
        living = jwt(age=3580.0)
        for own, found, token in [
            (process(living), None, "own"),
            (process(living), entry(age=3580.0), "own"),
            (process(), entry(age=3580.0), "a.b.c"),
        ]:
            steps = own.steps(afresh=False)
            replied(steps, found)
            assert result(steps, None).jwt.token.reveal() == token
            assert not own.has_lease

    @pytest.mark.parametrize("is_discarded", [True, False])
    def test_one_that_was_discarded_or_has_expired_meanwhile_is_not_gone_on_with(self, is_discarded):
        living = jwt(age=3595.0)
        own = process(living)
        steps = own.steps(afresh=False)
        next(steps)
        assert steps.send(None) == acquire(own)
        if is_discarded:
            own.cache.jwts.discard(living)
        else:
            own.cache.clocks.now = lambda: NOW + 5.0
        assert steps.send(False) == Wait(0.1)

    def test_its_own_jwt_expires_by_its_own_clock_whatever_becomes_of_the_wall_clock(self):
        living = jwt(age=3590.0)
        own = process(living)
        value = own.cache.put(living).arguments[1]
        own.cache.clocks.wall = lambda: WALL - 10_000.0
        assert own.cache.read(own.seal, value) is living
        assert own.cache.drop(living) == Ask("drop", (own.seal.name, value))
        own = process(living)
        own.cache.clocks.now = lambda: NOW + 10.0
        assert own.cache.read(own.seal, value) is None

    def test_while_another_exchanges_the_store_is_asked_every_tenth_of_a_second(self):
        own = process()
        steps = own.steps(afresh=False)
        assert replied(steps, None, False) == Wait(0.1)
        assert steps.send(True) == get(own)
        assert steps.send(None) == acquire(own)
        assert steps.send(None) == Wait(0.1)
        assert steps.send(True) == get(own)
        assert result(steps, entry()).jwt.token.reveal() == "a.b.c"

    def test_who_has_waited_for_two_leases_or_may_wait_no_more_exchanges(self):
        """When the first holder dies, those who wait since then still wait for the second."""
        own = process()
        steps = own.steps(afresh=False)
        replied(steps, None, False)
        own.cache.clocks.now = lambda: NOW + 19.9
        assert [steps.send(each) for each in (True, None, False)][-1] == Wait(0.1)
        own.cache.clocks.now = lambda: NOW + 20.0
        assert [steps.send(each) for each in (True, None, False)][-1] == Exchange()
        assert not own.has_lease
        assert replied(process().steps(afresh=False), None, False, False) == Exchange()

    def test_who_wants_a_new_jwt_asks_nobody_and_shares_it(self):
        steps: Any = process().steps(afresh=True)
        assert next(steps) == Exchange()
        assert steps.send(Authorization(jwt(), is_new=True)).method == "put"

    @pytest.mark.parametrize(("before", "may_hold"), [([], False), ([None], True), ([None, True], True)])
    def test_a_store_that_fails_is_left_out_and_a_lease_that_may_be_there_released(self, before, may_hold):
        own, got = process(), Authorization(jwt(), is_new=True)
        steps = own.steps(afresh=False)
        replied(steps, *before)
        assert steps.throw(StoreError("")) == Exchange()
        assert own.has_lease is may_hold
        assert result(steps, got) is got

    def test_a_put_that_fails_costs_nothing(self):
        steps, got = process().steps(afresh=True), Authorization(jwt(), is_new=True)
        replied(steps, got)
        with pytest.raises(StopIteration) as end:
            steps.throw(StoreError(""))
        assert end.value.value is got

    def test_each_exchange_is_a_holder_of_its_own(self):
        assert len({process().holder for _ in range(3)}) == 3
        assert len(process().holder) == 32


class TestTheCache:
    def read(self, own: SharedExchange, value: Any) -> Jwt:
        found = own.cache.read(own.seal, value)
        assert found
        return found

    @pytest.mark.parametrize("ahead", [60.0, 1e9])
    def test_one_from_a_host_whose_clock_is_ahead_lives_no_longer_than_from_now_on(self, ahead):
        found = self.read(process(), entry(age=-ahead))
        assert (found.sent_at, found.expires_at) == (NOW, WALL + 3600.0)

    def test_one_is_read_until_it_expires(self):
        own = process()
        assert self.read(own, entry(age=3599.5)).seconds_left(NOW) == 0.5
        assert own.cache.read(own.seal, entry(age=3600.0)) is None

    def test_one_lives_for_a_day_at_most(self):
        found = self.read(process(), entry(age=10.0, lifetime=1e9))
        assert (found.lifetime, found.expires_at) == (86_400.0, WALL + 86_390.0)

    @pytest.mark.parametrize("is_due", [False, True])
    def test_a_refused_one_is_dropped_where_it_lies_and_read_no_more(self, is_due):
        own, value = process(), entry(age=3590.0 if is_due else 0.0)
        found = self.read(own, value)
        if is_due:
            self.read(own, value)  # by a renewal that left it to another process
        assert own.cache.drop(found) == Ask("drop", (own.seal.name, value))
        assert own.cache.drop(found) is None
        assert own.cache.read(own.seal, entry(token="a.b.c")) is None
        assert self.read(own, entry(token="new")).token.reveal() == "new"

    def test_one_that_was_put_is_dropped_and_one_that_lies_not_there_is_not(self):
        own, mine = process(), jwt()
        assert own.cache.drop(mine) is None
        value = own.cache.put(mine).arguments[1]
        assert own.cache.drop(jwt(token="another")) is None
        assert own.cache.drop(mine) == Ask("drop", (own.seal.name, value))

    def test_a_step_is_a_call_of_the_store(self):
        own = process()
        own.cache.store = {"a": 1}
        assert own.cache.call(Ask("get", ("a",))) == own.call(Ask("get", ("a",))) == 1

    def test_the_answer_to_acquire_is_taken_by_its_truth_value(self):
        answers = [checked(acquire(process()), each) for each in ("yes", 1, None, "")]
        assert answers == [True, True, False, False]
        assert checked(get(process()), "value") == "value"

    @pytest.mark.parametrize("is_over", [False, True])
    def test_a_lease_that_comes_too_late_is_released_at_once(self, is_over):
        own = process()
        own.cache.store, own.is_over = MemoryStore(), is_over
        assert own.call(acquire(own))
        assert own.cache.store.leases == ({} if is_over else {own.seal.name: own.holder})
        own.release()
        assert own.cache.store.leases == {}

    def test_nothing_of_it_is_shown(self):
        own, value = process(), entry()
        self.read(own, value)
        shown = repr([own, own.cache, own.cache.put(jwt()), Ask("put", (value,))])
        assert not any(each in shown for each in ("pat_x", "a.b.c", value))
