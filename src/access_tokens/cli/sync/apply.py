"""Carries out a plan, one request after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, TypeAlias

import attrs
from attrs import define, field, frozen

from ...errors import AccessTokensError, ConflictError, NotFoundError
from ...models import TokenRecord
from ..config import Entry
from ..failures import Failures
from .changes import Change, Difference, Step, after
from .entry import change_for, mending_values, overwritten
from .guard import held_back
from .plan import Plan

if TYPE_CHECKING:
    from ...client import AccessTokensClient

Problem: TypeAlias = AccessTokensError | str

STAYS_HIDDEN = (
    "the id is taken, but the service shows no record of it, also not after an update with valid values"
)


@frozen
class Failed:
    """A change that was not made, or not in full: an error of the client, or the reason in words."""

    change: Change
    problem: Problem


@frozen(kw_only=True)
class Results:
    """What has become of the changes of a plan.

    Attributes:
        done: Those that were made, with the steps that were taken.
        failed: Those that failed or were held back.
        left: Those that were not begun.
    """

    done: tuple[Change, ...]
    failed: tuple[Failed, ...]
    left: tuple[Change, ...]


def apply(
    plan: Plan,
    client: AccessTokensClient,
    *,
    entries: Iterable[Entry],
    records: Iterable[TokenRecord],
    own_ids: Collection[str],
    force: bool,
    begin: Callable[[Change], None] = lambda _: None,
    done: Callable[[Change, Problem | None], None],
    stopped: Callable[[], bool],
    now: Callable[[], float] = time.time,
) -> Results:
    """Make the changes of a plan. After a failure the next one is made, unless it would fail as well.

    A record that the service hides, since a value in it is invalid, is in no list, but its id is taken. It is
    made valid by an update with the values of the file.

    Args:
        plan: The plan.
        client: The client of the service.
        entries: The tokens of the file, as for the plan.
        records: All tokens of the service, as for the plan.
        own_ids: The ids of the tokens that the run uses, as for the plan.
        force: Hold back nothing: see `guard`.
        begin: Is called before each change.
        done: Is called after each change, with the error if it failed, or the reason in words if it was held
            back or the record stays hidden.
        stopped: Is asked before each change. True leaves it and all that follow undone. It must not be by an
            exception: a token is without its expiry between the two requests of a restore.
        now: Returns the time, in Unix seconds.
    """
    run = _Run(client, entries, records, own_ids, force, now)
    made: list[Change] = []
    failed: list[Failed] = []
    begun = 0
    for change in plan.changes:
        if stopped() or run.failures.is_hopeless:
            break
        begun += 1
        begin(change)
        taken, problem = run.make(change)
        if problem is None:
            made.append(taken)
        else:
            failed.append(Failed(change, problem))
        done(taken, problem)
    return Results(done=tuple(made), failed=tuple(failed), left=plan.changes[begun:])


def _by_id(records: Iterable[TokenRecord]) -> dict[str, TokenRecord]:
    return {each.token_id: each for each in records}


def _entries_by_id(entries: Iterable[Entry]) -> dict[str, Entry]:
    return {each.token_id: each for each in entries}


@define(eq=False)
class _Run:
    """Makes changes, and keeps in mind how the records are after them.

    Attributes:
        failures: What has failed so far.
    """

    _client: AccessTokensClient
    _entries: dict[str, Entry] = field(converter=_entries_by_id)
    _records: dict[str, TokenRecord] = field(converter=_by_id)
    _own_ids: Collection[str]
    _force: bool
    _now: Callable[[], float]
    _taken: list[Step] = field(init=False, factory=list)
    _overwritten: list[Difference] = field(init=False, factory=list)
    failures: Failures = field(init=False, factory=Failures)

    def make(self, change: Change) -> tuple[Change, Problem | None]:
        """Make a change, and return it with the steps that were taken, and the problem if it failed."""
        self._taken, self._overwritten = [], []
        try:
            problem: Problem | None = self._tried(change)
        except AccessTokensError as error:
            self.failures.note(error)
            if error.outcome_unknown:
                self._records.pop(change.token_id, None)  # so that it counts as no administrator
            return change, error
        except ValueError as error:  # a value that only the client refuses must not end the run
            return change, str(error)
        if problem is None:
            self.failures.note(None)
        steps, differences = self._taken or change.steps, (*change.differences, *self._overwritten)
        return attrs.evolve(change, steps=tuple(steps), differences=differences), problem

    def _tried(self, change: Change) -> str | None:
        second = int(self._now())
        reason = held_back(change, self._records, own_ids=self._own_ids, now=second)
        if reason and not self._force:
            return reason
        return self._made_valid(self._entries[change.token_id]) if self._is_taken(change) else None

    def _is_taken(self, change: Change) -> bool:
        """Take the steps of a change, and tell whether the id that it registers is taken."""
        try:
            for step in change.steps:
                self._take(step, change.token_id)
        except ConflictError:
            if change.token_id in self._records:
                raise
            return True
        return False

    def _take(self, step: Step, token_id: str) -> None:
        getattr(self._client, step.method)(token_id, **step.revealed())
        self._taken.append(step)
        if step.method == "register" or token_id in self._records:
            record = self._records.get(token_id)
            self._records[token_id] = after(step, token_id, record, int(self._now()))

    def _made_valid(self, entry: Entry) -> str | None:
        """Make a token as its entry says that the list has not shown.

        Either somebody else has registered it since, or the service hides its record, until its values are
        valid.
        """
        for values in mending_values(entry):
            if values:
                self._take(Step("update", values), entry.token_id)
                self._overwritten += overwritten(entry, values)
            if record := self._loaded(entry.token_id):
                self._records[entry.token_id] = record
                change = change_for(entry, record, int(self._now()))
                return self._tried(change) if change else None
        return STAYS_HIDDEN

    def _loaded(self, token_id: str) -> TokenRecord | None:
        try:
            return self._client.get(token_id, include_secret_phc=True)
        except NotFoundError:
            return None
