"""The credentials that a request presents (RFC 6750, RFC 7617)."""

import re
from base64 import b64decode

from starlette.requests import Request

from access_tokens.testing import _errors as errors
from access_tokens.testing import _schemas as schemas

_AUTHORIZATION = re.compile(r"(bearer|basic) +([0-9A-Za-z._~+/=-]+)", re.IGNORECASE)


def jwt(request: Request) -> str:
    """Read the JWT."""
    scheme, credentials = _authorization(request)
    if scheme != "bearer":
        raise _missing()
    return credentials


def pat(request: Request, form: schemas.ClientCredentials | None) -> str:
    """Read the PAT: from the header if there is one, and else from the body."""
    if "authorization" not in request.headers and form is not None:
        return form["client_secret"]
    scheme, credentials = _authorization(request)
    return _password(credentials) if scheme == "basic" else credentials


def _authorization(request: Request) -> tuple[str, str]:
    match = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if match is None:
        raise _missing()
    return match[1].lower(), match[2]


def _password(credentials: str) -> str:
    try:
        _, colon, password = b64decode(credentials, validate=True).decode().partition(":")
    except ValueError as error:
        raise _missing() from error
    if not colon:
        raise _missing()
    return password


def _missing() -> errors.ServiceError:
    return errors.unauthorized("Missing or invalid Authorization header")
