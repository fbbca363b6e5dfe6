"""What the body of an error says, in any of the shapes in which services and gateways say it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, TypeVar, cast

from attrs import define

from .._secret import Secret, redact
from .._signals import pass_on
from .._spelling import SURROGATE
from ..errors import LONGEST_TEXT, ApiError, excerpt, one_line
from .steps import UNREADABLE, Answer, parsed

_PHRASES = {each.value: each.phrase for each in HTTPStatus}
# Where Node's differ from those of some version of Python.
_NODES_PHRASES = {
    413: "Payload Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Entity",
}
# Of a record that the service finds fault with. It appends the issues, as a list of many lines.
CANNOT_STORE = "Cannot store invalid token record"
CANNOT_LOAD = "Cannot load invalid record for token "
_MOST_ISSUES = 20
# Of details that are an object. What is deeper can neither be pickled nor copied for certain.
_MOST_LEVELS = 20
_LONGEST_PAGE = 2**16
# An application without an error handler answers a page that holds the error and its stack.
_BEFORE_ERROR = re.compile("<pre>", re.IGNORECASE)
_AFTER_ERROR = re.compile("</pre>", re.IGNORECASE)
_LINE_BREAK = re.compile("<br ?/?>", re.IGNORECASE)
_STACK = re.compile("\n +at ")
_CLASS_NAME = re.compile(r"[\w$]{0,100}(?:Error|Exception): ")

T = TypeVar("T")


def structure_api_error(body: Any, known: tuple[Secret, ...]) -> ApiError | None:
    """Turn the body of an error into an `ApiError`, or None where it says nothing.

    Args:
        body: The parsed JSON: `{"error": {"message", "code"?, "details"?}}` or `{"error": "text"}`.
        known: Secrets to hide, should the service have sent them back.
    """
    error = _object(body).get("error")
    said = {"message": error} if isinstance(error, str) else _object(error)
    message, code = (_text(said.get(name)) for name in ("message", "code"))
    message, code = said_message(message, known), one_line(redact(excerpt(code), *known))
    return ApiError(message, code or None, _said_details(said.get("details"), known)) if message else None


def said_message(message: str, known: tuple[Secret, ...]) -> str:
    """Return a message as a person reads it: short, on one line, and without secrets."""
    return one_line(redact(excerpt(_without_list(message)), *known))


def page_text(page: str) -> str:
    """Return the error that a page holds, without the name of its class and without its stack."""
    # Split twice, since one expression for both would begin anew at every <pre> of a hostile page.
    _, *error = _BEFORE_ERROR.split(page, maxsplit=1)
    text = excerpt(_AFTER_ERROR.split(error[0], maxsplit=1)[0], _LONGEST_PAGE) if error else ""
    # Express makes each pair of blanks " &nbsp;".
    text = _unescaped(_LINE_BREAK.sub("\n", text)).replace("\xa0", " ")
    error_text = _STACK.split(text, maxsplit=1)[0].strip()
    class_name = _CLASS_NAME.match(error_text)
    return error_text[class_name.end() :] if class_name else error_text


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError as error:  # of a reference by a number of thousands of digits
        pass_on(error)
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
    except (ValueError, RecursionError) as error:
        pass_on(error)
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
        return _clean(value, known)[:LONGEST_TEXT]
    if not isinstance(value, dict):
        return None
    excerpted = _Excerpt()
    kept = excerpted.of(value, _MOST_LEVELS)
    text = json.dumps(kept, ensure_ascii=False)
    if excerpted.is_whole and len(text) <= LONGEST_TEXT:
        return _object(_each_clean(kept, known))
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
            pairs = self._first(_object(value).items())
            return {key: self.of(each, levels - 1) for key, each in pairs}
        if isinstance(value, list):
            return [self.of(each, levels - 1) for each in self._first(_list(value))]
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
        return {_clean(key, known): _each_clean(each, known) for key, each in _object(value).items()}
    return [_each_clean(each, known) for each in _list(value)] if isinstance(value, list) else value


def said_in_body(answer: Answer, *known: Secret) -> ApiError | str | None:
    """Find what the service says of a failure, in any of the four shapes of its error bodies.

    Returns:
        None when the body is empty or says nothing; a text when that is the phrase of the status. No secret
        among `known` is in the result.
    """
    try:
        return _said(answer, known) if answer.content else None
    except UNREADABLE as error:
        pass_on(error)
        return None


def _said(answer: Answer, known: tuple[Secret, ...]) -> ApiError | str | None:
    # The media type alone counts (RFC 9110, section 8.3.1), and what lacks one is looked at both ways.
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in {"text/html", "application/xhtml+xml"}:
        return _from_page(answer, known)
    if not media_type or media_type == "application/json" or media_type.endswith("+json"):
        return structure_api_error(parsed(answer.content), known)
    return _from_text(answer.content, known) if media_type == "text/plain" else None


def _from_text(content: bytes, known: tuple[Secret, ...]) -> ApiError | None:
    message = said_message(content.decode(errors="replace"), known)
    return ApiError(message) if message else None


def _from_page(answer: Answer, known: tuple[Secret, ...]) -> ApiError | str | None:
    message = said_message(page_text(answer.content.decode(errors="replace")), known)
    if not message:
        return None
    # In production, Express tells no more than the phrase.
    return message if _is_phrase(message, answer) else ApiError(message)


def _is_phrase(message: str, answer: Answer) -> bool:
    status = answer.status_code
    phrases = (answer.reason, _PHRASES.get(status, ""), _NODES_PHRASES.get(status, ""))
    return message.casefold() in {each.casefold() for each in phrases}
