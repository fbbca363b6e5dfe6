"""Finds the error message in JSON, in the formats of services, gateways and frameworks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, NamedTuple

from .json_values import list_of, object_of, place_of, text_of

# The names of members with a reason, in lower case and without `_JOINTS`, the most specific first. They come
# from OAuth (RFC 6749, section 5.2), problem details (RFC 9457), JSON:API, OData, and the gateways of clouds.
_REASONS = (
    *("errordescription", "errordetails", "errorsummary", "errormessage", "errormsg", "detail"),
    *("moreinformation", "errors", "description", "message", "msg", "usermessage", "errmsg", "faultstring"),
    *("reason", "error", "err", "httpmessage", "statusmessage", "fault", "title", "value", "details"),
)
# Members whose value may be an object that maps the name of each invalid field to its reason.
_BY_FIELD = {"errors"}
_CODES = ("code", "errorcode")
_JOINTS = str.maketrans("", "", "_-.")
_PHRASES = {each.phrase.casefold() for each in HTTPStatus}
# The most levels of nested lists and objects, and the most items in each, that are read.
_MOST_LEVELS = 4
_MOST_ITEMS = 10


class SaidInJson(NamedTuple):
    """The error in a JSON body: a message for people (or ""), a code for programs, and more."""

    message: str
    code: str = ""
    details: Any = None


def said_in_json(body: Any) -> SaidInJson:
    """Find the error in the service's `{"error": {"message", "code"?, "details"?}}`, or in any other format.

    Args:
        body: The parsed body of an error.
    """
    error = _named(_named(body).get("error"))
    own = text_of(error.get("message")).strip() or _words_of(error)
    said = error if own else _named(body)
    return SaidInJson(_best((own, _words_of(body))), _code_of(said), said.get("details"))


def _best(reasons: Iterable[str]) -> str:
    """Return the first reason that is not just the phrase of a status, or else the first reason."""
    said = [each.strip() for each in reasons if each.strip()]
    return ([each for each in said if each.casefold() not in _PHRASES] or said or [""])[0]


def _words_of(value: Any, levels: int = _MOST_LEVELS, by_field: bool = False) -> str:
    """Return the reason in a value: a text itself, all reasons in a list, the best reason in an object."""
    if isinstance(value, str):
        return value
    if not levels:
        return ""
    if isinstance(value, list):
        return "; ".join(filter(None, (_item_of(each, levels - 1) for each in list_of(value)[:_MOST_ITEMS])))
    said = _named(value)
    best = _best([_words_of(said[name], levels - 1, name in _BY_FIELD) for name in _REASONS if name in said])
    return best or "; ".join(_fields_of(value, levels - 1, by_field))


def _item_of(value: Any, levels: int) -> str:
    """Return the reason in one item of a list, preceded by the place in the request that it is about."""
    words, said = _words_of(value, levels), object_of(value)
    place = place_of(said.get("loc")) or place_of(said.get("path")) or text_of(said.get("field"))
    return f"{place}: {words}" if place and words else words


def _fields_of(value: Any, levels: int, by_field: bool) -> Iterator[str]:
    """Yield the reasons in an object with unknown names. A plain text counts only with `by_field`."""
    for name, inner in list(object_of(value).items())[:_MOST_ITEMS]:
        words = _words_of(inner, levels) if by_field or not isinstance(inner, str) else ""
        if words:
            yield f"{name}: {words}" if by_field or isinstance(inner, list) else words


def _named(value: Any) -> dict[str, Any]:
    return {name.translate(_JOINTS).lower(): each for name, each in object_of(value).items()}


def _code_of(said: dict[str, Any]) -> str:
    """Return the code for programs. In OAuth this is `error`, next to `error_description`."""
    names = (*_CODES, "error") if "errordescription" in said else _CODES
    return _best([text_of(said.get(name)) for name in names])
