"""What a page or an XML document says of a failure.

Neither is parsed: what is wanted is one text between two tags, and a hostile document must cost nothing.
"""

from __future__ import annotations

import html
import re

from .._signals import pass_on
from ..errors import excerpt

_LONGEST_PAGE = 2**16
# An application of Express without an error handler answers a page that holds the error and its stack.
_BEFORE_ERROR = re.compile("<pre>", re.IGNORECASE)
_AFTER_ERROR = re.compile("</pre>", re.IGNORECASE)
_LINE_BREAK = re.compile("<br ?/?>", re.IGNORECASE)
_STACK = re.compile("\n +at ")
_CLASS_NAME = re.compile(r"[\w$]{0,100}(?:Error|Exception): ")
_EXPRESS_TITLES = {"", "error"}

# In XML, the most specific first: RFC 9457, appendix B; the clouds' errors; SOAP.
_REASONS = ("detail", "message", "faultstring", "text", "reason", "description", "title")
_CODES = ("code", "faultcode")
_CDATA = "<![CDATA["
_TAG = re.compile("<[^<>]*>")
# Each ends with the document at the latest, so that none is looked for twice.
_UNSEEN = re.compile(r"<(script|style)\b.*?(?:</\1[^<>]*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL)


def is_express_page(page: str) -> bool:
    """Tell whether a page is such as Express makes of an error."""
    return _BEFORE_ERROR.search(page) is not None and _text_in("title", page).casefold() in _EXPRESS_TITLES


def page_text(page: str) -> str:
    """Return what a page says: of Express's the error, else its title, or all its text where it has none."""
    page = excerpt(page, _LONGEST_PAGE) if len(page) > _LONGEST_PAGE else page
    if is_express_page(page):
        return _express_error(page)
    text = _text_in("title", page) or _visible_text(page)
    return text if any(each.isalpha() for each in text) else ""  # no mere number of the status


def xml_reason(document: str) -> tuple[str, str]:
    """Return the reason and the code that an XML document gives, each empty where it gives none."""
    document = document[:_LONGEST_PAGE]
    return _first_of(_REASONS, document), _first_of(_CODES, document)


def _first_of(names: tuple[str, ...], document: str) -> str:
    return next(filter(None, (_text_in(each, document) for each in names)), "")


def _express_error(page: str) -> str:
    """Return the error that a page holds, without the name of its class and without its stack."""
    # Split twice, since one expression for both would begin anew at every <pre> of a hostile page.
    _, error = _BEFORE_ERROR.split(page, maxsplit=1)
    text = _AFTER_ERROR.split(error, maxsplit=1)[0]
    # Express makes each pair of blanks " &nbsp;".
    text = _unescaped(_LINE_BREAK.sub("\n", text)).replace("\xa0", " ")
    error_text = _STACK.split(text, maxsplit=1)[0].strip()
    class_name = _CLASS_NAME.match(error_text)
    return error_text[class_name.end() :] if class_name else error_text


def _text_in(name: str, document: str) -> str:
    """Return the text of the first element of this name that has any, be it with a prefix or attributes."""
    for tag in re.finditer(rf"<(?:[\w.-]{{1,40}}:)?{name}(?:\s[^<>]*)?>", document, re.IGNORECASE):
        is_quoted = document.startswith(_CDATA, tag.end())
        start = tag.end() + len(_CDATA) * is_quoted
        end = document.find("]]>" if is_quoted else "<", start)
        text = document[start : end if end >= 0 else None]
        if text := (text if is_quoted else _unescaped(text)).strip():
            return text
    return ""


def _visible_text(page: str) -> str:
    return _unescaped(_TAG.sub(" ", _UNSEEN.sub(" ", page)))


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError as error:  # of a reference by a number of thousands of digits
        pass_on(error)
        return text
