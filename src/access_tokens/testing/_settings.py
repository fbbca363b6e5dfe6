"""What can be set on a service."""

from typing import Literal, get_args

import attrs

Dress = Literal["json", "html", "production", "text", "empty"]


def _without_slash(path: str) -> str:
    return path.rstrip("/")


@attrs.define(kw_only=True, eq=False, repr=False, slots=False)
class Settings:
    """The options of a service, as the docstring of `Service` describes them."""

    auth_path: str = attrs.field(default="/auth", converter=_without_slash, on_setattr=attrs.setters.frozen)
    admin_path: str = attrs.field(default="/admin", converter=_without_slash, on_setattr=attrs.setters.frozen)
    prefix: str = "pat_"
    issuer: str = "access-tokens-local"
    lifetime: int = 3600
    rate_limit: tuple[int, float] | None = None
    bootstrap: bool = True
    empty: bool = False
    documented: bool = False
    errors: Dress = attrs.field(default="json", validator=attrs.validators.in_(get_args(Dress)))
    nulls: bool = False
