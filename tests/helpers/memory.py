"""A service in memory, for tests that make thousands of calls: the transport of a caller's own HTTP stack."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from attrs import define, field

from access_tokens import AccessTokensClient, AsyncAccessTokensClient

from .fault_server import EXCHANGE, RECORD

ENDPOINT = "http://127.0.0.1"
Play = Callable[[httpx.Request], httpx.Response]


@define(eq=False)
class Memory:
    """Answers in the thread that asks.

    Attributes:
        exchanges: How many exchanges there have been.
        calls: How many other requests.
        refused: JWTs up to this number are answered 401.
        before: Is called with each request before anything else.
    """

    exchanges: int = 0
    calls: int = 0
    refused: int = 0
    before: Callable[[httpx.Request], Any] = field(default=lambda request: None)
    _plays: dict[str, deque[Play]] = field(factory=lambda: defaultdict(deque))
    _lock: Any = field(factory=threading.Lock)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.before(request)
        play = self._counted(request.url.path)
        if play:
            return play(request)
        return self._exchanged() if request.url.path == EXCHANGE else self._answered(request)

    def play(self, path: str, *plays: Play) -> None:
        """Do this with the next requests for a path, one each."""
        self._plays[path].extend(plays)

    def rotate(self) -> None:
        """Refuse every JWT in circulation."""
        with self._lock:
            self.refused = self.exchanges

    @contextmanager
    def client(self, **options: Any) -> Iterator[AccessTokensClient]:
        """A client of this service."""
        with self.http() as http, AccessTokensClient(ENDPOINT, "pat_x", http_client=http, **options) as made:
            yield made

    def http(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self))

    def async_client(self, **options: Any) -> AsyncAccessTokensClient:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return AsyncAccessTokensClient(ENDPOINT, "pat_x", http_client=http, **options)

    def _counted(self, path: str) -> Play | None:
        with self._lock:
            if path == EXCHANGE:
                self.exchanges += 1
            else:
                self.calls += 1
            return self._plays[path].popleft() if self._plays[path] else None

    def _exchanged(self) -> httpx.Response:
        jwt = f"jwt-{self.exchanges}"
        return httpx.Response(200, json={"access_token": jwt, "token_type": "Bearer", "expires_in": 3600})

    def _answered(self, request: httpx.Request) -> httpx.Response:
        number = int(request.headers["authorization"].removeprefix("Bearer jwt-"))
        if number <= self.refused:
            return httpx.Response(401)
        return httpx.Response(200, json={"records": [RECORD]})
