"""Converts the service's JSON to the public models, and checks every value."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import attrs
from cattrs import Converter

from .._flow.parsing import parsed
from .._flow.steps import Answer
from ..errors import UnreadableError
from ..models import json_name
from .columns import columns_of
from .plain import UnusualError, but_none, item_of

T = TypeVar("T")

try:
    from .decoder import decoded
except ImportError:  # there is no msgspec, which is optional

    def decoded(content: bytes, target: type[Any]) -> Any:  # noqa: ARG001
        """Leave every answer to `structure`."""
        return None


# For fewer objects, to read their properties one after the other takes longer.
_MANY = 10


def read_answer(answer: Answer, target: type[T]) -> T:
    """Read the JSON of an answer into an object of a public class, in the fastest way that will do.

    Raises:
        ValueError, RecursionError: The answer is not valid JSON, or has more values than its bounds allow.
        UnreadableError: A value is missing or has the wrong type.
    """
    answer.bounds.check_values(answer.content)
    found: T | None = decoded(answer.content, target)
    return structure(parsed(answer.content), target) if found is None else found


def structure(source: Any, target: type[T]) -> T:
    """Convert the JSON of an answer to an object of a public class.

    Raises:
        UnreadableError: A value is missing or has the wrong type.
    """
    return _converter.structure(source, target)


def _exactly(expected: type, name: str) -> Callable[[Any, type], Any]:
    def check(value: Any, _: type) -> Any:
        # Not isinstance, since a bool is also an instance of int.
        if type(value) is not expected:
            raise UnreadableError(f"{name} expected, not {type(value).__name__}")
        return value

    return check


def _object_of(target: type) -> Callable[[Any, type], Any]:
    """Make the function that converts a JSON object to a public class.

    A property that is absent or null gets the default of the class. If there is no default, it is an error.
    """
    plan = [_planned(each) for each in attrs.fields(attrs.resolve_types(target))]

    def read(source: Any, kind: type) -> Any:
        given, values = _checked_object(source, kind), {}
        for name, key, due, hook, is_required in plan:
            value = given.get(key)
            if value is None and not is_required:
                continue
            # Most values already have exactly the right type, so the slower hook is not called.
            values[name] = value if type(value) is due else _inside(key, hook, value, due)
        return target(**values)

    return read


def _planned(field: attrs.Attribute[Any]) -> tuple[str, str, Any, Callable[[Any, Any], Any], bool]:
    kind = but_none(field.type)
    hook = _converter.get_structure_hook(kind)
    return field.name, json_name(field), kind, hook, field.default is attrs.NOTHING


def _inside(place: str, hook: Callable[[Any, Any], Any], value: Any, kind: Any) -> Any:
    if value is None:
        raise UnreadableError(f"{place}: missing or null")
    try:
        return hook(value, kind)
    except UnreadableError as error:
        problem = f"{place}: {error}"
    raise UnreadableError(problem)  # outside of the except block, so that the error has no context


def _tuple_of(kind: Any) -> Callable[[Any, Any], tuple[Any, ...]]:
    item = item_of(kind)
    hook = _converter.get_structure_hook(item)
    columns = columns_of(item) if attrs.has(item) else None

    def read(value: Any, kind: Any) -> tuple[Any, ...]:
        items = _checked_list(value, kind)
        if columns and len(items) >= _MANY:
            with suppress(UnusualError):
                return columns(items)
        return tuple([hook(each, item) for each in items])

    return read


_converter = Converter(detailed_validation=False)


def _whole_number(value: Any, kind: type) -> Any:
    # A whole number may be written as 1.0 or 1e0 in JSON (JSON Schema 2020-12, section 6.1.1).
    is_whole = type(value) is float and value.is_integer()
    return int(value) if is_whole else _exactly(int, "whole number")(value, kind)


_converter.register_structure_hook(str, _exactly(str, "text"))
_converter.register_structure_hook(bool, _exactly(bool, "true or false"))
_converter.register_structure_hook(int, _whole_number)


_checked_object, _checked_list = _exactly(dict, "object"), _exactly(list, "list")

_converter.register_structure_hook_factory(attrs.has, _object_of)

_converter.register_structure_hook_factory(lambda kind: item_of(kind) is not None, _tuple_of)
