"""The places in which a server may send a text back."""

import html
import json
from collections.abc import Callable
from typing import Any

import httpx

from .world import Canned

# Makes an answer that holds a text, with a status where the place has none of its own.
Place = Callable[[str, int], Canned]
JSON, HTML, TEXT = b"application/json; charset=utf-8", b"text/html", b"text/plain"


def typed(content_type: bytes, body: str, status: int) -> Canned:
    return Canned(status, body.encode(), ((b"Content-Type", content_type),))


def header_with(name: bytes) -> Place:
    return lambda text, status: Canned(status, b"{}", ((name, text.encode()),))


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in text)


def said_in(kind: bytes, form: str) -> Place:
    """Return what answers with a body of this form, in which the text stands for @."""
    return lambda text, status: typed(kind, form.replace("@", text), status)


def json_with(make: Callable[[str], Any]) -> Place:
    return lambda text, status: typed(JSON, json.dumps(make(text)), status)


def a_success(make: Place) -> Place:
    return lambda text, _: make(text, 200)


def raised(make: Callable[[str], Exception]) -> Place:
    return lambda text, _: Canned(error=make(text))


PLACES: dict[str, Place] = {
    "message": json_with(lambda text: {"error": {"message": text}}),
    "code": json_with(lambda text: {"error": {"message": "m", "code": text}}),
    "details": json_with(lambda text: {"error": {"message": "m", "details": text}}),
    "details, deep": json_with(
        lambda text: {"error": {"message": "m", "details": {text: [{"a": text}, [text]]}}}
    ),
    "details, long": json_with(
        lambda text: {"error": {"message": "m", "details": {text: ["x" * 4000, text, "y" * 4000]}}}
    ),
    "error": json_with(lambda text: {"error": text}),
    "error, escaped": lambda text, status: typed(JSON, f'{{"error": "{escaped(text)}"}}', status),
    "problem": lambda text, status: typed(b"application/problem+json", json.dumps({"error": text}), status),
    "page": said_in(HTML, "<pre>Error: @<br>at @</pre>"),
    "page, escaped": lambda text, status: typed(
        HTML, f"<pre>{''.join(f'&#{ord(c)};' for c in text)}</pre>", status
    ),
    "page, named": lambda text, status: typed(HTML, f"<pre>{html.escape(text)}</pre>", status),
    "text": said_in(TEXT, "@"),
    "far into a text": said_in(TEXT, "x " * 2020 + "@"),
    "no type": lambda text, status: Canned(status, json.dumps({"error": text}).encode()),
    "reason": lambda text, status: Canned(status, b"", (), text.encode()),
    "content type": header_with(b"Content-Type"),
    "content encoding": header_with(b"Content-Encoding"),
    "retry after": header_with(b"Retry-After"),
    "header": header_with(b"X-Echo"),
    "location": lambda text, _: Canned(307, b"", ((b"Location", f"/{text}".encode()),)),
    "no JSON": a_success(said_in(JSON, "@")),
    "JSON text": a_success(json_with(lambda text: text)),
    "JSON key": a_success(json_with(lambda text: {text: {text: text}})),
    "wrong type": a_success(json_with(lambda text: {"records": [{"tokenId": {text: text}}]})),
    "transport": raised(httpx.ReadError),
    "protocol": raised(lambda text: httpx.LocalProtocolError(f"Illegal header value b'{text}'")),
    "system": raised(lambda text: OSError(5, text)),
    "anything": raised(KeyError),
}
