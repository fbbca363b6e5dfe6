"""What the service says of a failure, with no secret in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from ._secret import Secret, redact
from .errors import LONGEST_TEXT, ApiError, one_line


def structure_api_error(body: Any, known: tuple[Secret, ...]) -> ApiError | None:
    """Turn the body of an error into an `ApiError`, or None where it says nothing.

    Args:
        body: The parsed JSON: `{"error": {"message", "code"?, "details"?}}` or `{"error": "text"}`.
        known: Secrets to hide, should the service have sent them back.
    """
    error = _object(body).get("error")
    said = {"message": error} if isinstance(error, str) else _object(error)
    message, code = (_said_text(said.get(name), known) for name in ("message", "code"))
    return ApiError(message, code or None, _said_details(said.get("details"), known)) if message else None


def _object(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}  # the keys of JSON are strings


def _said_text(value: Any, known: tuple[Secret, ...]) -> str:
    return one_line(redact(value, *known)) if isinstance(value, str) else ""


def _said_details(value: Any, known: tuple[Secret, ...]) -> str | Mapping[str, Any] | None:
    if isinstance(value, str):
        return redact(value, *known)[:LONGEST_TEXT]
    if not isinstance(value, dict):
        return None
    hidden = _hide(value, known)
    excerpt = json.dumps(hidden, ensure_ascii=False)[: LONGEST_TEXT + 1]
    return hidden if len(excerpt) <= LONGEST_TEXT else excerpt[:LONGEST_TEXT]


def _hide(value: Any, known: tuple[Secret, ...]) -> Any:
    if isinstance(value, str):
        return redact(value, *known)
    if isinstance(value, dict):
        return {_hide(key, known): _hide(each, known) for key, each in _object(value).items()}
    if isinstance(value, list):
        return [_hide(each, known) for each in cast(list[object], value)]
    return value
