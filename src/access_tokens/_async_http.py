"""HTTP for tasks. Same as `SyncHttp`, for one event loop."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

import anyio
import httpx

from ._pool import LIMITS, NO_PLACE, proxy_for, tls, width_of
from ._settings import Settings
from ._steps import Answer
from ._wire import Body, answer_from


class AsyncHttp:
    """The connections of a session in one event loop.

    Args:
        settings: Where the service is.
        borrowed: The caller's own HTTP stack, which is never closed here.
    """

    def __init__(self, settings: Settings, borrowed: httpx.AsyncClient | None) -> None:
        self._settings = settings
        self._borrowed = borrowed
        self._transport: httpx.AsyncHTTPTransport | None = None
        self._gate = anyio.Semaphore(width_of(borrowed, settings), fast_acquire=True)

    @asynccontextmanager
    async def place(self, seconds: float) -> AsyncGenerator[None, None]:
        """Same as `Gate.place`."""
        await self._enter(seconds)
        try:
            yield
        finally:
            self._gate.release()

    async def _enter(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            return await self._gate.acquire()
        raise httpx.PoolTimeout(NO_PLACE)

    async def answer(self, request: httpx.Request, sent_at: float) -> Answer:
        """Same as `SyncHttp.answer`."""
        response = await self._respond(request)
        try:
            return answer_from(response, await self._content(response), sent_at)
        finally:
            await response.aclose()

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        if self._borrowed is not None:
            return await self._borrowed.send(request, stream=True, auth=None, follow_redirects=False)
        return await self._open().handle_async_request(request)

    async def _content(self, response: httpx.Response) -> bytes:
        if response.is_stream_consumed:  # by a hook of the caller's own client
            return response.content
        body = Body(response)
        async for chunk in cast(httpx.AsyncByteStream, response.stream):
            body.add(chunk)
        return body.content()

    def _open(self) -> httpx.AsyncHTTPTransport:
        if self._transport is None:
            proxy = proxy_for(self._settings)
            self._transport = httpx.AsyncHTTPTransport(verify=tls(), limits=LIMITS, proxy=proxy)
        return self._transport

    async def aclose(self) -> None:
        """Same as `SyncHttp.close`; who waits is cancelled by the session."""
        transport, self._transport = self._transport, None
        if transport:
            await transport.aclose()
