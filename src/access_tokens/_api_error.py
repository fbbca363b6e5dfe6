"""What the service says of a failure, with no secret in it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from ._secret import Secret, redact
from .errors import LONGEST_TEXT, ApiError, one_line

# Of a record that the service finds fault with. It appends the issues, as a list of many lines.
CANNOT_STORE = "Cannot store invalid token record"
CANNOT_LOAD = "Cannot load invalid record for token "
_MOST_ISSUES = 20

# An application without an error handler answers a page that holds the error and its stack.
_BEFORE_ERROR = re.compile("<pre>", re.IGNORECASE)
_AFTER_ERROR = re.compile("</pre>", re.IGNORECASE)
_LINE_BREAK = re.compile("<br ?/?>", re.IGNORECASE)
_STACK = re.compile("\n +at ")
_CLASS_NAME = re.compile(r"[\w$]{0,100}(?:Error|Exception): ")


def structure_api_error(body: Any, known: tuple[Secret, ...]) -> ApiError | None:
    """Turn the body of an error into an `ApiError`, or None where it says nothing.

    Args:
        body: The parsed JSON: `{"error": {"message", "code"?, "details"?}}` or `{"error": "text"}`.
        known: Secrets to hide, should the service have sent them back.
    """
    error = _object(body).get("error")
    said = {"message": error} if isinstance(error, str) else _object(error)
    message, code = (_text(said.get(name)) for name in ("message", "code"))
    message, code = said_message(message, known), one_line(redact(code, *known))
    return ApiError(message, code or None, _said_details(said.get("details"), known)) if message else None


def said_message(message: str, known: tuple[Secret, ...]) -> str:
    """Return a message as a person reads it: short, on one line, and without secrets."""
    return one_line(redact(_without_list(message), *known))


def page_text(page: str) -> str:
    """Return the error that a page holds, without the name of its class and without its stack."""
    # Split twice, since one expression for both would begin anew at every <pre> of a hostile page.
    _, *error = _BEFORE_ERROR.split(page, maxsplit=1)
    text = _AFTER_ERROR.split(error[0], maxsplit=1)[0] if error else ""
    # Express makes each pair of blanks " &nbsp;".
    text = _unescaped(_LINE_BREAK.sub("\n", text)).replace("\xa0", " ")
    error_text = _STACK.split(text, maxsplit=1)[0].strip()
    class_name = _CLASS_NAME.match(error_text)
    return error_text[class_name.end() :] if class_name else error_text


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # of a reference by a number of thousands of digits
        return text


def _without_list(message: str) -> str:
    """Put the issues that are listed behind some words into words, as far as they can be read."""
    if not message.startswith((CANNOT_STORE, CANNOT_LOAD)) or "[" not in message:
        return message
    start = message.index("[")
    words = message[:start].rstrip().removesuffix(":")
    return ": ".join(each for each in (words, "; ".join(_issues(message, start))) if each)


def _issues(message: str, start: int) -> Iterator[str]:
    """Read a list of zod's issues, whatever may follow it."""
    try:
        listed, _ = json.JSONDecoder().raw_decode(message, start)
    except (ValueError, RecursionError):
        return
    for issue in _list(listed)[:_MOST_ISSUES]:
        if text := _text(_object(issue).get("message")):
            yield ": ".join(each for each in (_place(_object(issue).get("path")), text) if each)


def _place(path: Any) -> str:
    return ".".join(str(part) for part in _list(path) if isinstance(part, (str, int)))


def _object(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}  # the keys of JSON are strings


def _list(value: Any) -> list[object]:
    return cast(list[object], value) if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


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
        return [_hide(each, known) for each in _list(value)]
    return value
