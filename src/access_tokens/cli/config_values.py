"""Checks the values of a file, one by one. No message holds a value."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeGuard, TypeVar

from .._calls import arguments
from .._secret import Secret
from .dates import iso_seconds, whole_seconds
from .pats import pat_problem
from .shown import kind_of, requirement

S = TypeVar("S")
T = TypeVar("T")
Hook = Callable[[Any, Any], Any]
"""What cattrs calls to make the value of a field: with the value in the file, and the field's type."""

_SCALARS = {bool, int, float}
_TIMES = {int, float, str}
_CUT_PHC = re.compile(r"\$scrypt(\$v=[0-9]+)?\$ln=[0-9]+")
_DURATION = re.compile(r"[+-]?P[0-9T].*|[0-9.]+ ?[A-Za-z]+", re.IGNORECASE)
_SECONDS = re.compile("[0-9]{1,20}")


def text(value: Any) -> str:
    """Return a value that must be text."""
    if isinstance(value, str):
        return value
    advice = ": leave it out" if value is None else ": quote it" if type(value) in _SCALARS else ""
    raise ValueError(f"must be text, not {kind_of(value)}{advice}")


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Tell whether a value is a list."""
    return isinstance(value, list)


def is_mapping(value: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether a value is a mapping, whose keys are always texts."""
    return isinstance(value, dict)


def list_of(value: object) -> list[Any]:
    """Return a value that must be a list."""
    if is_list(value):
        return value
    raise ValueError(f"must be a list, not {kind_of(value)}")


def mapping(value: object) -> dict[str, Any]:
    """Return a value that must be a mapping."""
    if is_mapping(value):
        return value
    raise ValueError(f"must be a mapping, not {kind_of(value)}")


def argument(check: Callable[[S], T], value: S) -> T:
    """Check a value as an argument of the library. The message begins with "must", not with a parameter."""
    try:
        return check(value)
    except ValueError as error:
        raise ValueError(requirement(error)) from None


def text_by(check: Callable[[str], object]) -> Hook:
    """Return a hook of cattrs that applies a check of the library to a text."""
    return lambda value, _: argument(check, text(value))


def phc(value: Any, _: object) -> Secret:
    """Return a hash. A flow mapping ends it at its first comma, unless it is quoted."""
    if _CUT_PHC.fullmatch(text(value)):
        raise ValueError("was cut at its first comma: quote it")
    return Secret(argument(arguments.phc, Secret(value)))


def pat(value: Any, _: object) -> Secret:
    """Return a PAT."""
    if problem := pat_problem(text(value)):
        raise ValueError(f"must {problem}")
    return Secret(value)


def flag(value: Any, _: object) -> bool:
    """Return a value that must be true or false."""
    if isinstance(value, bool):
        return value
    advice = ": write true or false, without quotes" if isinstance(value, str) else ""
    raise ValueError(f"must be true or false, not {kind_of(value)}{advice}")


def expiry(value: Any, _: object) -> int | None:
    """Return an expiry in Unix seconds, or None for null, which is no expiry."""
    if value is None:
        return None
    if isinstance(value, str) and not _SECONDS.fullmatch(value):
        return _date(value)
    if type(value) not in _TIMES or (isinstance(value, float) and not value.is_integer()):
        raise ValueError(f"must be a date, whole Unix seconds or null, not {kind_of(value)}")
    return _must(whole_seconds, int(value))


def _date(value: str) -> int:
    if _DURATION.fullmatch(value):
        raise ValueError("must be a date: a duration would end later with every run")
    return _must(iso_seconds, value)


def _must(read: Callable[[S], int], value: S) -> int:
    try:
        return read(value)
    except ValueError as error:
        raise ValueError(f"must {error}") from None
