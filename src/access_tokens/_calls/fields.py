"""Tells what fields a class has, and whether there is a faster way to make it than by its constructor."""

from __future__ import annotations

from inspect import ismemberdescriptor
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

import attrs

SCALARS = (str, bool, int)


class UnusualError(Exception):
    """A class, or a value, is none of those for which there is a faster way."""


def plain_fields(target: type[Any]) -> tuple[attrs.Attribute[Any], ...]:
    """Return the fields of a class whose constructor does no more than to fill its slots.

    Raises:
        UnusualError: It does more, so that it must be called.
    """
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(attrs.resolve_types(target))
    are_slots = all(ismemberdescriptor(getattr(target, each.name, None)) for each in fields)
    if hasattr(target, "__attrs_post_init__") or not are_slots or not all(map(_is_plain, fields)):
        raise UnusualError
    return fields


def _is_plain(field: Any) -> bool:
    is_computed = isinstance(field.default, attrs.Factory)  # type: ignore[arg-type]  # a class, not what the stubs say
    return field.init and not (field.validator or field.converter or is_computed)


def but_none(kind: Any) -> Any:
    """Return T for `T | None`, and any other type as it is."""
    kinds = [each for each in get_args(kind) if each is not NoneType] if isinstance(kind, UnionType) else []
    return kinds[0] if len(kinds) == 1 else kind


def item_of(kind: Any) -> Any:
    """Return T for `tuple[T, ...]`, and None for any other type."""
    return get_args(kind)[0] if get_origin(kind) is tuple else None
