"""What goes wrong in the service."""

import json
from collections.abc import Mapping, Sequence

import attrs

# Express's names for the errors that have a status of their own; a page shows them before the message.
_NAMES = {
    400: "BadRequestError",
    401: "UnauthorizedError",
    403: "ForbiddenError",
    413: "PayloadTooLargeError",
    415: "UnsupportedMediaTypeError",
}

Issue = Mapping[str, object]
"""What zod finds fault with: its code, message, path and the rule."""


@attrs.define(eq=False)
class ServiceError(ValueError):
    """A request that is not granted.

    Attributes:
        message: The reason, for a person.
        status: The status that the reference service answers with.
        documented_status: The status that its documentation promises, where that is another.
        code: The reason, for a program.
        details: More about it.
        name: The class of the error, which a page shows.
        is_json: Whether the middleware answers it itself, so that it is JSON whatever other errors look like.
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
    """No route is there for a method and a path."""

    method: str
    path: str


def unknown_token(token_id: str) -> ServiceError:
    """No token has this id."""
    return ServiceError(f"Token not found: {token_id}", 500, documented_status=404)


def duplicate_token(token_id: str) -> ServiceError:
    """The id is taken."""
    return ServiceError(f"Token ID already exists: {token_id}", 500, documented_status=409)


def unstorable_record(issues: Sequence[Issue]) -> ServiceError:
    """The store refuses a new record."""
    message = f"Cannot store invalid token record: {json.dumps(issues, indent=2)}"
    return ServiceError(message, 500, documented_status=400)


def unloadable_record(token_id: str, issues: Sequence[Issue]) -> ServiceError:
    """The record of a PAT is one that the store would have refused, had it looked."""
    message = f"Cannot load invalid record for token {token_id}: {json.dumps(issues, indent=2)}"
    return ServiceError(message, 500)


def invalid_phc(reason: str) -> ServiceError:
    """A change of the secret is none that a secret could be compared with."""
    return ServiceError(f"Invalid secret PHC string: {reason}", 500, documented_status=400)


def store_failure(message: str) -> ServiceError:
    """The table itself refuses a key or a number."""
    return ServiceError(message, 500, name="ValidationException")


def invalid_request(message: str, details: str | None = None) -> ServiceError:
    """The request breaks a rule of the API."""
    return ServiceError(message, 400, details=details)


def unreadable_body(message: str, name: str = "SyntaxError") -> ServiceError:
    """The body is not what its headers say."""
    return ServiceError(message, 400, name=name)


def unauthorized(message: str) -> ServiceError:
    """The credential at the exchange is refused."""
    return ServiceError(message, 401)


def jwt_refused(message: str, code: str | None = None) -> ServiceError:
    """The JWT is missing or refused."""
    return ServiceError(message, 401, code=code, is_json=True)


def forbidden() -> ServiceError:
    """The JWT is not an administrator's."""
    return ServiceError("Admin access required", 403, is_json=True)
