"""Limits how many tasks may use a connection at the same time (cases 33, 78)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar

import anyio
import httpx
from attrs import define

from .._signals import suppress
from .limits import NO_PLACE


@define(eq=False)
class Place:
    """The right of a task, and of the tasks it starts, to use a connection."""

    limiter: TaskLimiter
    is_held: bool = True


# The places held by this task, and those inherited from the task that started it.
_places: ContextVar[tuple[Place, ...]] = ContextVar("access_tokens.places", default=())


class TaskLimiter:
    """Same as `ThreadLimiter`, for tasks. Tasks that a hook starts share the place of the hook's task."""

    def __init__(self, width: int) -> None:
        self._free = anyio.Semaphore(width)
        self._waiting: set[anyio.CancelScope] = set()

    def held(self) -> Place | None:
        """Return the place that this task already holds, if there is one."""
        return next((each for each in _places.get() if each.limiter is self and each.is_held), None)

    @asynccontextmanager
    async def place(self, seconds: float) -> AsyncGenerator[None, None]:
        """Same as `ThreadLimiter.place`."""
        if self.held():
            yield
            return
        await self._enter(seconds)
        place = Place(self)
        before = _places.set((*_places.get(), place))
        try:
            yield
        finally:
            with suppress(ValueError):  # a garbage-collected task is ended in some other context
                _places.reset(before)
            place.is_held = False
            self._free.release()

    def lift(self) -> None:
        """Wake every task that waits for a place; each raises `httpx.PoolTimeout`."""
        for each in list(self._waiting):
            each.cancel()

    async def _enter(self, seconds: float) -> None:
        with suppress(anyio.WouldBlock):
            return self._free.acquire_nowait()
        with anyio.move_on_after(seconds) as scope:
            self._waiting.add(scope)
            try:
                return await self._free.acquire()
            finally:
                self._waiting.discard(scope)
        raise httpx.PoolTimeout(NO_PLACE)
