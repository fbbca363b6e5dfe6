"""How calls are made: one after another, in tasks, in threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable


def times(count: int, call: Callable[[], object]) -> None:
    """Call so often."""
    for _ in range(count):
        call()


async def times_async(count: int, call: Callable[[], Awaitable[object]]) -> None:
    """Call so often, and wait for each."""
    for _ in range(count):
        await call()


async def at_once(width: int, count: int, call: Callable[[], Awaitable[object]]) -> None:
    """Have so many tasks call so often each."""
    async with asyncio.TaskGroup() as group:
        for _ in range(width):
            group.create_task(times_async(count, call))


def in_threads(width: int, count: int, call: Callable[[], object]) -> None:
    """Have so many threads call so often each."""
    threads = [threading.Thread(target=times, args=(count, call)) for _ in range(width)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
