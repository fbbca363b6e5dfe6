"""What the body of an error says, in any of the shapes in which services and gateways say it."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from .._secret import Secret, redact
from .._signals import pass_on
from ..errors import ApiError, excerpt, one_line
from .error_details import said_details
from .error_markup import is_express_page, page_text, xml_reason
from .json_values import list_of, object_of, place_of, text_of
from .record_issues import without_list
from .steps import UNREADABLE, Answer, parsed

_PHRASES = {each.value: each.phrase for each in HTTPStatus}
# Where Node's differ from those of some version of Python.
_NODES_PHRASES = {
    413: "Payload Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Entity",
}
# The names by which a reason goes in JSON, without case and underlines, the most specific first. They are of
# OAuth (RFC 6749, section 5.2), problem details (RFC 9457), JSON:API, and of the clouds' gateways.
_REASONS = (
    *("errordescription", "errorsummary", "errormessage", "errormsg", "detail", "errors", "message", "msg"),
    *("faultstring", "reason", "description", "error", "fault", "title"),
)
_CODES = ("code", "errorcode")
_MOST_ITEMS = 10
# Of lists and objects within each other.
_MOST_LEVELS = 4
_MOST_BLANK = 1000
_JSON_WORDS = {b"null", b"true", b"false", b"nan", b"infinity"}


def said_in_body(answer: Answer, *known: Secret) -> ApiError | str | None:
    """Find what is said of a failure.

    Returns:
        None when the body is empty or says nothing; a text when that is the phrase of the status. No secret
        among `known` is in the result.
    """
    try:
        return _said(answer, known) if answer.content else None
    except UNREADABLE as error:
        pass_on(error)
        return None


def is_page(answer: Answer) -> bool:
    """Tell whether the body of an answer is a page, whatever it is said to be."""
    media_type, head = _media_type(answer), _head(answer.content)
    if head.startswith((b"<!doctype html", b"<html")) or not head:
        return bool(head)
    is_html = media_type in {"text/html", "application/xhtml+xml"} and not head.startswith((b"{", b"["))
    return is_html or (not media_type and head.startswith(b"<") and not head.startswith(b"<?xml"))


def is_services_page(answer: Answer) -> bool:
    """Tell whether a page is such as the service answers: one that Express makes of an error."""
    return is_express_page(_decoded(answer))


def _said(answer: Answer, known: tuple[Secret, ...]) -> ApiError | str | None:
    if is_page(answer):
        return _from_page(answer, known)
    # The media type alone counts (RFC 9110, section 8.3.1). What lacks one, or has a wrong one, is looked at.
    media_type, head = _media_type(answer), _head(answer.content)
    is_json = media_type == "application/json" or media_type.endswith("+json")
    looks_like_json = head.startswith((b"{", b"[", b'"'))
    if (is_json and not _is_words(answer.content)) or (looks_like_json and _is_text(media_type)):
        return _from_json(answer, known)
    if media_type.endswith(("/xml", "+xml")) or (head.startswith(b"<") and _is_text(media_type)):
        message, code = xml_reason(_decoded(answer))
        return _error(message, code, known)
    return _error(_decoded(answer), "", known) if is_json or _is_text(media_type) else None


def _media_type(answer: Answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_text(media_type: str) -> bool:
    return not media_type or media_type.startswith("text/")


def _head(content: bytes) -> bytes:
    return content[:_MOST_BLANK].removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()


def _is_words(content: bytes) -> bool:
    """Tell whether a body begins with a word, as JSON in UTF-8 does not."""
    return _head(content)[:1].isalpha() and _head(content) not in _JSON_WORDS


def _decoded(answer: Answer) -> str:
    return answer.content.decode(errors="replace")


def _error(message: str, code: str, known: tuple[Secret, ...], details: Any = None) -> ApiError | None:
    """Return what is said as a person reads it: short, on one line, and without secrets."""
    message = one_line(redact(excerpt(without_list(message)), *known))
    code = one_line(redact(excerpt(code), *known))
    return ApiError(message, code or None, said_details(details, known)) if message else None


def _from_page(answer: Answer, known: tuple[Secret, ...]) -> ApiError | str | None:
    error = _error(page_text(_decoded(answer)), "", known)
    # In production, Express tells no more than the phrase.
    return error.message if error and _is_phrase(error.message, answer) else error


def _is_phrase(message: str, answer: Answer) -> bool:
    status = answer.status_code
    phrases = (answer.reason, _PHRASES.get(status, ""), _NODES_PHRASES.get(status, ""))
    return message.casefold() in {each.casefold() for each in phrases}


def _from_json(answer: Answer, known: tuple[Secret, ...]) -> ApiError | None:
    """Read an error: the service's `{"error": {"message", "code"?, "details"?}}`, or any other.

    Raises:
        ValueError, RecursionError: It is no JSON.
    """
    body = parsed(answer.content)
    said = _named(_named(body).get("error"))
    if message := text_of(said.get("message")) or _words_of(said):
        return _error(message, _code_of(said), known, said.get("details"))
    return _error(_words_of(body), _code_of(body), known, _named(body).get("details"))


def _words_of(value: Any, levels: int = _MOST_LEVELS) -> str:
    """Return the reason that a value gives: a text itself, those in a list, and the best of an object."""
    if isinstance(value, str):
        return value
    if not levels:
        return ""
    if isinstance(value, list):
        return "; ".join(filter(None, (_item_of(each, levels - 1) for each in list_of(value)[:_MOST_ITEMS])))
    said = _named(value)
    reasons = (_words_of(said[name], levels - 1) for name in _REASONS if name in said)
    return next(filter(None, reasons), "") or "; ".join(_fields_of(value, levels - 1))


def _item_of(value: Any, levels: int) -> str:
    """Return a reason of several, with the place that it is about."""
    words, said = _words_of(value, levels), object_of(value)
    place = place_of(said.get("loc")) or place_of(said.get("path")) or text_of(said.get("field"))
    return f"{place}: {words}" if place and words else words


def _fields_of(value: Any, levels: int) -> Iterator[str]:
    """Yield the reasons that are listed by the field that each is about."""
    for name, listed in list(object_of(value).items())[:_MOST_ITEMS]:
        if words := _words_of(list_of(listed), levels):
            yield f"{name}: {words}"


def _named(value: Any) -> dict[str, Any]:
    return {name.replace("_", "").lower(): each for name, each in object_of(value).items()}


def _code_of(value: Any) -> str:
    """Return the reason for a program. In OAuth, it is the error that has a description."""
    said = _named(value)
    names = (*_CODES, "error") if "errordescription" in said else _CODES
    return next(filter(None, (text_of(said.get(name)) for name in names)), "")
