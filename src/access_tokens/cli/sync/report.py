"""Says what `sync` would do and has done: in words, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ..output import iso, plain, true_or_false
from .changes import Change, Difference
from .plan import Orphan, Plan, Skipped

_DONE = {"register": "registered", "update": "updated", "revoke": "revoked", "restore": "restored"}


def planned(change: Change) -> str:
    """Return what would be done to a token."""
    methods = " and ".join(step.method for step in change.steps)
    return f"Would {methods} {_token(change)}{_details(change)}"


def made(change: Change) -> str:
    """Return what was done to a token."""
    words = " and ".join(dict.fromkeys(_DONE[step.method] for step in change.steps))
    return f"{words.capitalize()} {_token(change)}{_details(change)}"


def _token(change: Change) -> str:
    kind = "orphaned token" if change.why == "orphan" else "token"
    return f"{kind} {change.token_id} for {plain(change.owner)}"


def _details(change: Change) -> str:
    if change.why == "orphan":
        return f", expires {iso(change.steps[0].arguments['expires_at'])}"
    differences = ", ".join(map(_difference, change.differences))
    return (f": {differences}" if differences else "") + _kept_expiry(change)


def _kept_expiry(change: Change) -> str:
    """Name the expiry of a restored token that the file leaves out: it may be that of an orphan."""
    is_given = any(each.name == "expiresAt" for each in change.differences)
    until = None if is_given else change.restored_until
    return f", expires {iso(until)}" if until else ""


def _difference(each: Difference) -> str:
    return f"{each.name}: {_shown(each.name, each.old)} → {_shown(each.name, each.new)}"


def _shown(name: str, value: Any) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, bool):
        return true_or_false(value)
    if name == "roles":
        return plain(",".join(value))
    return iso(value) if name == "expiresAt" else str(value)


def skipped(each: Skipped) -> str:
    """Return why an entry is not carried out."""
    return f"token {each.entry.token_id} for {plain(each.entry.owner)}: {each.reason}"


def orphan(each: Orphan) -> str:
    """Return that a token is not in the file, and why it stays if it was to be revoked."""
    why = f", and is kept: {each.reason}" if each.reason else ""
    return f"Token {each.record.token_id} for {plain(each.record.owner)} is not in the file{why}"


def summary(changes: Iterable[Change], *, would: bool) -> str:
    """Return how many tokens are registered, updated, revoked and restored."""
    counts = Counter(step.method for change in changes for step in change.steps)
    said = [f"{count} {'to ' + method if would else _DONE[method]}" for method, count in counts.items()]
    return ", ".join(said) or "no changes"


def document(plan: Plan, outcomes: Mapping[str, dict[str, str]], otherwise: str) -> dict[str, Any]:
    """Return a plan, and what has become of it, for `--json`.

    Args:
        plan: The plan.
        outcomes: What has become of the changes, by the ids of the tokens.
        otherwise: The outcome of the other changes.
    """
    refused = [{**_change(each.change), "outcome": "refused", "error": each.reason} for each in plan.refused]
    return {
        "changes": [
            {**_change(each), **outcomes.get(each.token_id, {"outcome": otherwise})} for each in plan.changes
        ]
        + refused,
        "skipped": [
            {"tokenId": each.entry.token_id, "owner": each.entry.owner, "reason": each.reason}
            for each in plan.skipped
        ],
        "orphans": [_orphan(each) for each in plan.orphans],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "tokenId": change.token_id,
        "owner": change.owner,
        "why": change.why,
        "actions": [step.method for step in change.steps],
        "differences": {each.name: {"old": each.old, "new": each.new} for each in change.differences},
    }


def _orphan(each: Orphan) -> dict[str, Any]:
    return {"tokenId": each.record.token_id, "owner": each.record.owner, "reason": each.reason}
