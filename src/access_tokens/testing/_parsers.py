"""Parses request bodies and queries in the same way as the body parsers of Express."""

import gzip
import zlib
from collections.abc import Callable, Collection, Mapping
from email.message import Message
from io import BytesIO
from urllib.parse import parse_qsl, unquote

from access_tokens.testing import _errors as errors
from access_tokens.testing import _javascript as javascript
from access_tokens.testing._errors import ServiceError

_LARGEST = 100 * 1024
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_JSON_CHARSETS = {"utf-8", "utf-7", "utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be"}
_FORM_CHARSETS = {"utf-8", "iso-8859-1"}


def json_body(headers: Mapping[str, str], content: bytes) -> object:
    """Parse a JSON body. An empty body counts as `{}`.

    Returns:
        An object or an array; None if the request has no body, or a body of another type.

    Raises:
        ServiceError: The body is too large, or does not match its headers.
    """
    if not _is_there(headers, _JSON):
        return None
    text = _text(headers, content, _JSON_CHARSETS).removeprefix("\ufeff")
    return _strict_json(text) if text else {}


def form_body(headers: Mapping[str, str], content: bytes) -> dict[str, object] | None:
    """Same as `json_body`, for a form: returns texts by name. A repeated name gets a list of texts."""
    if not _is_there(headers, _FORM):
        return None
    fields = (each.partition("=")[::2] for each in _text(headers, content, _FORM_CHARSETS).split("&") if each)
    by_name = _by_name([(_decoded(name), _decoded(value)) for name, value in fields])
    # For `name[]` and `name[part]`, Express makes a list or an object. A list stands for both here.
    return by_name | {name.partition("[")[0]: [value] for name, value in by_name.items() if "[" in name[1:]}


def query(text: str) -> dict[str, object]:
    """Parse a query string into texts by name. A repeated name gets a list of texts."""
    return _by_name(parse_qsl(text, keep_blank_values=True, errors="replace"))


def _is_there(headers: Mapping[str, str], media_type: str) -> bool:
    has_body = "transfer-encoding" in headers or headers.get("content-length", "").isdecimal()
    return has_body and headers.get("content-type", "").partition(";")[0].strip().lower() == media_type


def _text(headers: Mapping[str, str], content: bytes, charsets: Collection[str]) -> str:
    charset = _charset(headers) or "utf-8"
    if charset not in charsets:
        raise ServiceError(f'unsupported charset "{charset.upper()}"', 415)
    return _inflated(headers, content).decode(charset, "replace")


def _charset(headers: Mapping[str, str]) -> str:
    parsed = Message()
    parsed["Content-Type"] = headers["content-type"]
    return str(parsed.get_param("charset", "")).lower()


def _inflated(headers: Mapping[str, str], content: bytes) -> bytes:
    encoding = headers.get("content-encoding", "identity").lower()
    if encoding not in _INFLATE:
        raise ServiceError(f'unsupported content encoding "{encoding}"', 415)
    try:
        inflated = _INFLATE[encoding](content)
    except EOFError as error:
        raise errors.unreadable_body("unexpected end of file", "Error") from error
    except (OSError, zlib.error) as error:
        raise errors.unreadable_body("incorrect header check", "Error") from error
    if len(inflated) > _LARGEST:
        raise ServiceError("request entity too large", 413)
    return inflated


def _gunzip(content: bytes) -> bytes:
    if not content:
        raise EOFError
    return gzip.GzipFile(fileobj=BytesIO(content)).read(_LARGEST + 1)


def _inflate(content: bytes) -> bytes:
    stream = zlib.decompressobj()
    inflated = stream.decompress(content, _LARGEST + 1)
    if not stream.eof and len(inflated) <= _LARGEST:
        raise EOFError
    return inflated


_INFLATE: dict[str, Callable[[bytes], bytes]] = {"identity": bytes, "gzip": _gunzip, "deflate": _inflate}


def _strict_json(text: str) -> object:
    first = text.lstrip("\t\n\r ")[:1]
    if first not in {"{", "["}:
        raise errors.unreadable_body(f"Unexpected token '{first}', \"{text[:10]}\" is not valid JSON")
    try:
        return javascript.parse_json(text)
    except ValueError as error:
        raise errors.unreadable_body(str(error)) from error


def _decoded(text: str) -> str:
    spaced = text.replace("+", " ")
    try:
        return unquote(spaced, errors="strict")
    except ValueError:
        return spaced


def _by_name(pairs: list[tuple[str, str]]) -> dict[str, object]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: several if len(several) > 1 else several[0] for name, several in values.items()}
