"""What a page or an XML document says of a failure.

Neither is parsed: what is wanted is one text between two tags, and a hostile document must cost nothing.
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
# An application of Express without an error handler answers a page that holds the error and its stack.
_BEFORE_ERROR = re.compile("<pre>", re.IGNORECASE)
_AFTER_ERROR = re.compile("</pre>", re.IGNORECASE)
_LINE_BREAK = re.compile("<br ?/?>", re.IGNORECASE)
_STACK = re.compile("\n +at ")
_CLASS_NAME = re.compile(r"[\w$]{0,100}(?:Error|Exception): ")

# In XML, the most specific first: RFC 9457, appendix B; the clouds' errors; SOAP.
_REASONS = ("detail", "description", "message", "faultstring", "text", "reason", "title")
_CODES = ("code", "faultcode")
_CDATA = re.compile(r"\s*<!\[CDATA\[")
_TAG = re.compile("<[^<>]*>")
_LETTER = re.compile(r"[^\W\d_]")
_TITLE = re.compile(r"<title\b[^<>]*>[^<]*", re.IGNORECASE)
# Each ends with the document at the latest, so that none is looked for twice.
_UNSEEN = re.compile(
    r"<(script|style|svg)\b.*?(?:</\1[^<>]*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL
)


def is_html(text: str) -> bool:
    """Tell whether a text begins as a page does."""
    return _PAGE.match(text[:_LONGEST]) is not None


def is_express_page(page: str) -> bool:
    """Tell whether a page is such as Express makes of an error: that alone, below the title "Error"."""
    above, *error = _BEFORE_ERROR.split(_seen(page), maxsplit=1)
    has_other_title = _text_in("title", _seen(page)).casefold() not in {"", "error"}
    return bool(error) and not has_other_title and not _text_of(_TITLE.sub("", above)).strip()


def page_text(page: str) -> str:
    """Return what a page says: of Express's the error, else its title, or all its text where it has none."""
    page = _seen(page)
    if is_express_page(page):
        return _express_error(page)
    return worded(_text_in("title", page)) or worded(_text_of(page))


def xml_reason(document: str) -> tuple[str, str]:
    """Return the reason and the code that an XML document gives, each empty where it gives none.

    All its text will do for a reason.
    """
    document = _seen(document)
    reason = _first_of(_REASONS, document)
    return (reason, _first_of(_CODES, document)) if reason else (worded(_text_of(document)), "")


def _seen(document: str) -> str:
    """Return what of a document is to be read."""
    seen = _UNSEEN.sub(" ", document)
    # No half of a word is left, which could be half of a secret.
    return seen if len(seen) <= _LONGEST else seen[:_LONGEST].rstrip(_OF_WORDS)


def worded(text: str) -> str:
    """Return a text, or none where it is a mere number, such as that of the status."""
    return text if _LETTER.search(text) else ""


def _first_of(names: tuple[str, ...], document: str) -> str:
    found = [_text_in(each, document) for each in names]
    return ([each for each in found if each] or [""])[0]


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
    except ValueError as error:  # of a reference by a number of thousands of digits
        pass_on(error)
        return text
