"""Finds the handler for a request, like Express: ignores the case of the path and one trailing slash."""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

import attrs
from starlette.requests import Request
from starlette.responses import Response

from access_tokens.testing import _errors as errors
from access_tokens.testing import _responses as responses
from access_tokens.testing._errors import NoRouteError


@attrs.frozen
class Call:
    """A request for a handler.

    Attributes:
        request: The request.
        body: The parsed JSON body; None if there is no body, or one of another type.
        token_id: The token id in the path, decoded.
    """

    request: Request
    body: object
    token_id: str = ""


Handler = Callable[[Call], Awaitable[Response]]


@attrs.frozen
class _Route:
    methods: frozenset[str]
    pattern: re.Pattern[str]
    handler: Handler

    def token_id(self, path: str) -> str | None:
        """Return the token id in a path ("" for a route without one), or None if the path does not match."""
        match = self.pattern.fullmatch(path)
        return None if match is None else _decoded(match.groupdict().get("token_id", ""))


def _decoded(segment: str) -> str:
    # unquote() ignores a percent sign without two hexadecimal digits, so replace it by something invalid.
    whole = "%ff" if re.search("%(?![0-9A-Fa-f]{2})", segment) else segment
    try:
        return unquote(whole, errors="strict")
    except ValueError as error:
        raise errors.unreadable_body(f"Failed to decode param '{segment}'", "URIError") from error


class Router:
    """A list of routes, which are tried in order."""

    def __init__(self) -> None:
        self._routes: list[_Route] = []

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Add a route. `:id` in the path matches any segment."""
        methods = frozenset({"GET", "HEAD"} if method == "GET" else {method})
        pattern = re.escape(path).replace(":id", "(?P<token_id>[^/]+)") + "/?"
        self._routes.append(_Route(methods, re.compile(pattern, re.IGNORECASE | re.ASCII), handler))

    async def handle(self, request: Request, body: object) -> Response:
        """Call the handler of the first route that matches the request.

        Raises:
            NoRouteError: No route matches.
            ServiceError: The path cannot be decoded.
        """
        others: set[str] = set()
        for route in self._routes:
            token_id = route.token_id(request.url.path)
            if token_id is not None and request.method in route.methods:
                return await route.handler(Call(request, body, token_id))
            others |= route.methods if token_id is not None else set()
        if request.method == "OPTIONS" and others:
            return responses.options(others)
        raise NoRouteError(request.method, request.url.path)
