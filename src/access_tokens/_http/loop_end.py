"""Closes the connections of an event loop when the loop ends, even if the client was not closed (case 94).

asyncio and trio announce their end in one way only: while the event loop still runs, they close the async
generators that were started in it (PEP 525; `loop.shutdown_asyncgens`, which `asyncio.run` calls).
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncGenerator
from typing import Any

from .._signals import suppress
from .async_idle import AsyncIdleConnections
from .private_names import in_trio


class LoopEnd:
    """Waits for the end of the running event loop.

    Args:
        idle: The connections to close at the end of the loop, or when this object is garbage-collected.
    """

    def __init__(self, idle: AsyncIdleConnections) -> None:
        self._loop = _asyncio_loop()
        self._idle = idle
        self._generator = _closing_at_the_end(idle)
        # Start the generator without awaiting. A loop that has already closed its generators warns.
        with suppress(StopIteration, ResourceWarning):
            self._generator.__anext__().send(None)
        # The finalizer keeps the generator alive: trio warns if it is collected before it has ended.
        idle.when_closed = weakref.finalize(self, _let_go, idle, self._generator).detach

    @property
    def is_closed(self) -> bool:
        """Whether the loop is closed. Some loops are closed without closing their async generators."""
        return self._loop is not None and self._loop.is_closed()

    async def close(self) -> None:
        """Close the connections now."""
        await _close(self._idle, self._generator)


async def _closing_at_the_end(idle: AsyncIdleConnections) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await idle.close()


async def _close(idle: AsyncIdleConnections, generator: AsyncGenerator[None, None]) -> None:
    await idle.close()
    if not getattr(generator, "ag_running", False):  # True while the ending loop is closing the generator
        await generator.aclose()


def _let_go(idle: AsyncIdleConnections, generator: AsyncGenerator[None, None]) -> None:
    """Close the connections and the generator. May be called in any thread, with or without a loop."""
    idle.sever()
    with suppress(StopIteration):
        _close(idle, generator).send(None)  # ends at once, since there are no more connections to close


def _asyncio_loop() -> Any:
    """Return the running asyncio loop, or None under trio, which always closes its generators."""
    if in_trio():
        return None
    import asyncio  # already imported by whoever runs the loop

    return asyncio.get_running_loop()
