"""Says what `sync` would do and has done: in words, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from ..failures import outcome
from ..output import iso, plain, true_or_false
from .apply import Results
from .changes import Change, Difference
from .plan import Orphan, Plan

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
    last = change.steps[-1]
    expires_at = last.arguments.get("expires_at") if last.method == "restore" else None
    is_given = any(each.name == "expiresAt" for each in change.differences)
    return f", expires {iso(expires_at)}" if expires_at and not is_given else ""


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


def others(plan: Plan) -> Iterator[str]:
    """Yield a line for each token that is left as it is, and why."""
    for skipped in plan.skipped:
        yield f"Token {skipped.entry.token_id} for {plain(skipped.entry.owner)}: {skipped.reason}"
    for orphan in plan.orphans:
        why = f", and is kept: {orphan.reason}" if orphan.reason else ""
        yield f"Token {orphan.record.token_id} for {plain(orphan.record.owner)} is not in the file{why}"


def summary(changes: Iterable[Change], *, would: bool) -> str:
    """Return how many tokens are registered, updated, revoked and restored."""
    counts = Counter(step.method for change in changes for step in change.steps)
    said = [f"{count} {'to ' + method if would else _DONE[method]}" for method, count in counts.items()]
    return ", ".join(said) or "no changes"


def document(plan: Plan, results: Results | None) -> dict[str, Any]:
    """Return a plan, and what has become of it, for `--json`.

    Args:
        plan: The plan.
        results: What has become of it; None if it was not carried out.
    """
    outcomes = _outcomes(plan, results)
    refused = [{**_change(each.change), "outcome": "refused", "error": each.reason} for each in plan.refused]
    return {
        "changes": [{**_change(each), **outcomes[each.token_id]} for each in plan.changes] + refused,
        "skipped": [
            {"tokenId": each.entry.token_id, "owner": each.entry.owner, "reason": each.reason}
            for each in plan.skipped
        ],
        "orphans": [_orphan(each) for each in plan.orphans],
    }


def _outcomes(plan: Plan, results: Results | None) -> dict[str, dict[str, str]]:
    if results is None:
        return {each.token_id: {"outcome": "planned"} for each in plan.changes}
    done = {each.token_id: {"outcome": "done"} for each in results.done}
    failed = {each.change.token_id: outcome(each.problem, "done") for each in results.failed}
    left = {each.token_id: {"outcome": "not done"} for each in results.left}
    return done | failed | left


def _change(change: Change) -> dict[str, Any]:
    return {
        "tokenId": change.token_id,
        "owner": change.owner,
        "why": change.why,
        "actions": [step.method for step in change.steps],
        "differences": {each.name: {"old": each.old, "new": each.new} for each in change.differences},
    }


def _orphan(orphan: Orphan) -> dict[str, Any]:
    return {"tokenId": orphan.record.token_id, "owner": orphan.record.owner, "reason": orphan.reason}
