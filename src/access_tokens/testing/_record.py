"""The records in the table of the service: their properties have the names of the API.

An unset property is missing, or null if a call has stored null. Times are in Unix seconds. The store does not
check a record after a change, so that a record may become invalid; such a record is hidden. `issues` returns
what is wrong with a record.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from access_tokens.testing import _javascript as javascript
from access_tokens.testing import _schemas as schemas
from access_tokens.testing._errors import Issue


class Record(dict[str, Any]):
    """An item of the table; treated as immutable. Its `repr` does not show the hash."""

    def __repr__(self) -> str:
        return f"<record of {self['tokenId']}>"


_LONGEST_OWNER = 100
_LONGEST_PHC = 200
_ID_LENGTH = 21
_ID_PATTERN = "^[a-zA-Z0-9]+$"
MOST_ROLES = 50
_TIMES = ("createdAt", "lastUsedAt", "revokedAt", "expiresAt")
_NULLABLE = ("roles", "secretPhc", "lastUsedAt", "expiresAt", "revokedAt")


def new(token_id: str, secret_phc: str, request: Mapping[str, Any], created_at: int) -> Record:
    """Make the record for a request to issue or register a token."""
    optional = {"roles": request.get("roles") or None, "expiresAt": request.get("expiresAt")}
    return Record(
        tokenId=token_id,
        secretPhc=secret_phc,
        owner=request["owner"],
        isAdmin=request.get("isAdmin", False),
        createdAt=created_at,
        **{name: value for name, value in optional.items() if value is not None},
    )


def stored(record: Record) -> Record:
    """Return a new record as the table stores it: with roles as a set, so without duplicates."""
    return _with_roles(record, record.get("roles", ()))


def public(record: Record, *, secret_phc: bool, nulls: bool = False) -> dict[str, object]:
    """Return a record in the form of the API.

    Args:
        record: The record.
        secret_phc: Whether to include the hash.
        nulls: Whether to include unset properties as null.
    """
    unset = dict.fromkeys(_NULLABLE) if nulls else {}
    return {**unset, **{name: value for name, value in record.items() if secret_phc or name != "secretPhc"}}


def is_listed_as_expired(record: Record, now: float) -> bool:
    """Tell whether a list drops the record as expired. An expiry of 0 counts as expired here."""
    expires_at = record.get("expiresAt")
    return expires_at is not None and expires_at < int(now)


def is_live(record: Record, now: float) -> bool:
    """Tell whether the exchange accepts the PAT. An expiry of 0 counts as no expiry here."""
    expires_at = record.get("expiresAt")
    return not record.get("revokedAt") and not (expires_at and expires_at <= int(now))


def changed(record: Record, **values: Any) -> Record:
    """Return a copy of a record with other values."""
    return Record({**record, **values})


def _without(record: Record, *names: str) -> Record:
    return Record({name: value for name, value in record.items() if name not in names})


def updated(record: Record, changes: schemas.Update) -> Record:
    """Return a copy of a record with the changes of an update, unchecked."""
    others = {name: value for name, value in changes.items() if name != "roles"}
    return _with_roles(changed(record, **others), _roles_after(record.get("roles", ()), changes.get("roles")))


def is_change(changes: schemas.Update) -> bool:
    """Tell whether an update changes anything. An empty list of roles to add or to remove does not."""
    roles = changes.get("roles")
    return bool(changes.keys() - {"roles"}) or isinstance(roles, list) or bool(roles and any(roles.values()))


def revoked(record: Record, at: int, expires_at: float | None) -> Record:
    """Return the record as revoked, with a new expiry or none. A revoked record stays as it is."""
    return record if "revokedAt" in record else changed(record, revokedAt=at, expiresAt=expires_at)


def restored(record: Record) -> Record:
    """Return the record without revocation and expiry. An active record stays as it is."""
    if "revokedAt" not in record:
        return record
    return _without(record, "revokedAt", "expiresAt")


def _roles_after(roles: Iterable[str], change: schemas.RolesChange | None) -> Iterable[str]:
    if change is None:
        return roles
    if isinstance(change, list):
        return change
    if "add" in change:
        return [*roles, *change["add"]]
    return [role for role in roles if role not in change["remove"]]


def _with_roles(record: Record, roles: Iterable[str]) -> Record:
    unique = list(dict.fromkeys(roles))
    return changed(record, roles=unique) if unique else _without(record, "roles")


def issues(record: Record) -> list[Issue]:
    """Return what the store rejects in a record, as issues of zod, the reference's validation library."""
    return [
        *_token_id_issues(record["tokenId"]),
        *_length_issues("secretPhc", record["secretPhc"], 1, _LONGEST_PHC),
        *_length_issues("owner", record["owner"], 1, _LONGEST_OWNER),
        *_count_issues(record.get("roles", ())),
        *(issue for name in _TIMES for issue in _time_issues(name, record.get(name))),
    ]


def _token_id_issues(token_id: str) -> Iterator[Issue]:
    for issue in _length_issues("tokenId", token_id, _ID_LENGTH, _ID_LENGTH):
        yield {**issue, "exact": True}
    if not re.fullmatch(_ID_PATTERN, token_id):
        message = f"Invalid string: must match pattern /{_ID_PATTERN}/"
        yield {"origin": "string", "code": "invalid_format", "path": ["tokenId"], "message": message}


def _length_issues(name: str, text: str, least: int, most: int) -> Iterator[Issue]:
    if javascript.length(text) < least:
        yield _too_small("string", least, name, f"string to have >={least} characters")
    if javascript.length(text) > most:
        yield _too_big("string", most, name, f"string to have <={most} characters")


def _count_issues(roles: Iterable[str]) -> Iterator[Issue]:
    if len([*roles]) > MOST_ROLES:
        yield _too_big("array", MOST_ROLES, "roles", f"array to have <={MOST_ROLES} items")


def _time_issues(name: str, value: float | None) -> Iterator[Issue]:
    largest = javascript.MAX_SAFE_INTEGER
    if value is None:
        return
    if not float(value).is_integer():
        message = "Invalid input: expected int, received number"
        yield {
            "expected": "int",
            "format": "safeint",
            "code": "invalid_type",
            "path": [name],
            "message": message,
        }
    elif value > largest:
        yield _too_big("int", largest, name, f"int to be <{largest}")
    elif value < 0:
        yield _too_small("number", 0, name, "number to be >=0")


def _too_small(origin: str, minimum: int, name: str, rule: str) -> Issue:
    rest = {"path": [name], "message": f"Too small: expected {rule}"}
    return {"origin": origin, "code": "too_small", "minimum": minimum, "inclusive": True, **rest}


def _too_big(origin: str, maximum: int, name: str, rule: str) -> Issue:
    rest = {"path": [name], "message": f"Too big: expected {rule}"}
    return {"origin": origin, "code": "too_big", "maximum": maximum, "inclusive": True, **rest}
