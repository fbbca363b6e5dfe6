"""Reads the credentials of a request (RFC 6750, RFC 7617).

As in the reference service, the names of the schemes are case-sensitive.
"""

from starlette.requests import Request

from access_tokens.testing import _errors as errors
from access_tokens.testing import _javascript as javascript
from access_tokens.testing import _schemas as schemas

_MISSING = "Missing credentials: provide client_secret, Basic auth, or Bearer token"


def jwt(request: Request) -> str:
    """Return the JWT of a request.

    Raises:
        ServiceError: The request has no bearer token.
    """
    bearer = _after("Bearer ", request)
    if bearer is None:
        raise errors.jwt_refused("Missing or invalid Authorization header")
    return bearer


def pat(request: Request, form: schemas.ClientCredentials) -> str:
    """Return the PAT of a request. A `client_secret` in the body has precedence over the header.

    Raises:
        ServiceError: The request has no PAT.
    """
    if secret := form.get("client_secret"):
        return secret
    basic = _after("Basic ", request)
    found = _after("Bearer ", request) if basic is None else _password(basic)
    if found is None:
        raise errors.invalid_request(_MISSING)
    return found


def _after(scheme: str, request: Request) -> str | None:
    header = request.headers.get("authorization", "")
    return header.removeprefix(scheme).strip() if header.startswith(scheme) else None


def _password(credentials: str) -> str:
    _, colon, password = javascript.from_base64(credentials).decode(errors="replace").partition(":")
    if not colon:
        raise errors.unauthorized("Invalid Basic authentication format")
    return password
