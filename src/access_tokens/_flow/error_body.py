"""What the body of an error says, whatever it is and is said to be."""

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
_HTML = {"text/html", "application/xhtml+xml"}
_CHARSET = re.compile(r"(?:charset|encoding)=[\"']?([\w-]{1,40})", re.IGNORECASE)
# Python has others, which are none of text, or take what others do not.
_CHARSETS = re.compile(
    r"(?:iso-8859-\d+|latin-?1|windows-12\d\d|utf-(?:16|32)(?:le|be)?|gb\w+|big5|shift_jis|euc-\w+|koi8-\w)",
    re.IGNORECASE,
)
_DECLARATION = 1024


def said_in_body(answer: Answer) -> ApiError | str | None:
    """Find what is said of a failure.

    Returns:
        None when the body is empty or says nothing; a text when that is the phrase of the status. No secret
        that is known to the answer is in the result.
    """
    try:
        return _said(answer) if answer.content else None
    except UNREADABLE as error:
        pass_on(error)
        return None


def is_page(answer: Answer) -> bool:
    """Tell whether the body of an answer is a page, whatever it is said to be. Nothing of it may be left."""
    text = _decoded(answer)
    return not _looks_like_json(text) if _media_type(answer) in _HTML else is_html(text)


def is_services_page(answer: Answer) -> bool:
    """Tell whether a page is such as the service answers: one that Express makes of an error."""
    return is_express_page(_decoded(answer))


def _said(answer: Answer) -> ApiError | str | None:
    if is_page(answer):
        return _from_page(answer)
    # By what it looks like: the media type alone should count, but those of gateways are often wrong.
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
    # That alone counts, without its parameters (RFC 9110, section 8.3.1).
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
    """Return what is said as a person reads it: short, on one line, and without secrets."""
    message = one_line(redact(excerpt(without_list(message)), *known))
    code = one_line(redact(excerpt(code), *known))
    return ApiError(message, code or None, said_details(details, known)) if message else None


def _from_page(answer: Answer) -> ApiError | str | None:
    error = _error(page_text(_decoded(answer)), "", None, answer.known)
    # In production, Express tells no more than the phrase.
    return error.message if error and _is_phrase(error.message, answer) else error


def _is_phrase(message: str, answer: Answer) -> bool:
    status = answer.status_code
    phrases = (answer.reason, _PHRASES.get(status, ""), _NODES_PHRASES.get(status, ""))
    return message.casefold() in {each.casefold() for each in phrases}


def _from_json(answer: Answer) -> ApiError | None:
    """Read JSON, which is in UTF-8, 16 or 32, or in what the answer says.

    Raises:
        ValueError, RecursionError: It is none.
    """
    try:
        body = parsed(answer.content)
    except UnicodeDecodeError as error:
        pass_on(error)
        body = parsed(_decoded(answer).encode(errors="surrogatepass"))
    said = said_in_json(body)
    return _error(said.message, said.code, said.details, answer.known)
