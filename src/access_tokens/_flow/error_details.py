"""Limits the `details` of an error response to what can safely be shown, pickled and copied."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from attrs import define

from .._secret import Secret, redact
from .._spelling import SURROGATE
from ..errors import LONGEST_TEXT, excerpt
from .json_values import list_of, object_of

# Pickling and copying are recursive, and may fail for a deeper value.
_MOST_LEVELS = 20

T = TypeVar("T")


def said_details(value: Any, known: tuple[Secret, ...]) -> str | Mapping[str, Any] | None:
    """Return the details of an error: a text, an object, or an excerpt as text if the object is too large.

    Args:
        value: The JSON value of `details`.
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


@define(eq=False, repr=False)
class _Excerpt:
    """Takes an excerpt of a JSON value.

    Attributes:
        room: How many more values the excerpt may have.
        is_whole: Whether nothing has been left out so far.
    """

    room: int = LONGEST_TEXT // 2
    is_whole: bool = True

    def of(self, value: Any, levels: int) -> Any:
        """Return a value down to this many levels of nesting."""
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
    """Return a text shortened, without secrets, and without surrogates, which cannot be encoded."""
    return SURROGATE.sub("\ufffd", redact(excerpt(text), *known))


def _each_clean(value: Any, known: tuple[Secret, ...]) -> Any:
    if isinstance(value, str):
        return _clean(value, known)
    if isinstance(value, dict):
        return {_clean(key, known): _each_clean(each, known) for key, each in object_of(value).items()}
    return [_each_clean(each, known) for each in list_of(value)] if isinstance(value, list) else value
