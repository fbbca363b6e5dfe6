"""The JWTs of the service."""

import secrets
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_tokens.testing import _errors as errors

_ALGORITHM = "EdDSA"


class SigningKey:
    """A key pair with an id."""

    def __init__(self) -> None:
        self._id = secrets.token_urlsafe(8)
        self._private = Ed25519PrivateKey.generate()

    def sign(self, claims: Mapping[str, object]) -> str:
        """Make a JWT."""
        return jwt.encode(dict(claims), self._private, _ALGORITHM, headers={"kid": self._id})

    def verify(self, token: str, now: float) -> dict[str, object]:
        """Check a JWT and answer its claims.

        Raises:
            ServiceError: The JWT is malformed, of another key, or expired.
        """
        try:
            claims = self._decode(token)
        except jwt.InvalidTokenError as error:
            raise _refused("ERR_JWS_INVALID") from error
        if claims["exp"] <= now:
            raise _refused("ERR_JWT_EXPIRED")
        return claims

    def _decode(self, token: str) -> dict[str, Any]:
        if jwt.get_unverified_header(token).get("kid") != self._id:
            raise _refused("ERR_JWKS_NO_MATCHING_KEY")
        return jwt.decode(
            token,
            self._private.public_key(),
            [_ALGORITHM],
            # PyJWT would judge the times by the real clock, and the service has its own.
            {"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )


def _refused(code: str) -> errors.ServiceError:
    return errors.unauthorized("Invalid JWT", code)
