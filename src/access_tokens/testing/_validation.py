"""Checks requests against `_schemas`, as strictly as the reference service, with zod's error messages."""

import math
import re
from collections.abc import Callable
from typing import Any, TypeGuard, TypeVar

import cattrs

from access_tokens.testing import _errors as errors
from access_tokens.testing import _javascript as javascript
from access_tokens.testing import _schemas as schemas
from access_tokens.testing._record import MOST_ROLES

_LONGEST_ROLE = 100

_T = TypeVar("_T")


def body(value: object, shape: type[_T]) -> _T:
    """Check a JSON body. Unknown fields are refused.

    Raises:
        ServiceError: The body does not have the given shape.
    """
    return _fit(value, shape, _strict, "Invalid request body")


def client_credentials(value: object) -> schemas.ClientCredentials:
    """Same as `body`, for an exchange: the body may be missing, and unknown fields are ignored."""
    return _fit({} if value is None else value, schemas.ClientCredentials, _tolerant, "Invalid request body")


def list_query(value: object) -> schemas.ListQuery:
    """Check the query of `listTokens`. Unknown parameters are ignored."""
    return _fit(value, schemas.ListQuery, _tolerant, "Invalid query parameters")


def _fit(value: object, shape: type[_T], converter: cattrs.Converter, message: str) -> _T:
    if not isinstance(value, dict):
        received = "undefined" if value is None else javascript.type_of(value)
        raise errors.invalid_request(message, f"✖ Invalid input: expected object, received {received}")
    try:
        return converter.structure(value, shape)
    except cattrs.BaseValidationError as error:
        problems = cattrs.transform_error(error, format_exception=_describe)
        raise errors.invalid_request(message, "\n".join(map(_place, problems))) from error


def _describe(error: BaseException, _: type | None) -> str:
    match error:
        case KeyError():
            return "Invalid input: expected a value, received undefined"
        case cattrs.ForbiddenExtraKeysError():
            return f"Unrecognized keys: {', '.join(map(repr, sorted(error.extra_fields)))}"
        case _:
            return str(error)


def _place(problem: str) -> str:
    message, _, path = problem.rpartition(" @ ")
    place = re.sub(r"\['(\w+)'\]", r".\1", path.removeprefix("$")).removeprefix(".")
    return f"✖ {message}" + (f"\n  → at {place}" if place else "")


def _refused(expected: str, value: object) -> TypeError:
    return TypeError(f"Invalid input: expected {expected}, received {javascript.type_of(value)}")


def _text(value: object, _: object) -> str:
    if not isinstance(value, str):
        raise _refused("string", value)
    return value


def _role(value: object, shape: object) -> str:
    text = _text(value, shape)
    if not text:
        raise ValueError("Too small: expected string to have >=1 characters")
    if javascript.length(text) > _LONGEST_ROLE:
        raise ValueError(f"Too big: expected string to have <={_LONGEST_ROLE} characters")
    return text


def _boolean(value: object, _: object) -> bool:
    if not isinstance(value, bool):
        raise _refused("boolean", value)
    return value


def _number(value: object, _: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _refused("number", value)
    return value


def _is_array(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _roles(value: object, _: object) -> list[schemas.Role]:
    if not _is_array(value):
        raise _refused("array", value)
    if len(value) > MOST_ROLES:
        raise ValueError(f"Too big: expected array to have <={MOST_ROLES} items")
    return _strict.structure(value, list[schemas.Role])


def _ids(value: object, _: object) -> list[str]:
    if not _is_array(value):
        raise _refused("array", value)
    return _strict.structure(value, list[str])


def _roles_change(value: object, _: object) -> object:
    if not isinstance(value, dict):
        return _roles(value, None)
    return _strict.structure(value, schemas.AddRoles if "add" in value else schemas.RemoveRoles)


def _flag(value: object, shape: object) -> bool:
    return _text(value, shape) in {"1", "true"}


def _limit(value: object, shape: object) -> int:
    number = javascript.parse_int(_text(value, shape))
    if not math.isfinite(number) or number < 1:
        raise ValueError("Limit must be a positive integer")
    return int(number)


_HOOKS: dict[Any, Callable[[Any, Any], object]] = {
    str: _text,
    bool: _boolean,
    schemas.Role: _role,
    schemas.Roles: _roles,
    schemas.RolesChange: _roles_change,
    schemas.Ids: _ids,
    schemas.Number: _number,
    schemas.Flag: _flag,
    schemas.Limit: _limit,
}


def _converter(*, forbid_extra_keys: bool) -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=forbid_extra_keys)
    for shape, hook in _HOOKS.items():
        converter.register_structure_hook(shape, hook)
    return converter


_strict = _converter(forbid_extra_keys=True)
_tolerant = _converter(forbid_extra_keys=False)
