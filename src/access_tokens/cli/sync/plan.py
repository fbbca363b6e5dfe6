"""Decides what `sync` does: from the file and all tokens of the service, without I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from attrs import frozen

from ...models import TokenRecord
from ..config import Entry
from .changes import Change, Step
from .entry import change_for, reason_to_skip
from .guard import held_back, loss


@frozen
class Skipped:
    """An entry of the file that is not carried out, or not in full. It is no failure."""

    entry: Entry
    reason: str


@frozen
class Orphan:
    """An active token that is not in the file, and stays; with the reason if it is held back."""

    record: TokenRecord
    reason: str | None = None


@frozen
class Refused:
    """A change for an entry that is held back as a whole. It is a failure."""

    change: Change
    reason: str


@frozen(kw_only=True)
class Plan:
    """What `sync` does.

    Attributes:
        changes: What is done, in order: what gives rights before what takes them, orphans last.
        orphans: The active tokens that are not in the file, and stay.
        skipped: The entries that are not carried out, or not in full.
        refused: The changes for entries that are held back.
    """

    changes: tuple[Change, ...]
    orphans: tuple[Orphan, ...]
    skipped: tuple[Skipped, ...]
    refused: tuple[Refused, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.changes


def plan(
    entries: Iterable[Entry],
    records: Iterable[TokenRecord],
    *,
    own_ids: Collection[str],
    now: int,
    orphans_expire_at: int | None,
    force: bool,
) -> Plan:
    """Return what makes the tokens of the service as the file says.

    Args:
        entries: The tokens of the file.
        records: All tokens of the service, revoked and expired ones too, with hashes.
        own_ids: The ids of the tokens that the run uses; none if unknown.
        now: The time, in Unix seconds.
        orphans_expire_at: The expiry with which to revoke active tokens that are not in the file, in Unix
            seconds. None leaves them as they are.
        force: Hold back nothing: see `guard`.
    """
    given = {each.token_id: each for each in entries}
    there = {each.token_id: each for each in records}
    pairs = [(entry, there.get(token_id)) for token_id, entry in given.items()]
    orphans = [each for each in there.values() if each.token_id not in given and each.is_active(now)]
    changes = [each for entry, record in pairs if (each := change_for(entry, record, now))]
    if orphans_expire_at is not None:
        changes += [_revocation(each, orphans_expire_at) for each in orphans]
    changes.sort(key=lambda change: _rank(change, there.get(change.token_id), own_ids, now))
    held = {} if force else _held_back(changes, there, own_ids, now)
    stay = [each for each in orphans if orphans_expire_at is None or each.token_id in held]
    skipped = [(entry, reason_to_skip(entry, record, now)) for entry, record in pairs]
    return Plan(
        changes=tuple(each for each in changes if each.token_id not in held),
        orphans=tuple(Orphan(each, held.get(each.token_id)) for each in stay),
        skipped=tuple(Skipped(entry, reason) for entry, reason in skipped if reason),
        refused=tuple(
            Refused(each, held[each.token_id])
            for each in changes
            if each.token_id in held and each.why == "entry"
        ),
    )


def _rank(change: Change, before: TokenRecord | None, own_ids: Collection[str], now: int) -> int:
    """Return a number for the order: what takes rights comes late, and from the run's own token last."""
    if before is None or not before.is_active(now):
        return 0
    after = change.result(before, now)
    if change.token_id in own_ids and loss(before, after, now):
        return 2
    return int(not after.is_active(now) or (before.is_admin and not after.is_admin))


def _held_back(
    changes: Iterable[Change], there: Mapping[str, TokenRecord], own_ids: Collection[str], now: int
) -> dict[str, str]:
    """Return the reasons for the changes that must not be made, by token ids."""
    held: dict[str, str] = {}
    simulated = dict(there)
    for change in changes:
        if reason := held_back(change, simulated, own_ids=own_ids, now=now):
            held[change.token_id] = reason
        else:
            simulated[change.token_id] = change.result(simulated.get(change.token_id), now)
    return held


def _revocation(record: TokenRecord, expires_at: int) -> Change:
    steps = (Step("revoke", {"expires_at": expires_at}),)
    return Change(token_id=record.token_id, owner=record.owner, why="orphan", steps=steps)
