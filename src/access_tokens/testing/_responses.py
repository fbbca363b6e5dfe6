"""Makes HTTP responses in the same form as Express."""

import hashlib
import html
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from access_tokens.testing._errors import NoRouteError, ServiceError
from access_tokens.testing._settings import Dress

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Error</title>
</head>
<body>
<pre>{text}</pre>
</body>
</html>
"""
_STACK = (
    "    at TokenService.handle (file:///app/dist/service.js:217:19)",
    "    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)",
)
_PAGE_HEADERS = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}


class Json(JSONResponse):
    """A JSON response with a weak ETag."""

    media_type = "application/json; charset=utf-8"

    def __init__(self, content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(content, status, headers)
        self.headers["ETag"] = _etag(bytes(self.body))

    def render(self, content: object) -> bytes:
        # With ASCII escapes, because a lone surrogate is valid in JSON but cannot be encoded in UTF-8.
        return json.dumps(content).encode()


def _etag(body: bytes) -> str:
    digest = b64encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()
    return f'W/"{len(body):x}-{digest[:27]}"'


def if_changed(request: Request, response: Response) -> Response:
    """Return a 304 instead of the response if the caller has it already (RFC 9110, section 13.1.2)."""
    if request.method not in {"GET", "HEAD"} or response.status_code != 200:
        return response
    if "no-cache" in request.headers.get("cache-control", ""):
        return response
    etag = response.headers.get("etag", "").removeprefix("W/")
    known = (each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(","))
    return Response(None, 304, {"ETag": f"W/{etag}"}) if {"*", etag} & {*known} else response


def options(methods: Iterable[str]) -> Response:
    """Make the response to an OPTIONS request: the methods of a path."""
    allowed = ", ".join(sorted(methods))
    headers = {"Allow": allowed, "X-Content-Type-Options": "nosniff", "Content-Type": "text/plain"}
    return Response(allowed, headers=headers)


def phrase(status: int) -> str:
    """Return the reason phrase that Node uses for a status."""
    node = {413: "Payload Too Large", 422: "Unprocessable Entity"}
    return node.get(status) or (HTTPStatus(status).phrase if status in set(HTTPStatus) else str(status))


def of_error(error: ServiceError, dress: Dress, *, documented: bool) -> Response:
    """Make the response for an error."""
    status = (error.documented_status if documented else None) or error.status
    headers = dict(error.headers)
    if dress == "json" or (error.is_json and (dress in {"html", "production"} or error.status == 429)):
        return Json({"error": _error(error)}, status, headers)
    if dress == "text":
        return Json({"error": error.message}, status, headers)
    if dress == "empty":
        return Response(None, status, headers)
    shown = (
        phrase(status) if dress == "production" else "\n".join([f"{error.name}: {error.message}", *_STACK])
    )
    return _page(shown, status, headers)


def of_no_route(error: NoRouteError, dress: Dress) -> Response:
    """Make the response to a request without a route."""
    message = f"Cannot {error.method} {re.sub('%(?![0-9A-Fa-f]{2})', '%25', error.path)}"
    if dress == "text":
        return Json({"error": message}, 404)
    return Response(None, 404) if dress == "empty" else _page(message, 404, {})


def _error(error: ServiceError) -> dict[str, str]:
    parts = {"message": error.message, "code": error.code, "details": error.details}
    return {name: value for name, value in parts.items() if value is not None}


def _page(text: str, status: int, headers: Mapping[str, str]) -> Response:
    shown = html.escape(text).replace("&#x27;", "&#39;").replace("\n", "<br>").replace("  ", " &nbsp;")
    content = _PAGE.format(text=shown).encode(errors="replace")
    return Response(content, status, {**headers, **_PAGE_HEADERS}, "text/html")
