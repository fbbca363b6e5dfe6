"""Reads requests into the shapes of `_schemas`, and refuses what does not fit them."""

import json
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypeGuard, TypeVar
from urllib.parse import parse_qsl

import cattrs
from starlette.datastructures import QueryParams
from starlette.requests import Request

from access_tokens.testing import _errors as errors
from access_tokens.testing import _schemas as schemas

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_BODY_MAX = 100 * 1024
_ROLES_MAX = 50
_ROLE_MAX = 100
_PAT_MAX = 200
_TIME_MAX = 2**63 - 1

_T = TypeVar("_T")


async def refuse_large(request: Request) -> None:
    """Refuse a body over 100 kB."""
    if len(await request.body()) > _BODY_MAX:
        raise errors.ServiceError("request entity too large", 413)


async def read_json(request: Request, shape: type[_T]) -> _T:
    """Read a JSON body, which has to be there."""
    if _media_type(request) != _JSON:
        raise errors.invalid_request(f"A body of type {_JSON} is required")
    return _fit(_parse_json(await request.body()), shape, _strict)


async def read_client_credentials(request: Request) -> schemas.ClientCredentials | None:
    """Read the client credentials in a body (RFC 6749, section 4.4.2), if it has any."""
    body = await request.body()
    if body and _media_type(request) == _JSON:
        return _fit(_parse_json(body), schemas.ClientCredentials, _tolerant)
    if body and _media_type(request) == _FORM:
        return _fit(_by_name(_parse_form(body)), schemas.ClientCredentials, _tolerant)
    return None


def read_query(query: QueryParams) -> schemas.ListQuery:
    """Read the query of `listTokens`."""
    return _fit(_by_name(query.multi_items()), schemas.ListQuery, _tolerant)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _parse_json(body: bytes) -> object:
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise errors.invalid_request("Malformed JSON") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _parse_form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise errors.invalid_request("Malformed form") from error


def _by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    # What is repeated becomes an array, as in the reference service, and then does not fit.
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: several if len(several) > 1 else several[0] for name, several in values.items()}


def _fit(value: object, shape: type[_T], converter: cattrs.Converter) -> _T:
    if not isinstance(value, dict):
        raise errors.invalid_request("Invalid request", "request:\n  must be an object")
    try:
        return converter.structure(value, shape)
    except cattrs.BaseValidationError as error:
        problems = cattrs.transform_error(error, format_exception=_describe)
        raise errors.invalid_request("Invalid request", "\n".join(map(_place, problems))) from error


def _describe(error: BaseException, _: type | None) -> str:
    match error:
        case KeyError():
            return "is required"
        case cattrs.ForbiddenExtraKeysError():
            return f"unknown fields: {', '.join(sorted(error.extra_fields))}"
        case _:
            return str(error)


def _place(problem: str) -> str:
    message, _, path = problem.rpartition(" @ ")
    return f"{path.removeprefix('$').removeprefix('.') or 'request'}:\n  {message}"


def _text(value: object, _: object) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a string")
    return value


def _text_of(least: int, most: int) -> Callable[[object, object], str]:
    def structure(value: object, shape: object) -> str:
        text = _text(value, shape)
        if not least <= len(text) <= most:
            raise ValueError(f"must have {least} to {most} characters")
        return text

    return structure


def _boolean(value: object, _: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be a boolean")
    return value


def _time(value: object, _: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("must be a number")
    if not 0 <= value <= _TIME_MAX:
        raise ValueError("must be a Unix time")
    # In JSON 5.0 is the same number as 5. A real fraction is for the store to refuse.
    return int(value) if value == int(value) else value


def _array(value: object, most: int) -> list[object]:
    if not _is_array(value):
        raise TypeError("must be an array")
    if len(value) > most:
        raise ValueError(f"must have {most} items at most")
    return value


def _is_array(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _roles(value: object, _: object) -> list[schemas.Role]:
    return _strict.structure(_array(value, _ROLES_MAX), list[schemas.Role])


def _ids(value: object, _: object) -> list[str]:
    return _strict.structure(_array(value, sys.maxsize), list[str])


def _roles_change(value: object, _: object) -> object:
    if not isinstance(value, dict):
        return _roles(value, None)
    return _strict.structure(value, schemas.AddRoles if "add" in value else schemas.RemoveRoles)


def _flag(value: object, shape: object) -> bool:
    if _text(value, shape) not in {"true", "false"}:
        raise ValueError("must be true or false")
    return value == "true"


def _limit(value: object, shape: object) -> int:
    text = _text(value, shape)
    # int() refuses over 4300 digits, for reasons of its own.
    if not re.fullmatch("[0-9]{1,4300}", text) or int(text) < 1:
        raise ValueError("must be a whole number from 1")
    return int(text)


def _grant_type(value: object, _: object) -> str:
    if value != "client_credentials":
        raise ValueError("must be client_credentials")
    return "client_credentials"


_HOOKS: dict[Any, Callable[[Any, Any], object]] = {
    str: _text,
    bool: _boolean,
    schemas.Role: _text_of(1, _ROLE_MAX),
    schemas.Roles: _roles,
    schemas.RolesChange: _roles_change,
    schemas.Ids: _ids,
    schemas.UnixTime: _time,
    schemas.Flag: _flag,
    schemas.Limit: _limit,
    schemas.Cursor: _text_of(1, sys.maxsize),
    schemas.GrantType: _grant_type,
    schemas.Secret: _text_of(1, _PAT_MAX),
}


def _converter(*, forbid_extra_keys: bool) -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=forbid_extra_keys)
    for shape, hook in _HOOKS.items():
        converter.register_structure_hook(shape, hook)
    return converter


_strict = _converter(forbid_extra_keys=True)
# Unknown parameters are ignored in a query, and in a token request (RFC 6749, section 3.2).
_tolerant = _converter(forbid_extra_keys=False)
