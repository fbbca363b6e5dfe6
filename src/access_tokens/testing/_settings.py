"""The options of a service, and their validation."""

import math
import re
from collections.abc import Callable
from typing import Any, Literal, get_args

import attrs

Dress = Literal["json", "html", "production", "text", "empty"]

# The service accepts PATs of up to 200 characters. The id takes 21, the dot 1, and the secret 44.
_LONGEST_PREFIX = 200 - 66


def must_be(
    what: str, is_fine: Callable[[Any], bool]
) -> Callable[[object, "attrs.Attribute[Any]", Any], None]:
    """Make an attrs validator whose error names the option and says what it must be."""

    def validate(_: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if not is_fine(value):
            raise ValueError(f"{attribute.name} must be {what}, not {value!r}")

    return validate


def _without_slash(path: Any) -> Any:
    return path.rstrip("/") if isinstance(path, str) else path


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"(/[^\s/?#]+)*", value) is not None


def _is_limit(value: Any) -> bool:
    match value:
        case None:
            return True
        case (int(count), int() | float() as seconds):
            return count >= 0 and 0 < seconds < math.inf
        case _:
            return False


def _is_prefix(value: Any) -> bool:
    return (
        isinstance(value, str) and re.fullmatch("[!-~]*", value) is not None and len(value) <= _LONGEST_PREFIX
    )


_path = must_be("a plain path such as /auth", _is_path)
_true_or_false = must_be("True or False", lambda value: isinstance(value, bool))


@attrs.define(kw_only=True, eq=False, repr=False, slots=False)
class Settings:
    """The options of a service. They are described in `Service`."""

    auth_path: str = attrs.field(
        default="/auth", converter=_without_slash, validator=_path, on_setattr=attrs.setters.frozen
    )
    admin_path: str = attrs.field(
        default="/admin", converter=_without_slash, validator=_path, on_setattr=attrs.setters.frozen
    )
    prefix: str = attrs.field(
        default="pat_",
        validator=must_be(f"at most {_LONGEST_PREFIX} visible ASCII characters", _is_prefix),
    )
    issuer: str = attrs.field(
        default="access-tokens-local", validator=must_be("a string", lambda value: isinstance(value, str))
    )
    lifetime: int = attrs.field(
        default=3600, validator=must_be("a whole number of seconds", lambda value: type(value) is int)
    )
    rate_limit: tuple[int, float] | None = attrs.field(
        default=None, validator=must_be("a count and a number of seconds, or None", _is_limit)
    )
    bootstrap: bool = attrs.field(default=True, validator=_true_or_false)
    empty: bool = attrs.field(default=False, validator=_true_or_false)
    documented: bool = attrs.field(default=False, validator=_true_or_false)
    errors: Dress = attrs.field(
        default="json", validator=must_be(f"one of {get_args(Dress)}", lambda value: value in get_args(Dress))
    )
    nulls: bool = attrs.field(default=False, validator=_true_or_false)
