"""The JWT as the caller gets it, to send it with any HTTP library, and the claims in it."""

from __future__ import annotations

import json
import math
from base64 import urlsafe_b64decode
from typing import Any, cast

from attrs import field, frozen

from ._secret import Masked, mask

# The exceptions that decoding a text that is no JWT may raise.
_NO_JWT = (ValueError, RecursionError, MemoryError)


@frozen(kw_only=True)
class Claims:
    """What the service says in a JWT about its bearer (RFC 7519, section 4.1).

    It was read without verifying the signature: good to show, not to decide who may do what. A claim that is
    missing or of the wrong type is None, False or ().

    Attributes:
        token_id: The id of the token whose PAT was exchanged; the claim `sub`.
        owner: The owner of the token.
        is_admin: Whether the JWT may be used to manage tokens; the claim `admin`.
        roles: The names of the token's roles.
        issuer: Who issued the JWT; the claim `iss`.
        issued_at: When the JWT was issued, in Unix seconds by the service's clock; the claim `iat`.
        expires_at: When the JWT expires, in Unix seconds by the service's clock; the claim `exp`.
        id: The id of the JWT; the claim `jti`.
    """

    token_id: str | None = None
    owner: str | None = None
    is_admin: bool = False
    roles: tuple[str, ...] = ()
    issuer: str | None = None
    issued_at: int | None = None
    expires_at: int | None = None
    id: str | None = None


@frozen(eq=False)
class Bearer(Masked):
    """A JWT for another API, as `client.bearer()` returns it.

    Attributes:
        access_token: The JWT. Not shown in the repr.
        expires_at: When the JWT expires, in Unix seconds by this machine's clock.
    """

    access_token: str = field(repr=mask)
    expires_at: int

    @property
    def header(self) -> str:
        """The value of the header `Authorization`, "Bearer " and the JWT (RFC 6750, section 2.1).

        Example:
            headers = {"Authorization": client.bearer().header}
        """
        return f"Bearer {self.access_token}"

    @property
    def claims(self) -> Claims | None:
        """What the JWT says, not verified; None if the token is no JWT.

        Example:
            if claims := client.bearer().claims:
                print(claims.owner, claims.roles)
        """
        return claims_of(self.access_token)


def claims_of(token: str) -> Claims | None:
    """Read the claims of a JWT without verifying it; None if the text is no JWT."""
    payload = _payload(token)
    if payload is None:
        return None
    return Claims(
        token_id=_text(payload.get("sub")),
        owner=_text(payload.get("owner")),
        is_admin=payload.get("admin") is True,
        roles=_texts(payload.get("roles")),
        issuer=_text(payload.get("iss")),
        issued_at=_seconds(payload.get("iat")),
        expires_at=_seconds(payload.get("exp")),
        id=_text(payload.get("jti")),
    )


def _payload(token: str) -> dict[str, Any] | None:
    """Return the middle part of a token in the compact form (RFC 7515, section 7.1), if it is one."""
    try:
        _header, payload, _signature = token.split(".")
        found: Any = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except _NO_JWT:
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(values: Any) -> tuple[str, ...]:
    listed = cast("list[object]", values) if isinstance(values, list) else []
    return tuple(each for each in listed if isinstance(each, str))


def _seconds(value: Any) -> int | None:
    is_number = type(value) is int or (isinstance(value, float) and math.isfinite(value))
    return int(value) if is_number else None
