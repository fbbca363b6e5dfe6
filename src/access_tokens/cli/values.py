"""The types of the options' values. Each is judged before any request, and no message repeats a value.

A value may be a secret in the wrong place.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from .._secret import Secret
from .durations import Duration, duration
from .output import Output
from .shown import requirement

if TYPE_CHECKING:
    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType  # generic since click 8.4

_DATES = (
    "be a date such as 2030-12-31 or 2030-12-31T12:00:00Z, a time from now such as 12h, 30d, 4w or P6M, Unix "
    "seconds, or null for none"
)
_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


class Checked(ParamType):
    """A value that a function reads, which raises a ValueError whose message completes "must …"."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self.read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read a value of the command line; a default is no text, and stays as it is."""
        if not isinstance(value, str):
            return value
        try:
            return self.read(value)
        except ValueError as error:
            problem = requirement(error)
        raise click.BadParameter(problem, ctx, param)


def moment(text: str, now: float) -> int:
    """Read a time, and return it in Unix seconds.

    Args:
        text: `2030-01-02` (its beginning in UTC), `2030-01-02T03:04:05Z`, `30d` or `P30D` from now, or Unix
            seconds.
        now: The current time in Unix seconds.

    Raises:
        ValueError: It is none of these. The message completes "must …".
    """
    from .dates import iso_seconds, whole_seconds

    if text.isascii() and text.isdigit():
        return whole_seconds(int(text[:20]))
    if text[4:5] == "-":
        return iso_seconds(text)
    if text[:1] in {*"0123456789P"}:
        with suppress(ValueError):
            return duration(text).after(now)
    raise ValueError(_DATES)


def warn_if_past(output: Output, expires_at: int | None) -> None:
    """Say that a new token would never be valid."""
    if expires_at is not None and expires_at <= time.time():
        output.warn("--expires-at is in the past: nobody can use this token")


def _expiry(text: str) -> int | None:
    return None if text == "null" else moment(text, time.time())


def _length(text: str) -> Duration:
    length, now = duration(text), time.time()
    for reach in (length.before, length.after):
        reach(now)  # refuses what leads to no date
    return length


def _boolean(text: str) -> bool:
    # click takes an empty text for false: a variable of a shell that is not set would demote.
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError("be true or false")
    return text.lower() in _TRUE


def _token_id(text: str) -> str:
    from .._calls.arguments import new_token_id

    return new_token_id(text)


def _owner(text: str) -> str:
    from .._calls.arguments import owner

    return owner(text)


def _role(text: str) -> str:
    from .._calls.arguments import role

    return role("role", text)


def _roles(text: str) -> tuple[str, ...]:
    from .._calls.arguments import role_names

    names = (each.strip() for each in text.split(","))
    return tuple(role_names(list(dict.fromkeys(filter(None, names)))))


def _secret_hash(text: str) -> Secret:
    from .._calls.arguments import phc

    hashed = Secret(text)
    try:
        phc(hashed)
    except ValueError as error:
        raise ValueError(f"{error}; in single quotes, since a shell replaces what begins with $") from None
    return hashed


def _prefix(text: str) -> str:
    from ..tokens import check_prefix

    check_prefix(text)
    return text


def _file(text: str) -> str:
    if not text:  # a variable of a shell that is not set would have the PAT printed instead
        raise ValueError("not be empty")
    if text == "-":
        raise ValueError("be a file: without it, the PAT goes to standard output")
    return text


EXPIRY = Checked("date", _expiry)
LENGTH = Checked("duration", _length)
BOOLEAN = Checked("boolean", _boolean)
TOKEN_ID = Checked("id", _token_id)
OWNER = Checked("owner", _owner)
ROLE = Checked("role", _role)
ROLES = Checked("roles", _roles)
SECRET_HASH = Checked("hash", _secret_hash)
PREFIX = Checked("prefix", _prefix)
FILE = Checked("file", _file)
