"""A client of each variant, and a service in memory that answers whatever a test likes."""

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from attrs import Factory, define, frozen

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, RetryPolicy

from .callers import AsyncCaller, Clock, SyncCaller

ENDPOINT = "https://api.example.com/base"
PAT = "pat_An6ladUCmSoDfciDaYDE9.q83v+SNFZ4mrze8BI0VniavN7wEjRWeJq83vASNF/4k="
JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
PHC = "$scrypt$ln=14,r=8,p=1$q83vASNFZ4mrze8BI0VniQ$q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k"
ID = "A" * 21
ONCE = RetryPolicy(retries=0)

Answer = Callable[[httpx.Request], httpx.Response]


@define
class Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body as it comes off the wire, where `httpx.Response(content=...)` would be one that was read."""

    chunks: tuple[bytes, ...]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk


@frozen
class Canned:
    """An answer of raw bytes, as a server may send it; or what the transport raises instead."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    reason: bytes = b""
    error: Exception | None = None

    def response(self) -> httpx.Response:
        if self.error is not None:
            raise self.error
        return httpx.Response(
            self.status,
            headers=self.headers,
            stream=Stream((self.body,)),
            extensions={"reason_phrase": self.reason},
        )


def canned_json(body: Any, status: int = 200) -> Canned:
    """Make an answer of JSON, lone surrogates and numbers without end included."""
    return Canned(status, json.dumps(body).encode(), ((b"content-type", b"application/json"),))


def exchanged(jwt: str = JWT) -> Canned:
    """Make the answer to an exchange."""
    return canned_json({"access_token": jwt, "token_type": "Bearer", "expires_in": 3600})


def is_exchange(request: httpx.Request) -> bool:
    return request.method == "POST" and request.url.path.endswith("/token")


def answers(*calls: Canned, exchange: Canned | None = None) -> Answer:
    """Answer exchanges alike, and calls one after the other, the last again and again."""
    left = list(calls)

    def answer(request: httpx.Request) -> httpx.Response:
        if is_exchange(request):
            return (exchange or exchanged()).response()
        return (left.pop(0) if len(left) > 1 else left[0]).response()

    return answer


@define
class World:
    """Makes clients of one variant, which talk to a function instead of a network.

    Attributes:
        requests: What the function was asked since the last client was made.
    """

    portal: BlockingPortal | None = None
    requests: list[httpx.Request] = Factory(list)

    def client(self, answer: Answer, endpoint: str = ENDPOINT, pat: str = PAT, **options: Any) -> Any:
        self.requests.clear()
        transport = httpx.MockTransport(lambda request: self._answered(request, answer))
        clock = Clock()
        if self.portal is None:
            client = AccessTokensClient(
                endpoint, pat, http_client=httpx.Client(transport=transport), **options
            )
            client._session.now, client._session._sleep = clock.now, clock.wait  # type: ignore[method-assign]
            return SyncCaller(client, clock)
        other = httpx.AsyncClient(transport=transport)
        async_client = AsyncAccessTokensClient(endpoint, pat, http_client=other, **options)
        async_client._session.now = clock.now
        async_client._session._sleep = clock.wait_async  # type: ignore[method-assign]
        return AsyncCaller(async_client, clock, self.portal)

    def _answered(self, request: httpx.Request, answer: Answer) -> httpx.Response:
        self.requests.append(request)
        return answer(request)

    @property
    def calls(self) -> list[httpx.Request]:
        """The requests that were no exchange."""
        return [request for request in self.requests if not is_exchange(request)]


@contextmanager
def world_of(variant: str) -> Iterator[World]:
    """Make a world of a variant; the tasks of one share an event loop."""
    if variant == "sync":
        yield World()
        return
    with start_blocking_portal(variant) as portal:
        yield World(portal)


class Listener(logging.Handler):
    """Collects what is logged, as text."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {vars(record)} {self.format(record)}")


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """Collect the log of all that runs, at its most talkative."""
    root, listener = logging.getLogger(), Listener()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        yield listener.lines
    finally:
        root.setLevel(level)
        root.removeHandler(listener)
