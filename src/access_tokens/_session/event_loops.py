"""What the async session has in each event loop, and work that is done together in one."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import anyio
from anyio import to_thread
from anyio.lowlevel import RunVar
from attrs import Factory, define

from .._http.async_pool import AsyncPool
from .._signals import suppress
from .base import CleanErrors
from .exchange import PendingExchange

AT_ONCE = 4
# Tells one event loop from another, and keeps none alive.
_loop: RunVar[object] = RunVar("access_tokens.loop")

T = TypeVar("T")


def current_loop() -> object:
    """Return what stands for the event loop that runs."""
    loop = _loop.get(None)
    if loop is None:
        loop = object()
        _loop.set(loop)
    return loop


@define(eq=False)
class LoopState:
    """What belongs to one event loop: neither a connection nor an event can be used from another."""

    pool: AsyncPool
    # Not that of anyio, which others may hold for as long as they like.
    computing: anyio.CapacityLimiter = Factory(lambda: anyio.CapacityLimiter(AT_ONCE))
    closing: anyio.Event = Factory(anyio.Event)
    pending: PendingExchange[anyio.Event] | None = None
    sending: set[anyio.CancelScope] = Factory(set[anyio.CancelScope])

    @contextmanager
    def cancelled_by_closing(self, scope: anyio.CancelScope) -> Generator[None, None, None]:
        """Have `close` cancel a scope meanwhile."""
        self.sending.add(scope)
        try:
            yield
        finally:
            self.sending.discard(scope)

    def close(self) -> None:
        """Wake who waits, and cancel who sends."""
        self.closing.set()
        for scope in list(self.sending):
            scope.cancel()


async def compute(work: Callable[[], T], limiter: anyio.CapacityLimiter) -> T:
    """Do work beside the event loop, or in it where there can be no other thread."""
    if not sys.is_finalizing():  # no thread runs any more then, of which Python 3.11 does not tell
        with suppress(RuntimeError):
            return await to_thread.run_sync(work, limiter=limiter)
    return work()


async def together(works: Sequence[Callable[[], Awaitable[T]]], width: int = AT_ONCE) -> list[T]:
    """Do work, a few at a time, and return what comes of each, in order.

    Args:
        works: What is to be done.
        width: How many there may be at a time, if that is less than usual.

    Raises:
        BaseException: The first that any of them raises, as it is; the others are cancelled.
    """
    results: dict[int, T] = {}
    errors: list[BaseException] = []
    left = iter(enumerate(works))

    async def take_turns() -> None:
        try:
            with CleanErrors():  # trio chains what it gathers
                for place, work in left:
                    results[place] = await work()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001 - it is raised below, outside of any group
            errors.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for _ in works[: min(AT_ONCE, width)]:
            group.start_soon(take_turns)
    if errors:
        raise errors[0]
    return [results[place] for place in range(len(works))]
