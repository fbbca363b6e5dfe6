"""Converts the service's JSON to the public models, and checks every value."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any, TypeAlias, TypeVar

import attrs

from .._flow.json_parsing import parsed
from .._flow.steps import Answer
from ..errors import UnreadableError
from ..models import json_name
from .columns import columns_of
from .fields import UnusualError, but_none, item_of

T = TypeVar("T")
Read: TypeAlias = Callable[[Any], Any]

try:
    from .msgspec_decoder import decoded
except ImportError:  # there is no msgspec, which is optional

    def decoded(content: bytes, target: type[Any]) -> Any:  # noqa: ARG001 - as that of msgspec_decoder
        """Leave every answer to `_reader_of`."""
        return None


# For fewer objects, to read their properties one after the other takes longer.
_MANY = 10


def read_answer(answer: Answer, target: type[T]) -> T:
    """Read the JSON of an answer into an object of a public class, in the fastest way that will do.

    Raises:
        ValueError, RecursionError: The answer is not valid JSON, or has more values than its bounds allow.
        UnreadableError: A value is missing or has the wrong type.
    """
    content = answer.bounded_content()
    found: T | None = decoded(content, target)
    if found is not None:
        return found
    read: Callable[[Any], T] = _reader_of(target)  # type: ignore[arg-type]  # mypy takes no type for hashable
    return read(parsed(content))


@cache
def _reader_of(kind: Any) -> Read:
    """Return the function that converts JSON to a type, and raises `UnreadableError` if it cannot."""
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    return _tuple_of(item) if (item := item_of(kind)) else _object_of(kind)


def _exactly(expected: type, name: str) -> Read:
    def check(value: Any) -> Any:
        # Not isinstance, since a bool is also an instance of int.
        if type(value) is not expected:
            raise UnreadableError(f"{name} expected, not {type(value).__name__}")
        return value

    return check


_whole, _object, _list = _exactly(int, "whole number"), _exactly(dict, "object"), _exactly(list, "list")


def _whole_number(value: Any) -> Any:
    # A whole number may be written as 1.0 or 1e0 in JSON (JSON Schema 2020-12, section 6.1.1).
    is_whole = type(value) is float and value.is_integer()
    return int(value) if is_whole else _whole(value)


_SIMPLE: dict[Any, Read] = {
    Any: lambda value: value,
    str: _exactly(str, "text"),
    bool: _exactly(bool, "true or false"),
    int: _whole_number,
}


def _object_of(target: type) -> Read:
    """Make the function that converts a JSON object to a public class.

    A property that is absent or null gets the default of the class. If there is no default, it is an error.
    """
    plan = [_planned(each) for each in attrs.fields(attrs.resolve_types(target))]

    def read(source: Any) -> Any:
        given, values = _object(source), {}
        for name, key, due, read_value, is_required in plan:
            value = given.get(key)
            if value is None and not is_required:
                continue
            # Most values already have exactly the right type, so the slower function is not called.
            values[name] = value if type(value) is due else _inside(key, read_value, value)
        return target(**values)

    return read


def _planned(field: attrs.Attribute[Any]) -> tuple[str, str, Any, Read, bool]:
    kind = but_none(field.type)
    return field.name, json_name(field), kind, _reader_of(kind), field.default is attrs.NOTHING


def _inside(place: str, read: Read, value: Any) -> Any:
    if value is None:
        raise UnreadableError(f"{place}: missing or null")
    try:
        return read(value)
    except UnreadableError as error:
        problem = f"{place}: {error}"
    raise UnreadableError(problem)  # outside of the except block, so that the error has no context


def _tuple_of(item: Any) -> Read:
    read_item = _reader_of(item)
    columns = columns_of(item) if attrs.has(item) else None

    def read(value: Any) -> tuple[Any, ...]:
        items = _list(value)
        if columns and len(items) >= _MANY:
            with suppress(UnusualError):
                return columns(items)
        return tuple([read_item(each) for each in items])

    return read
