"""Finds the error message in an HTML page or an XML document.

Neither is parsed: only one text between two tags is needed, and a hostile document must not cost much time.
"""

from __future__ import annotations

import html
import re
import string

from .._signals import pass_on

_LONGEST = 2**16
_OF_WORDS = f"{string.ascii_letters}{string.digits}+/=_-"
_PAGE = re.compile(
    r"(?:\s|\ufeff|<\?xml[^<>]*>|<!--.*?-->)*+<(?:!doctype\s+html|html|head|body|title|h[1-6]|pre|p|div|center)\b",
    re.IGNORECASE | re.DOTALL,
)
# An Express application without an error handler answers with a page of the error and its stack trace.
_BEFORE_ERROR = re.compile("<pre>", re.IGNORECASE)
_AFTER_ERROR = re.compile("</pre>", re.IGNORECASE)
_LINE_BREAK = re.compile("<br ?/?>", re.IGNORECASE)
_STACK = re.compile("\n +at ")
_CLASS_NAME = re.compile(r"[\w$]{0,100}(?:Error|Exception): ")

# Names of XML elements with a reason, the most specific first: from RFC 9457, appendix B, from the errors of
# cloud providers, and from SOAP.
_REASONS = ("detail", "description", "message", "faultstring", "text", "reason", "title")
_CODES = ("code", "faultcode")
_CDATA = re.compile(r"\s*<!\[CDATA\[")
_TAG = re.compile("<[^<>]*>")
_LETTER = re.compile(r"[^\W\d_]")
_TITLE = re.compile(r"<title\b[^<>]*>[^<]*", re.IGNORECASE)
# Elements and comments that a browser does not show. An unclosed one ends with the document (\Z): otherwise
# each start would be searched for an end in vain, in quadratic time.
_UNSEEN = re.compile(
    r"<(script|style|svg)\b.*?(?:</\1[^<>]*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL
)


def is_html(text: str) -> bool:
    """Tell whether a text begins like an HTML page."""
    return _PAGE.match(text[:_LONGEST]) is not None


def is_express_page(page: str) -> bool:
    """Tell whether a page looks like Express's for an error: the title "Error", and nothing but the error."""
    above, *error = _BEFORE_ERROR.split(_seen(page), maxsplit=1)
    has_other_title = _text_in("title", _seen(page)).casefold() not in {"", "error"}
    return bool(error) and not has_other_title and not _text_of(_TITLE.sub("", above)).strip()


def page_text(page: str) -> str:
    """Return the message of a page: the error of an Express page, else the title, else all text."""
    page = _seen(page)
    if is_express_page(page):
        return _express_error(page)
    return worded(_text_in("title", page)) or worded(_text_of(page))


def xml_reason(document: str) -> tuple[str, str]:
    """Return the reason and the error code in an XML document, each empty if there is none.

    Without an element for the reason, all text of the document is the reason.
    """
    document = _seen(document)
    reason = _first_of(_REASONS, document)
    return (reason, _first_of(_CODES, document)) if reason else (worded(_text_of(document)), "")


def _seen(document: str) -> str:
    """Return the visible part of a document, up to a limit."""
    seen = _UNSEEN.sub(" ", document)
    # Cut before a word, since half of a secret would not be recognised and hidden.
    return seen if len(seen) <= _LONGEST else seen[:_LONGEST].rstrip(_OF_WORDS)


def worded(text: str) -> str:
    """Return a text, or "" if it has no letters, like the number of the status."""
    return text if _LETTER.search(text) else ""


def _first_of(names: tuple[str, ...], document: str) -> str:
    found = [_text_in(each, document) for each in names]
    return ([each for each in found if each] or [""])[0]


def _express_error(page: str) -> str:
    """Return the error message in an Express page, without the error class and the stack trace."""
    # Split in two steps, since one regular expression would start again at every <pre> of a hostile page.
    _, error = _BEFORE_ERROR.split(page, maxsplit=1)
    text = _AFTER_ERROR.split(error, maxsplit=1)[0]
    # Express replaces two spaces by " &nbsp;".
    text = _unescaped(_LINE_BREAK.sub("\n", text)).replace("\xa0", " ")
    error_text = _STACK.split(text, maxsplit=1)[0].strip()
    class_name = _CLASS_NAME.match(error_text)
    return error_text[class_name.end() :] if class_name else error_text


def _text_in(name: str, document: str) -> str:
    """Return the text of the first non-empty element of this name, ignoring prefix and attributes."""
    for tag in re.finditer(rf"<(?:[\w.-]{{1,40}}:)?{name}(?:\s[^<>]*)?>", document, re.IGNORECASE):
        quoted = _CDATA.match(document, tag.end())
        start = quoted.end() if quoted else tag.end()
        end = document.find("]]>" if quoted else "<", start)
        text = document[start : end if end >= 0 else None]
        if text := (text if quoted else _unescaped(text)).strip():
            return text
    return ""


def _text_of(document: str) -> str:
    return _unescaped(_TAG.sub(" ", document))


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError as error:  # a numeric character reference has thousands of digits
        pass_on(error)
        return text
