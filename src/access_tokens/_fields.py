"""The fields of requests: checked, or left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from access_tokens_api.types import UNSET, Unset

from . import _arguments as check
from .models import Moment

S = TypeVar("S")
T = TypeVar("T")


def given(value: S | None, checked: Callable[[S], T]) -> T | Unset:
    """Return a checked value, or what leaves it out of the request."""
    return UNSET if value is None else checked(value)


def if_true(name: str, value: bool) -> bool | Unset:
    """Return a checked flag; False is the service's default, and is left out."""
    return check.flag(name, value) or UNSET


def expiry(value: Moment | None) -> int | Unset:
    """Return an expiry in Unix seconds, or what leaves it out of the request."""
    return UNSET if value is None else check.moment("expires_at", value)


def role_names(value: Iterable[str]) -> list[str]:
    """Return checked roles."""
    return check.roles("roles", value)
