"""The idle connections of one event loop (cases 35, 94)."""

from __future__ import annotations

from collections.abc import Callable

import anyio

from .async_connection import AsyncTransport
from .limits import IdleConnections


class AsyncIdleConnections(IdleConnections[AsyncTransport]):
    """Same as `IdleConnections`, for one event loop.

    Attributes:
        is_closed: Whether `close` was called, after which no connection is kept.
        when_closed: Called once all connections are closed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_closed = False
        self.when_closed: Callable[[], object] = lambda: None

    async def drop(self, transport: AsyncTransport) -> None:
        """Remove a connection and close it."""
        self.remove(transport)
        with anyio.CancelScope(shield=True):
            await transport.aclose()

    async def close(self) -> None:
        """Close all idle connections, and keep none from now on."""
        self.is_closed = True
        try:
            while idle := self.last():
                await self.drop(idle)
        except BaseException:
            await self.close()  # close the remaining connections as well
            raise
        self.when_closed()

    def sever(self) -> None:
        """Close all idle connections without their event loop, which may have ended."""
        while idle := self.last():
            self.remove(idle)
            idle.network.sever()
