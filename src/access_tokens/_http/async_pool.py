"""Sends requests for asyncio and trio tasks. Same as `sync_pool`, for one event loop (case 50)."""

from __future__ import annotations

from functools import partial
from typing import cast

import httpx

from .._flow.bounds import Bounds
from .._flow.steps import Answer
from .._settings import Settings
from .._signals import pass_on
from .async_connection import AsyncTransport
from .async_idle import AsyncIdleConnections
from .async_limiter import TaskLimiter
from .body import Body, body_read_before
from .late_refusal import Send, send_or_tell_refusal
from .limits import max_connections
from .loop_end import LoopEnd
from .private_names import drop_surplus, proxy_of
from .proxy import check_let_through, go_through, proxy_for
from .request import Progress, answer_from
from .tls import Tls


class AsyncPool:
    """The connections of a session in one event loop.

    Args:
        settings: The settings of the client.
        borrowed: The caller's own httpx client to send through, which is never closed here.
    """

    def __init__(self, settings: Settings, borrowed: httpx.AsyncClient | None) -> None:
        self._settings = settings
        self._borrowed = borrowed
        self._idle = AsyncIdleConnections()
        self._loop_end = LoopEnd(self._idle)
        self._tls = Tls(settings)
        self.width = max_connections(borrowed, settings)
        self.limiter = TaskLimiter(self.width)

    async def answer(self, request: httpx.Request, progress: Progress) -> Answer:
        """Same as `SyncPool.answer`."""
        if self._borrowed is not None:
            return await self._answer_by(self._borrowed, request, progress)
        transport = await self._take()
        transport.network.progress = progress
        go_through(transport.proxy, self._settings.base, progress)
        send: Send = transport.handle_async_request
        if transport.may_connect:  # over a used one the service has answered, so it has accepted it
            send = partial(send_or_tell_refusal, send)
        try:
            answer = await self._answer(send, request, progress)
        except BaseException:
            # The connection may be in any state, above all after a cancellation.
            await self._idle.drop(transport)
            raise
        await self._put_back(transport)
        return answer

    async def _answer_by(
        self, borrowed: httpx.AsyncClient, request: httpx.Request, progress: Progress
    ) -> Answer:
        progress.has_begun = True  # unknown for the caller's client, so assume the worst
        progress.proxy = proxy_of(borrowed, request.url)
        send = partial(borrowed.send, stream=True, auth=None, follow_redirects=False)
        return await self._answer(partial(send_or_tell_refusal, send), request, progress)

    async def _answer(
        self,
        send: Send,
        request: httpx.Request,
        progress: Progress,
    ) -> Answer:
        bounds: Bounds = request.extensions["bounds"]
        response = await send(request)
        progress.headers = response.headers
        try:
            content = await self._content(response, bounds.size)
            answer = answer_from(response, content, progress, request.extensions)
            check_let_through(answer, self._settings.base, progress)
            return answer
        finally:
            await response.aclose()

    async def _content(self, response: httpx.Response, limit: int) -> bytes:
        if response.is_stream_consumed:
            return body_read_before(response, limit)
        body = Body(response, limit)
        try:
            async for chunk in cast(httpx.AsyncByteStream, response.stream):
                body.add(chunk)
                if body.has_trouble:
                    await self._hang_up(response)
        except httpx.TransportError as error:
            pass_on(error)
            if not body.has_trouble:
                raise
        if self._borrowed is not None:
            drop_surplus(self._borrowed, response)
        return body.content()

    async def _hang_up(self, response: httpx.Response) -> None:
        """Close the connection, so that the next read fails and ends the async generators of httpx.

        trio warns about async generators that are left unfinished.
        """
        if stream := response.extensions.get("network_stream"):
            await stream.aclose()

    async def _take(self) -> AsyncTransport:
        while outdated := self._idle.outdated():
            await self._idle.drop(outdated)
        if transport := self._idle.last():
            self._idle.remove(transport)
            if transport.is_usable:
                return transport
            await self._idle.drop(transport)
        return self._new()

    def _new(self) -> AsyncTransport:
        return AsyncTransport(self._settings.base, self._tls.context(), proxy_for(self._settings))

    async def _put_back(self, transport: AsyncTransport) -> None:
        # Surplus bytes would be taken for the next response.
        if self._idle.is_closed or transport.has_surplus:
            await self._idle.drop(transport)
        else:
            self._idle.put(transport)

    @property
    def is_over(self) -> bool:
        """Whether the pool was closed, or its event loop has ended."""
        return self._idle.is_closed or self._loop_end.is_closed

    async def aclose(self) -> None:
        """Same as `SyncPool.close`, but requests under way are cancelled by the session, not here."""
        self.limiter.lift()
        await self._loop_end.close()
