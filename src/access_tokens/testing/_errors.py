"""The errors of the local service, with the statuses and messages of the reference service."""

import json
from collections.abc import Mapping, Sequence

import attrs

# The error names of Express by status. An error page shows the name before the message.
_NAMES = {
    400: "BadRequestError",
    401: "UnauthorizedError",
    403: "ForbiddenError",
    413: "PayloadTooLargeError",
    415: "UnsupportedMediaTypeError",
}

Issue = Mapping[str, object]
"""An issue of zod, the reference's validation library: its code, message, path and the violated rule."""


@attrs.define(eq=False)
class ServiceError(ValueError):
    """A request that the service refuses or fails to carry out.

    Attributes:
        message: The reason, for people.
        status: The status of the reference service's answer.
        documented_status: The status that its documentation promises, if different.
        code: The reason, for programs.
        details: More about the error.
        name: The class of the error in the reference service, shown on an error page.
        is_json: Whether the reference's middleware answers itself, in JSON even without an error handler.
        headers: Further headers of the answer.
    """

    message: str
    status: int
    documented_status: int | None = None
    code: str | None = None
    details: str | None = None
    name: str = attrs.field(
        default=attrs.Factory(lambda self: _NAMES.get(self.status, "Error"), takes_self=True)
    )
    is_json: bool = False
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])

    def __str__(self) -> str:
        return f"{self.message} ({self.code})" if self.code else self.message


@attrs.define(eq=False)
class NoRouteError(Exception):
    """There is no route for a method and a path."""

    method: str
    path: str


def unknown_token(token_id: str) -> ServiceError:
    """Make the error for an id that no token has."""
    return ServiceError(f"Token not found: {token_id}", 500, documented_status=404)


def duplicate_token(token_id: str) -> ServiceError:
    """Make the error for a new id that is taken."""
    return ServiceError(f"Token ID already exists: {token_id}", 500, documented_status=409)


def unstorable_record(issues: Sequence[Issue]) -> ServiceError:
    """Make the error for a new record that the store refuses."""
    message = f"Cannot store invalid token record: {json.dumps(issues, indent=2)}"
    return ServiceError(message, 500, documented_status=400)


def unloadable_record(token_id: str, issues: Sequence[Issue]) -> ServiceError:
    """Make the error for exchanging a PAT whose record has become invalid by a change."""
    message = f"Cannot load invalid record for token {token_id}: {json.dumps(issues, indent=2)}"
    return ServiceError(message, 500)


def invalid_phc(reason: str) -> ServiceError:
    """Make the error for an update with a hash that no secret can be compared with."""
    return ServiceError(f"Invalid secret PHC string: {reason}", 500, documented_status=400)


def store_failure(message: str) -> ServiceError:
    """Make the error for a key or a number that the database of the reference service refuses."""
    return ServiceError(message, 500, name="ValidationException")


def invalid_request(message: str, details: str | None = None) -> ServiceError:
    """Make the error for a request that breaks a rule of the API."""
    return ServiceError(message, 400, details=details)


def unreadable_body(message: str, name: str = "SyntaxError") -> ServiceError:
    """Make the error for a body that does not match its headers."""
    return ServiceError(message, 400, name=name)


def unauthorized(message: str) -> ServiceError:
    """Make the error for a credential that the exchange refuses."""
    return ServiceError(message, 401)


def jwt_refused(message: str, code: str | None = None) -> ServiceError:
    """Make the error for a JWT that is missing or refused."""
    return ServiceError(message, 401, code=code, is_json=True)


def forbidden() -> ServiceError:
    """Make the error for a JWT that is not an administrator's."""
    return ServiceError("Admin access required", 403, is_json=True)
