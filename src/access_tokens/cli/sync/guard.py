"""Holds back what would lock the administrators out.

That is what takes the rights of the token that the run itself uses, or leaves no active administrator. It is
decided for one change and the records just before it. When planning these are simulated, and when applying it
is decided again: a promotion that comes before a demotion may have failed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ...models import TokenRecord
from .changes import Change

LAST_ADMINISTRATOR = "this would leave no active administrator"
NOT_LISTED = "the token that this run uses is not in the list, so that it is unknown what it would lose"
_OWN = "the token that this run uses"
_MAYBE_OWN = "an administrator's token, which may be the one that this run uses"


def held_back(
    change: Change, records: Mapping[str, TokenRecord], *, own_ids: Collection[str], now: int
) -> str | None:
    """Return why a change must not be made, or None if it may.

    Args:
        change: The change.
        records: All records by their ids, as they are before the change.
        own_ids: The ids of the tokens that the run uses. None if unknown: then any administrator's may be.
        now: The time, in Unix seconds.
    """
    before = records.get(change.token_id)
    after = change.result(before, now)
    if before is None:
        return NOT_LISTED if change.token_id in own_ids else None
    is_maybe_own = not own_ids and administers(before, now)
    if is_maybe_own or change.token_id in own_ids:
        lost = loss(before, after, now)
        return lost and f"this would {lost} {_MAYBE_OWN if is_maybe_own else _OWN}"
    if not administers(before, now) or administers(after, now):
        return None
    if any(administers(records.get(each), now) for each in own_ids):
        return None  # the usual case, in which others need not be looked for
    others = (each for token_id, each in records.items() if token_id != change.token_id)
    return None if any(administers(each, now) for each in others) else LAST_ADMINISTRATOR


def administers(record: TokenRecord | None, now: int) -> bool:
    """Tell whether a token is an active administrator's."""
    return record is not None and record.is_admin and record.is_active(now)


def loss(before: TokenRecord, after: TokenRecord, now: int) -> str | None:
    """Return by what a token would lose its rights, as a verb, or None if it keeps them."""
    losses = {
        "revoke": before.revoked_at is None and after.revoked_at is not None,
        "demote": before.is_admin and not after.is_admin,
        "expire": before.is_active(now) and not after.is_active(now),
        "change the hash of": before.secret_phc != after.secret_phc,
    }
    return next((verb for verb, is_lost in losses.items() if is_lost), None)
