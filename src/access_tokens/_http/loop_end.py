"""Closes the connections of an event loop when that ends, be its client closed or not.

asyncio and trio tell of their end in one way only: while they still run, they close the async generators that
were begun in them (PEP 525; `loop.shutdown_asyncgens`, which `asyncio.run` calls).
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncGenerator
from typing import Any

from .._signals import suppress
from .async_idle import AsyncIdleConnections
from .private_names import in_trio


class LoopEnd:
    """Waits for the end of the event loop that runs.

    Args:
        idle: The connections that are closed then. So they are when nobody refers to this any more.
    """

    def __init__(self, idle: AsyncIdleConnections) -> None:
        self._loop = _asyncio_loop()
        self._idle = idle
        self._generator = _closing_at_the_end(idle)
        # Begins it without a step of the loop. One that has ended its generators already warns.
        with suppress(StopIteration, ResourceWarning):
            self._generator.__anext__().send(None)
        # What it refers to outlives this: trio warns of a generator that is collected before its end.
        idle.when_closed = weakref.finalize(self, _let_go, idle, self._generator).detach

    @property
    def is_closed(self) -> bool:
        """Whether the loop is closed, as some are that have not ended their generators."""
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
    if not getattr(generator, "ag_running", False):  # as it is when the loop ends meanwhile
        await generator.aclose()


def _let_go(idle: AsyncIdleConnections, generator: AsyncGenerator[None, None]) -> None:
    """Close what nobody has closed, in any thread, in a loop or not."""
    idle.sever()
    with suppress(StopIteration):
        _close(idle, generator).send(None)  # without connections, there is nothing to wait for


def _asyncio_loop() -> Any:
    """Return the event loop that runs, or None where it is trio's, which never ends without a word."""
    if in_trio():
        return None
    import asyncio  # it runs, and so it is there

    return asyncio.get_running_loop()
