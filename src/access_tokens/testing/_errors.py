"""What goes wrong in the service, and how it looks on the wire."""

import html
import json
from collections.abc import Mapping
from http import HTTPStatus

import attrs
from starlette.responses import JSONResponse, Response

from access_tokens.testing._settings import Dress

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Error</title>
</head>
<body>
<pre>Error: {lines}</pre>
</body>
</html>
"""
_STACK = (
    "    at TokenService.handle (file:///app/dist/service.js:217:19)",
    "    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)",
)


@attrs.define(eq=False)
class ServiceError(ValueError):
    """A request that is not granted.

    Attributes:
        message: The reason, for a person.
        status: The status that the reference service answers with.
        documented_status: The status that its documentation promises, where that is another.
        code: The reason, for a program.
        details: More about it.
        headers: Further headers of the answer.
    """

    message: str
    status: int
    documented_status: int | None = None
    code: str | None = None
    details: str | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])

    def __str__(self) -> str:
        return f"{self.message} ({self.code})" if self.code else self.message


def unknown_token(token_id: str) -> ServiceError:
    """No token has this id."""
    return ServiceError(f"Token not found: {token_id}", 500, documented_status=404)


def duplicate_token(token_id: str) -> ServiceError:
    """The id is taken."""
    return ServiceError(f"Token ID already exists: {token_id}", 500, documented_status=409)


def refused_value(reason: str) -> ServiceError:
    """The store does not take a value."""
    return ServiceError(f"Invalid value: {reason}", 500, documented_status=400)


def invalid_request(message: str, details: str | None = None) -> ServiceError:
    """The request breaks a rule of the API."""
    return ServiceError(message, 400, details=details)


def unauthorized(message: str, code: str | None = None) -> ServiceError:
    """The credential is missing or refused."""
    return ServiceError(message, 401, code=code)


class Json(JSONResponse):
    """JSON as the reference service sends it."""

    media_type = "application/json; charset=utf-8"

    def render(self, content: object) -> bytes:
        # Escaped, because half of a surrogate pair is valid in JSON and impossible in UTF-8.
        return json.dumps(content).encode()


def rate_limited(seconds: int) -> Response:
    """Make the response of a rate limiter, which has a body of its own, whatever other errors look like."""
    return Json({"error": "Too many requests, try again later"}, 429, {"Retry-After": str(seconds)})


def answer(error: ServiceError, dress: Dress, *, documented: bool) -> Response:
    """Make the response to a request that is not granted."""
    status = (error.documented_status if documented else None) or error.status
    headers = dict(error.headers)
    match dress:
        case "json":
            return Json({"error": _error(error)}, status, headers)
        case "text":
            return Json({"error": error.message}, status, headers)
        case "html":
            return Response(_page(error.message), status, headers, "text/html")
        case "empty":
            return Response(None, status, headers)


def phrase(status: int) -> str:
    """Give the reason phrase of a status (RFC 9110, section 15)."""
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else str(status)


def _error(error: ServiceError) -> dict[str, str]:
    parts = {"message": error.message, "code": error.code, "details": error.details}
    return {name: value for name, value in parts.items() if value is not None}


def _page(message: str) -> bytes:
    text = html.escape("\n".join([message, *_STACK]))
    lines = text.replace("\n", "<br>").replace("  ", " &nbsp;")
    return _PAGE.format(lines=lines).encode(errors="replace")
