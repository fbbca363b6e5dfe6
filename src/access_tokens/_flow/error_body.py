"""Reads the error message from the body of an error response, whatever its format and declared type."""

from __future__ import annotations

import codecs
import re
from http import HTTPStatus
from typing import Any

from .._secret import Secret, redact
from .._signals import pass_on
from ..errors import ApiError, excerpt, one_line
from .error_details import said_details
from .error_json import said_in_json
from .error_markup import is_express_page, is_html, page_text, worded, xml_reason
from .json_parsing import parsed
from .record_issues import without_list
from .steps import UNREADABLE, Answer

_PHRASES = {each.value: each.phrase for each in HTTPStatus}
# The phrases of Node that differ from those of some Python version.
_NODES_PHRASES = {
    413: "Payload Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Entity",
}
_HTML = {"text/html", "application/xhtml+xml"}
_CHARSET = re.compile(r"(?:charset|encoding)=[\"']?([\w-]{1,40})", re.IGNORECASE)
# Only these: Python also has codecs that are not for text, and understands names that others do not.
_CHARSETS = re.compile(
    r"(?:iso-8859-\d+|latin-?1|windows-12\d\d|utf-(?:16|32)(?:le|be)?|gb\w+|big5|shift_jis|euc-\w+|koi8-\w)",
    re.IGNORECASE,
)
_DECLARATION = 1024


def said_in_body(answer: Answer) -> ApiError | str | None:
    """Find the error message in the body of an answer.

    Returns:
        The error; a text if the body is a page with nothing but the phrase of the status; None if the body
        has no message. The secrets known to the answer are hidden.
    """
    try:
        return _said(answer) if answer.content else None
    except UNREADABLE as error:
        pass_on(error)
        return None


def is_page(answer: Answer) -> bool:
    """Tell whether the body is an HTML page, whatever its media type, even if nothing in it can be shown."""
    text = _decoded(answer)
    return not _looks_like_json(text) if _media_type(answer) in _HTML else is_html(text)


def is_services_page(answer: Answer) -> bool:
    """Tell whether a page looks like the service's own: the page that Express makes of an error."""
    return is_express_page(_decoded(answer))


def _said(answer: Answer) -> ApiError | str | None:
    if is_page(answer):
        return _from_page(answer)
    # The content decides, not only the media type, since the media types of gateways are often wrong.
    media_type, text = _media_type(answer), _decoded(answer)
    is_json, looks_like_json = media_type.endswith("json"), _looks_like_json(text)
    if is_json or looks_like_json:
        try:
            return _from_json(answer)
        except ValueError as error:
            pass_on(error)
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        return _error(*xml_reason(text), None, answer.known)
    is_text = not media_type or media_type.startswith("text/") or (is_json and not looks_like_json)
    return _error(worded(text), "", None, answer.known) if is_text else None


def _media_type(answer: Answer) -> str:
    # Without the parameters, such as charset (RFC 9110, section 8.3.1).
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def _looks_like_json(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n").startswith(("{", "[", '"'))


def _decoded(answer: Answer) -> str:
    content = answer.content
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    declared = content[:_DECLARATION].decode("latin-1") if content.lstrip().startswith(b"<") else ""
    found = _CHARSET.search(answer.headers.get("content-type", "")) or _CHARSET.search(declared)
    try:
        charset = found[1] if found and _CHARSETS.fullmatch(found[1]) else "utf-8"
        return content.decode(charset, errors="replace")
    except LookupError:
        return content.decode(errors="replace")


def _error(message: str, code: str, details: Any, known: tuple[Secret, ...]) -> ApiError | None:
    """Return the error with its message made readable: short, on one line, and without secrets."""
    message = one_line(redact(excerpt(without_list(message)), *known))
    code = one_line(redact(excerpt(code), *known))
    return ApiError(message, code or None, said_details(details, known)) if message else None


def _from_page(answer: Answer) -> ApiError | str | None:
    error = _error(page_text(_decoded(answer)), "", None, answer.known)
    # In production, the page of Express has no message, only the phrase of the status.
    return error.message if error and _is_phrase(error.message, answer) else error


def _is_phrase(message: str, answer: Answer) -> bool:
    status = answer.status_code
    phrases = (answer.reason, _PHRASES.get(status), _NODES_PHRASES.get(status))
    return message.casefold() in {each.casefold() for each in phrases if each}


def _from_json(answer: Answer) -> ApiError | None:
    """Read a JSON body, in UTF-8, 16 or 32, or in the declared charset.

    Raises:
        ValueError, RecursionError: The body is not JSON.
    """
    try:
        body = parsed(answer.content)
    except UnicodeDecodeError as error:
        pass_on(error)
        body = parsed(_decoded(answer).encode())
    said = said_in_json(body)
    return _error(said.message, said.code, said.details, answer.known)
