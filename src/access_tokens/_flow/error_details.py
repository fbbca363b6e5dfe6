"""As much of the details of an error as can be shown, printed, pickled and copied."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from attrs import define

from .._secret import Secret, redact
from .._spelling import SURROGATE
from ..errors import LONGEST_TEXT, excerpt
from .json_values import list_of, object_of

# What is deeper can neither be pickled nor copied for certain.
_MOST_LEVELS = 20

T = TypeVar("T")


def said_details(value: Any, known: tuple[Secret, ...]) -> str | Mapping[str, Any] | None:
    """Return the details of an error: a text, an object, or of what is too large, an excerpt as text.

    Args:
        value: What JSON has in their place.
        known: Secrets to hide.
    """
    if isinstance(value, str):
        return _clean(value, known)[:LONGEST_TEXT]
    if not isinstance(value, dict):
        return None
    excerpted = _Excerpt()
    kept = excerpted.of(value, _MOST_LEVELS)
    text = json.dumps(kept, ensure_ascii=False)
    if excerpted.is_whole and len(text) <= LONGEST_TEXT:
        return object_of(_each_clean(kept, known))
    return _clean(text, known)[:LONGEST_TEXT]


@define
class _Excerpt:
    """As much of a value of JSON as can be shown.

    Attributes:
        room: How many values more there may be.
        is_whole: Whether nothing was left out.
    """

    room: int = LONGEST_TEXT // 2
    is_whole: bool = True

    def of(self, value: Any, levels: int) -> Any:
        """Return a value down to a level."""
        if isinstance(value, (dict, list)) and value and not levels:
            self.is_whole = False
            return "…"
        if isinstance(value, dict):
            pairs = self._first(object_of(value).items())
            return {key: self.of(each, levels - 1) for key, each in pairs}
        if isinstance(value, list):
            return [self.of(each, levels - 1) for each in self._first(list_of(value))]
        return value

    def _first(self, values: Iterable[T]) -> Iterator[T]:
        for each in values:
            if not self.room:
                self.is_whole = False
                return
            self.room -= 1
            yield each


def _clean(text: str, known: tuple[Secret, ...]) -> str:
    """Return as much of a text as can be shown, such that it can be encoded."""
    return SURROGATE.sub("\ufffd", redact(excerpt(text), *known))


def _each_clean(value: Any, known: tuple[Secret, ...]) -> Any:
    if isinstance(value, str):
        return _clean(value, known)
    if isinstance(value, dict):
        return {_clean(key, known): _each_clean(each, known) for key, each in object_of(value).items()}
    return [_each_clean(each, known) for each in list_of(value)] if isinstance(value, list) else value
