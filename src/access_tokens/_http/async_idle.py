"""The connections of an event loop that nobody uses."""

from __future__ import annotations

from collections.abc import Callable

import anyio

from .async_connection import AsyncTransport
from .limits import IdleConnections


class AsyncIdleConnections(IdleConnections[AsyncTransport]):
    """Same as `IdleConnections`, for one event loop.

    Attributes:
        is_closed: Whether no more are kept.
        when_closed: Is called when all are closed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_closed = False
        self.when_closed: Callable[[], object] = lambda: None

    async def drop(self, transport: AsyncTransport) -> None:
        """Close a connection."""
        self.remove(transport)
        with anyio.CancelScope(shield=True):
            await transport.aclose()

    async def close(self) -> None:
        """Close all, and keep no more."""
        self.is_closed = True
        try:
            while idle := self.last():
                await self.drop(idle)
        except BaseException:
            await self.close()  # the others as well
            raise
        self.when_closed()

    def sever(self) -> None:
        """Close all without their event loop, which may be over."""
        while idle := self.last():
            self.remove(idle)
            idle.network.sever()
