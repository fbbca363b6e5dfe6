"""Reads untrusted JSON values: a value of the wrong type counts as empty."""

from __future__ import annotations

from typing import Any, cast


def object_of(value: Any) -> dict[str, Any]:
    """Return the value if it is a JSON object, else an empty one."""
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}  # the keys of JSON are strings


def list_of(value: Any) -> list[object]:
    """Return the value if it is a list, else an empty one."""
    return cast(list[object], value) if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """Return the value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def place_of(path: Any) -> str:
    """Join a path into a document, such as `["roles", 0]`, with dots: `roles.0`."""
    return ".".join(str(part) for part in list_of(path) if isinstance(part, (str, int)))
