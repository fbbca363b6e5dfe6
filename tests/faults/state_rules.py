"""What can happen to a client, in any order, and what must come of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from access_tokens import (
    AccessTokensError,
    AuthenticationError,
    ClientClosedError,
    ConflictError,
    NotFoundError,
)

from ..helpers.callers import Clock, result_of
from .state_faults import CEILING, PASSING, SITUATIONS, Situation
from .state_model import Episode, Model

UNKNOWN = "revoke one that does not exist"
OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "list": lambda client: client.list(),
    "issue": lambda client: client.issue("x"),
    "revoke one that exists": lambda client: client.revoke("known"),
    UNKNOWN: lambda client: client.revoke("unknown"),
}
NAMES = st.sampled_from(sorted(OPERATIONS))
KINDS = st.sampled_from(["exchange", "call"])
LIFETIMES = st.sampled_from([3600.0, 60.0, 20.0])


def no_hook() -> None:
    """Do nothing."""


def is_success(result: Any) -> bool:
    return not isinstance(result, Exception)


class Machine(RuleBasedStateMachine):
    """What can happen to a client of either variant."""

    caller: Any

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.model = Model(self.clock)
        self.model.tokens["known"] = True
        self.hooks: dict[str, Callable[[], Any]] = {}
        self.open()

    def open(self) -> None:
        """Make a client, whose clock is that of the test."""
        raise NotImplementedError

    def close_inside(self) -> Any:
        """Close the client inside a request, which has no answer then."""
        raise NotImplementedError

    def hook(self, kind: str) -> Any:
        """Do what is to happen while a request of a kind is under way."""
        return self.hooks.pop(kind, no_hook)()

    # What the caller does

    def arrange(self, situation: Situation) -> None:
        """Bring about what is to be while the client is used next."""
        self.come_back_later()
        if situation.edge is not None:
            self.clock.time = max(self.clock.time, self.model.edge(situation.edge) + situation.beside)
        self.model.key += situation.is_rotated
        self.model.exchange_faults = deque(situation.exchange_faults or self.model.exchange_faults)
        self.model.call_faults = deque(situation.call_faults or self.model.call_faults)

    @rule(situations=st.lists(SITUATIONS, min_size=1, max_size=4))
    def list_tokens(self, situations: list[Situation]) -> None:
        for situation in situations:
            self.call("list", situation)

    @rule(situation=SITUATIONS)
    def issue_one(self, situation: Situation) -> None:
        self.call("issue", situation)

    @rule(name=st.sampled_from(["revoke one that exists", UNKNOWN]), situation=SITUATIONS)
    def revoke_one(self, name: str, situation: Situation) -> None:
        self.call(name, situation)

    def call(self, name: str, situation: Situation) -> None:
        self.arrange(situation)
        was_accepted = self.model.is_accepted
        result = self.result_of(OPERATIONS[name])
        if not self.model.episode.faults:
            self.check_without_faults(name, result, was_accepted)
        self.check_issued(name, result)
        self.check_persistence(self.model.episode)

    @rule(situation=SITUATIONS)
    def authenticate(self, situation: Situation) -> None:
        self.arrange(situation)
        self.model.is_asked_for = True
        result = self.result_of(lambda client: client.authenticate())
        self.model.is_asked_for = False
        if not self.model.episode.faults:
            assert is_success(result) is self.model.pat_is_good

    @rule(kind=st.none() | KINDS, situation=SITUATIONS)
    def close_and_open_another(self, kind: str | None, situation: Situation) -> None:
        """Close between two calls, or inside a request of one; and close again, which does nothing."""
        self.arrange(situation)
        if kind is not None:
            self.close_during(kind)
        self.caller.close()
        self.caller.close()
        before = self.begin()
        for call in (*OPERATIONS.values(), lambda client: client.authenticate()):
            assert type(result_of(partial(call, self.caller))) is ClientClosedError
        assert self.model.requests == before
        self.model.forget_client()
        self.open()

    def close_during(self, kind: str) -> None:
        self.hooks[kind] = self.close_inside
        self.begin()
        result = result_of(self.caller.list)
        if self.hooks:  # there was no such request
            self.hooks.clear()
            self.check(result)
        else:
            assert type(result) is ClientClosedError

    # What must come of it

    def result_of(self, call: Callable[[Any], Any]) -> Any:
        """Make a call, and check that whatever error it raises has a reason."""
        self.begin()
        result = result_of(lambda: call(self.caller))
        self.check(result)
        return result

    def come_back_later(self) -> None:
        """Let a failure that stands for others be over."""
        self.clock.time = max(self.clock.time, self.model.stands)

    def begin(self) -> int:
        """Begin a step, and return how many requests there were before."""
        self.come_back_later()
        self.model.episode = Episode()
        return self.model.requests

    def check(self, result: Any) -> None:
        if not is_success(result):
            assert isinstance(result, AccessTokensError)
            assert type(result) in self.reasons()
            assert str(result).isprintable()
            self.check_patience(result)

    def reasons(self) -> set[type[AccessTokensError]]:
        """Return the errors for which this step has given a reason."""
        given = {fault.error for fault in self.model.episode.faults}
        refused = set() if self.model.pat_is_good else {AuthenticationError}
        twice = {ConflictError} if self.model.episode.created else set()
        return given | refused | twice | {NotFoundError}

    def check_patience(self, error: AccessTokensError) -> None:
        """Check that a call was given up for good reason: it has tried often enough, or must not try."""
        if isinstance(error, PASSING):
            assert error.attempts >= 4 or (error.retry_after or 0.0) > CEILING
        if isinstance(error, AuthenticationError) and error.message != "Failed to authenticate":
            assert self.model.episode.exchanged  # only a new JWT that is refused is the PAT's fault

    def check_persistence(self, episode: Episode) -> None:
        """Check that nothing is tried more often than it should be."""
        assert episode.endured.count("call") <= 4
        assert episode.endured.count("exchange") <= 4
        assert episode.denied.count("call") <= 2
        assert episode.denied.count("exchange") <= 1

    def check_without_faults(self, name: str, result: Any, was_accepted: bool) -> None:
        """Check that a call succeeds with a PAT or with a JWT that is good, and fails without."""
        if self.model.pat_is_good or was_accepted:
            assert is_success(result) is (name != UNKNOWN)
            assert is_success(result) or (type(result) is NotFoundError and result.attempts <= 2)
        else:
            assert type(result) is AuthenticationError

    def check_issued(self, name: str, result: Any) -> None:
        """Check that no repeat makes a second token, and that no error hides a first one."""
        assert self.model.episode.created <= (name == "issue")
        if name == "issue" and is_success(result):
            assert result.record.token_id in self.model.tokens
        elif name == "issue" and not result.outcome_unknown:
            assert self.model.episode.created == 0

    # What happens elsewhere

    @rule(seconds=st.sampled_from([0.5, 1.0, 10.0, 29.0, 31.0, 1800.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @initialize(lifetime=LIFETIMES)
    def the_first_jwts(self, lifetime: float) -> None:
        self.model.lifetime = lifetime

    @rule(lifetime=LIFETIMES, takes=st.sampled_from([0.0, 0.5, 9.5]))
    def the_next_jwts(self, lifetime: float, takes: float) -> None:
        """Live so long, counted from when the exchange was sent, and take so long to get."""
        self.model.lifetime, self.model.exchange_takes = lifetime, takes

    @rule(is_good=st.sampled_from([False, True, True]))
    def the_pat_is_revoked_or_restored(self, is_good: bool) -> None:
        self.model.pat_is_good = is_good

    @rule()
    def all_is_well_again(self) -> None:
        self.model.exchange_faults.clear()
        self.model.call_faults.clear()
        self.model.pat_is_good = True
        assert is_success(self.result_of(OPERATIONS["list"]))

    @invariant()
    def nothing_wrong_was_done(self) -> None:
        assert self.model.wrongs == []
        assert not self.model.is_exchanging
        assert max(self.clock.waits, default=0.0) <= CEILING

    def teardown(self) -> None:
        self.all_is_well_again()
        self.close_and_open_another(None, Situation())
        self.nothing_wrong_was_done()
