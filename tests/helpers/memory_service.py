"""A service in memory, behind the caller's own HTTP client."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from attrs import define, field

from access_tokens import AccessTokensClient, AsyncAccessTokensClient

from .fault_server import RECORD

ENDPOINT = "http://127.0.0.1"
ANSWERS: dict[str, tuple[int, Any]] = {
    "POST token": (200, {"access_token": "the.own.jwt", "token_type": "Bearer", "expires_in": 3600}),
    "POST tokens": (201, {"token": "pat_new", "record": RECORD}),
    "POST batch": (200, {"found": [], "notFound": []}),
    "GET tokens": (200, {"records": [RECORD]}),
}
__all__ = ["ENDPOINT", "RECORD", "MemoryService", "Page", "right_answer"]
Play = Callable[[httpx.Request], httpx.Response]
Page = Callable[[httpx.QueryParams], list[dict[str, Any]]]


def right_answer(request: httpx.Request) -> httpx.Response:
    """Return what a healthy service answers to anything."""
    last = request.url.path.rpartition("/")[2]
    is_register = request.method == "PUT" and last not in {"revoke", "restore"}
    status, body = ANSWERS.get(
        f"{request.method} {last}", (200, {"record": RECORD}) if is_register else (204, None)
    )
    return httpx.Response(status, json=body) if body is not None else httpx.Response(status)


@define(eq=False)
class MemoryService:
    """Answers in the thread that asks. Its JWTs are numbered, `jwt-1` first.

    Attributes:
        page: Gives the records of one page, for the parameters of its request; the right ones by default.
        remembers: Whether it keeps the requests, exchanges among them.
        exchanges: How many exchanges there have been.
        calls: How many other requests.
        refused: JWTs up to this number are answered 401.
        before: Is called with each request before anything else.
    """

    page: Page | None = None
    remembers: bool = True
    requests: list[httpx.Request] = field(factory=list)
    exchanges: int = 0
    calls: int = 0
    refused: int = 0
    before: Callable[[httpx.Request], Any] = field(default=lambda request: None)
    _plays: dict[str, deque[Play]] = field(factory=lambda: defaultdict(deque))
    _lock: Any = field(factory=threading.Lock)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.remembers:
            self.requests.append(request)
        self.before(request)
        if play := self._counted(request.url.path):
            return play(request)
        return self.exchanged() if self._is_exchange(request.url.path) else self._answered(request)

    def play(self, path: str, *plays: Play) -> None:
        """Do this with the next requests for a path, one each."""
        self._plays[path].extend(plays)

    def rotate(self) -> None:
        """Refuse every JWT in circulation."""
        with self._lock:
            self.refused = self.exchanges

    def http_client(self, variant: str = "sync", **options: Any) -> Any:
        """Return an HTTP client of a variant, which needs not be closed."""
        kind = httpx.Client if variant == "sync" else httpx.AsyncClient
        return kind(transport=httpx.MockTransport(self), **options)

    def http(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self))

    @contextmanager
    def client(self, **options: Any) -> Iterator[AccessTokensClient]:
        """A client of this service."""
        with self.http() as http, AccessTokensClient(ENDPOINT, "pat_x", http_client=http, **options) as made:
            yield made

    def async_client(self, **options: Any) -> AsyncAccessTokensClient:
        return AsyncAccessTokensClient(ENDPOINT, "pat_x", http_client=self.http_client("asyncio"), **options)

    def exchanged(self) -> httpx.Response:
        """Answer an exchange."""
        jwt = f"jwt-{self.exchanges}"
        return httpx.Response(200, json={"access_token": jwt, "token_type": "Bearer", "expires_in": 3600})

    def _counted(self, path: str) -> Play | None:
        with self._lock:
            if self._is_exchange(path):
                self.exchanges += 1
            else:
                self.calls += 1
            return self._plays[path].popleft() if self._plays[path] else None

    def _is_exchange(self, path: str) -> bool:
        return path.endswith("/token")

    def _answered(self, request: httpx.Request) -> httpx.Response:
        number = request.headers["authorization"].removeprefix("Bearer jwt-")
        if self.refused and int(number) <= self.refused:
            return httpx.Response(401)
        if self.page and request.method == "GET":
            return httpx.Response(200, json={"records": self.page(request.url.params)})
        return right_answer(request)
