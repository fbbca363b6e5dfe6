"""Decides what makes one token as its entry in the file says, without I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from ..._secret import HIDDEN
from ..._unix_time import unix_seconds
from ...models import KEEP, TokenRecord, json_name
from ..config import Entry
from .changes import Change, Difference, Step

NO_HASH = "not there, or hidden by the service, and no secretPhc to register it with"
EXPIRED = "not there, and not registered, since its expiresAt is past"
STAYS_REVOKED = "stays revoked, since the file does not say revoked: false"


def change_for(entry: Entry, record: TokenRecord | None, now: int) -> Change | None:
    """Return what makes a token as its entry says, or None if nothing is to be done."""
    steps = _registration(entry, now) if record is None else _steps(entry, record)
    differences = _differences(entry, record) if record else ()
    made = Change(
        token_id=entry.token_id, owner=entry.owner, why="entry", steps=steps, differences=differences
    )
    return made if steps else None


def reason_to_skip(entry: Entry, record: TokenRecord | None, now: int) -> str | None:
    """Return why an entry is not carried out, or not in full; None if it is, or nothing is to be done."""
    if record is not None:
        return STAYS_REVOKED if record.revoked_at is not None and entry.revoked is None else None
    if entry.revoked:
        return None  # no token, and none is wanted
    if entry.secret_phc is None:
        return NO_HASH
    return EXPIRED if isinstance(entry.expires_at, int) and entry.expires_at <= now else None


def _registration(entry: Entry, now: int) -> tuple[Step, ...]:
    if entry.revoked or reason_to_skip(entry, None, now):
        return ()
    return (Step("register", all_values(entry)),)


def given_values(entry: Entry) -> dict[str, Any]:
    """Return what the file gives, as arguments of `update`."""
    values = {name: getattr(entry, name) for name in ("owner", "secret_phc", "is_admin", "roles")}
    given = {name: value for name, value in values.items() if value is not None}
    return given if entry.expires_at is KEEP else {**given, "expires_at": entry.expires_at}


def all_values(entry: Entry) -> dict[str, Any]:
    """Return what the file gives, and for what it leaves out what registering gives."""
    return {"is_admin": False, "roles": (), "expires_at": None, **given_values(entry)}


def mending_values(entry: Entry) -> Iterator[dict[str, Any]]:
    """Yield what to update, in turn, until the service shows a record that it hides.

    What the file leaves out is overwritten only where the rest was not enough: an expiry first, since an
    invalid one tells nothing. No value of `is_admin` hides a record.
    """
    yield {}
    yield given_values(entry)
    if entry.expires_at is KEEP:
        yield {"expires_at": None}
    if entry.roles is None:
        yield {"roles": ()}


def overwritten(entry: Entry, values: dict[str, Any]) -> Iterator[Difference]:
    """Yield what of these values the file leaves out."""
    for name in values.keys() - given_values(entry).keys():
        yield Difference(_shown_name(name), "invalid", values[name])


def _steps(entry: Entry, record: TokenRecord) -> tuple[Step, ...]:
    """Return the steps for a token that is there.

    The service clears the expiry when it revokes and restores, so that it is sent again. Before a PAT works
    again, its new hash and roles must count; one that is revoked is refused first.
    """
    changed = _changed(entry, record)
    others = {name: value for name, value in changed.items() if name != "expires_at"}
    if entry.revoked and record.revoked_at is None:
        return Step("revoke", _expiry(entry, record)), *_update(others)
    if entry.revoked is False and record.revoked_at is not None:
        return *_update(others), Step("restore", _expiry(entry, record))
    return _update(changed)


def _update(values: dict[str, Any]) -> tuple[Step, ...]:
    return (Step("update", values),) if values else ()


def _changed(entry: Entry, record: TokenRecord) -> dict[str, Any]:
    given = given_values(entry)
    return {name: value for name, value in given.items() if not _equals(record, name, value)}


def _equals(record: TokenRecord, name: str, value: Any) -> bool:
    if name == "secret_phc":
        return bool(record.secret_phc == value.reveal())
    if name == "roles":
        return set(record.roles) == set(value)
    return bool(getattr(record, name) == value)


def _expiry(entry: Entry, record: TokenRecord) -> dict[str, int]:
    """Return the expiry that the token is to have, as an argument of `revoke` and `restore`."""
    wanted = _sendable(record.expires_at) if entry.expires_at is KEEP else entry.expires_at
    return {} if wanted is None else {"expires_at": wanted}


def _sendable(expires_at: int | None) -> int | None:
    """Return a stored expiry, or None for one that means "never": 0, or after the year 9999."""
    try:
        return None if expires_at is None else unix_seconds("expires_at", expires_at)
    except ValueError:
        return None


def _differences(entry: Entry, record: TokenRecord) -> tuple[Difference, ...]:
    return tuple(_difference(record, name, value) for name, value in _changed(entry, record).items())


def _shown_name(name: str) -> str:
    return json_name(getattr(attrs.fields(TokenRecord), name))


def _difference(record: TokenRecord, name: str, new: Any) -> Difference:
    shown = _shown_name(name)
    if name == "secret_phc":
        return Difference(shown, HIDDEN, "[updated]")
    if name == "roles":
        return Difference(shown, tuple(sorted(set(record.roles))), tuple(sorted(set(new))))
    return Difference(shown, getattr(record, name), new)
