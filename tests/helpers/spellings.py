"""The ways in which a server may send a text back."""

import html
import json
import string
from base64 import b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

Spell = Callable[[str], str]
_NAMED = {"+": "&plus;", "/": "&sol;", "=": "&equals;", ".": "&period;", "$": "&dollar;", "_": "&lowbar;"}
_PLAIN = string.ascii_letters + string.digits


def each(form: str) -> Spell:
    return lambda text: "".join(form.format(ord(character)) for character in text)


def odd(form: str) -> Spell:
    return lambda text: "".join(c if c in _PLAIN else form.format(ord(c)) for c in text)


def folded(length: int, fold: str) -> Spell:
    return lambda text: fold.join(text[at : at + length] for at in range(0, len(text), length))


def packed(text: str) -> str:
    return b64encode(text.encode()).decode()


# Character by character, so that the spelling of a part is a part of the spelling.
ESCAPED: dict[str, Spell] = {
    "as it is": str,
    "percent": lambda text: quote(text, safe=""),
    "percent, small": odd("%{:02x}"),
    "percent, all": each("%{:02X}"),
    "percent, some": lambda text: quote(text, safe="/="),
    "percent, twice": lambda text: quote(quote(text, safe=""), safe=""),
    "percent, three times": lambda text: quote(quote(quote(text, safe=""), safe=""), safe=""),
    "percent of a script": each("%u{:04x}"),
    "form": quote_plus,
    "form, read": lambda text: text.replace("+", " "),
    "JSON": lambda text: text.replace("/", "\\/"),
    "JSON, odd ones": odd("\\u{:04x}"),
    "JSON, all": each("\\u{:04X}"),
    "JSON in JSON": lambda text: json.dumps(text.replace("/", "\\/").replace("+", "\\u002b"))[1:-1],
    "JSON in a URL": lambda text: quote(text.replace("/", "\\/"), safe=""),
    "script": each("\\u{{{:x}}}"),
    "Python": each("\\x{:02x}"),
    "page": odd("&#{};"),
    "page, all": each("&#x{:X};"),
    "page, zeros": each("&#000{}"),
    "page, named": lambda text: "".join(_NAMED.get(character, character) for character in text),
    "URL in a page": lambda text: html.escape(quote(text, safe="")).replace("%", "&#37;"),
    "page in JSON": lambda text: odd("&#{};")(text).replace("&", "\\u0026"),
    "capital letters": str.upper,
    "small letters": str.lower,
    "blanks": folded(1, "\u200b"),
}
PACKED: dict[str, Spell] = {
    "Base64": packed,
    "Base64 of a URL": lambda text: urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "Base64 in lines": lambda text: encodebytes(text.encode()).decode().strip(),
    "Basic": lambda text: packed(f":{text}"),
    "Basic of a user": lambda text: packed(f"u:{text}"),
    "Basic of another": lambda text: packed(f"admin:{text}"),
    "Base64 of JSON": lambda text: packed(json.dumps({"token": text})),
    "Base64, percent": lambda text: quote(packed(text), safe=""),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal, capital": lambda text: text.encode().hex().upper(),
    "lines": folded(20, "\r\n "),
    "short lines": folded(3, "\n"),
    "lines in JSON": folded(7, "\\r\\n"),
    "lines of a page": folded(20, "&#10;"),
}
SPELLINGS = ESCAPED | PACKED


def windows(text: str) -> set[str]:
    """Return all parts of 12 characters, by which a secret would be known."""
    return {text[at : at + 12] for at in range(len(text) - 11)} or {text}
