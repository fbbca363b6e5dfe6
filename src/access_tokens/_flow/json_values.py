"""Values of JSON of which nothing is known: each is taken for what is wanted, or for nothing."""

from __future__ import annotations

from typing import Any, cast


def object_of(value: Any) -> dict[str, Any]:
    """Return an object, empty where it is none."""
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}  # the keys of JSON are strings


def list_of(value: Any) -> list[object]:
    """Return a list, empty where it is none."""
    return cast(list[object], value) if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """Return a text, empty where it is none."""
    return value if isinstance(value, str) else ""


def place_of(path: Any) -> str:
    """Return the place of a value within others, of which the path is a list."""
    return ".".join(str(part) for part in list_of(path) if isinstance(part, (str, int)))
