"""A service without a network, behind the caller's own HTTP stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from attrs import define, field

JWT = {"access_token": "the.own.jwt", "token_type": "Bearer", "expires_in": 3600}
RECORD = {"tokenId": "A" * 21, "owner": "x", "isAdmin": False, "createdAt": 1}
ANSWERS: dict[str, tuple[int, Any]] = {
    "POST token": (200, JWT),
    "POST tokens": (201, {"token": "pat_new", "record": RECORD}),
    "POST batch": (200, {"found": [], "notFound": []}),
    "GET tokens": (200, {"records": [RECORD]}),
}

Page = Callable[[httpx.QueryParams], list[dict[str, Any]]]


def right_answer(request: httpx.Request) -> httpx.Response:
    """Return what a healthy service answers to anything."""
    last = request.url.path.rpartition("/")[2]
    is_register = request.method == "PUT" and last not in {"revoke", "restore"}
    status, body = ANSWERS.get(
        f"{request.method} {last}", (200, {"record": RECORD}) if is_register else (204, None)
    )
    return httpx.Response(status, json=body) if body is not None else httpx.Response(status)


@define
class Canned:
    """Remembers what it was asked.

    Attributes:
        page: Gives the records of one page, for the parameters of its request; the right ones by default.
        requests: What has been sent, exchanges among it.
    """

    page: Page | None = None
    requests: list[httpx.Request] = field(factory=list)

    def http_client(self, variant: str, **options: Any) -> Any:
        """Return an HTTP stack of a variant, which needs not be closed."""
        kind = httpx.Client if variant == "sync" else httpx.AsyncClient
        return kind(transport=httpx.MockTransport(self._respond), **options)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.page and request.method == "GET":
            return httpx.Response(200, json={"records": self.page(request.url.params)})
        return right_answer(request)
