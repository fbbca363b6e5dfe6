"""Reads answers with msgspec, an optional dependency: the fastest way, for what is right and usual.

msgspec decodes JSON to structs, and checks the types of all values. It would skip an unknown property without
reading all of it, so an answer that has one is refused. What is refused is left to `convert`, which says what
is wrong. To import this module without msgspec is an `ImportError`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import GenericAlias
from typing import Any

import attrs
import msgspec

from .._flow.json_parsing import may_have_long_number
from .._signals import pass_on
from ..models import json_name
from .fields import SCALARS, UnusualError, but_none, item_of, plain_fields

if tuple(map(int, msgspec.__version__.split(".")[:2])) < (0, 19):
    raise ImportError("msgspec 0.19 or newer is needed")  # another package may have brought an older one


def decoded(content: bytes, target: type[Any]) -> Any:
    """Return the object of a public class that an answer holds, or None if `convert` has to read it."""
    read = _reader_of(target)  # type: ignore[arg-type]  # mypy takes no type for hashable
    # Such a number is read as float, which msgspec does not do.
    if read is None or may_have_long_number(content):
        return None
    try:
        return read(content)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        pass_on(error)
        return None


@cache
def _reader_of(target: type[Any]) -> Callable[[bytes], Any] | None:
    try:
        decode = msgspec.json.Decoder(_struct_of(target)).decode
    except UnusualError:
        return None
    return lambda content: msgspec.convert(decode(content), target, from_attributes=True)


def _struct_of(target: type[Any]) -> type[Any]:
    """Make the class that a JSON object is decoded to: the fields of a public class, named as in JSON."""
    fields = plain_fields(target)
    return msgspec.defstruct(
        target.__name__,
        [(each.name, _shape_of(each), *_default_of(each)) for each in fields],
        rename={each.name: json_name(each) for each in fields},
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,  # without cycles, there is nothing for the garbage collector to look at
    )


def _default_of(field: attrs.Attribute[Any]) -> tuple[Any, ...]:
    return () if field.default is attrs.NOTHING else (field.default,)


def _shape_of(field: attrs.Attribute[Any]) -> Any:
    """Return the type that a property is decoded to. Only one whose default is None may be null."""
    shape = _decoded_to(but_none(field.type))
    return shape | None if field.default is None else shape


def _decoded_to(kind: Any) -> Any:
    if attrs.has(kind):
        return _struct_of(kind)
    if item := item_of(kind):
        return GenericAlias(tuple, (_decoded_to(item), ...))
    if kind in SCALARS:
        return kind
    raise UnusualError
