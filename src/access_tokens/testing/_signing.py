"""Signs and verifies JWTs. A refused JWT gets the error code of jose, the reference's JWT library."""

import json
import secrets
from collections.abc import Mapping
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm
from jwt.utils import base64url_decode

from access_tokens.testing import _errors as errors

_ALGORITHM = "EdDSA"
# The prefixes of algorithms for which jose searches a key set. It calls all others unsupported.
_KINDS_OF_KEY = {"Ed", "ES", "ML", "PS", "RS"}


class SigningKey:
    """An Ed25519 key pair with a key id."""

    def __init__(self) -> None:
        self._id = secrets.token_urlsafe(8)
        self._private = Ed25519PrivateKey.generate()

    def public(self) -> dict[str, Any]:
        """Return the public key as a JWK Set (RFC 7517, section 5)."""
        key = OKPAlgorithm.to_jwk(self._private.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": self._id, "alg": _ALGORITHM, "use": "sig"}]}

    def sign(self, claims: Mapping[str, object]) -> str:
        """Return a signed JWT with these claims."""
        return jwt.encode(dict(claims), self._private, _ALGORITHM, headers={"kid": self._id})

    def verify(self, token: str, issuer: str, now: float) -> dict[str, Any]:
        """Check a JWT, and return its claims.

        Raises:
            ServiceError: The JWT is malformed, has another key or issuer, has expired, or is not valid yet.
        """
        self._check_header(_header(token))
        claims = self._claims(token)
        _check_claims(claims, issuer, int(now))
        return claims

    def _check_header(self, header: Mapping[str, object]) -> None:
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or not algorithm:
            raise _refused("ERR_JWS_INVALID")
        if header.get("crit") or algorithm[:2] not in _KINDS_OF_KEY:
            raise _refused("ERR_JOSE_NOT_SUPPORTED")
        if algorithm != _ALGORITHM or header.get("kid", self._id) != self._id:
            raise _refused("ERR_JWKS_NO_MATCHING_KEY")

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            claims: Any = json.loads(jwt.PyJWS().decode(token, self._private.public_key(), [_ALGORITHM]))
        except jwt.InvalidSignatureError as error:
            raise _refused("ERR_JWS_SIGNATURE_VERIFICATION_FAILED") from error
        except jwt.InvalidTokenError as error:
            raise _refused("ERR_JWS_INVALID") from error
        except ValueError as error:
            raise _refused("ERR_JWT_INVALID") from error
        if not isinstance(claims, dict):
            raise _refused("ERR_JWT_INVALID")
        return cast(dict[str, Any], claims)


def _header(token: str) -> dict[str, Any]:
    first, *others = token.split(".")
    try:
        header: Any = json.loads(base64url_decode(first))
    except ValueError as error:
        raise _refused("ERR_JWS_INVALID") from error
    if len(others) != 2 or not isinstance(header, dict):
        raise _refused("ERR_JWS_INVALID")
    return cast(dict[str, Any], header)


def _check_claims(claims: Mapping[str, Any], issuer: str, now: int) -> None:
    times = {name: claims[name] for name in ("iat", "nbf", "exp") if name in claims}
    if claims.get("iss") != issuer or not all(type(each) in {int, float} for each in times.values()):
        raise _refused("ERR_JWT_CLAIM_VALIDATION_FAILED")
    if times.get("nbf", now) > now:
        raise _refused("ERR_JWT_CLAIM_VALIDATION_FAILED")
    if times.get("exp", now + 1) <= now:
        raise _refused("ERR_JWT_EXPIRED")


def _refused(code: str) -> errors.ServiceError:
    return errors.jwt_refused("Invalid JWT", code)
