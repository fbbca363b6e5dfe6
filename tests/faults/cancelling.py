"""Cancels a call at a suspension of one's choice, in each of the ways in which a task is cancelled."""

import asyncio
import math
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from pathlib import PurePath
from typing import Any, TypeVar, cast

import anyio
from attrs import Factory, define

from .blocking import Call

T = TypeVar("T")


@define(eq=False)
class Cancellation:
    """A cancellation that a call gets when it is suspended for the n-th time.

    Attributes:
        at: At which suspension, counted from 1; those of tasks that the call starts count too.
        again: How many suspensions later it is cancelled once more, if at all.
        count: How often it has been suspended.
        places: Where it was suspended when it was cancelled.
        thrown: Whether a cancellation has been thrown into it.
        is_over: Whether it has ended by itself.
        suspended: Cancels it when it has just been suspended; is told for what it waits.
        resuming: Cancels it when it is about to go on.
    """

    at: int
    again: int = 0
    count: int = 0
    places: list[str] = Factory(list)
    thrown: bool = False
    is_over: bool = False
    suspended: Callable[[Any], Any] | None = None
    resuming: Callable[[], Any] | None = None

    @property
    def is_reached(self) -> bool:
        """Tell whether it was suspended often enough for all that was to be done to it."""
        return self.count >= self.at + self.again

    async def of(self, call: Call) -> None:
        """Make the call, and cancel it when it is due."""
        token = _current.set(self)
        try:
            assert await self.watch(call(), self._note)
            self.is_over = True
            assert not self.thrown, "a cancellation has vanished"
        finally:
            _current.reset(token)

    def _note(self, error: BaseException) -> None:
        # One that comes earlier is done inside, such as when one of two connections is not needed.
        if self.count >= self.at and isinstance(error, anyio.get_cancelled_exc_class()):
            self.thrown = True

    @types.coroutine
    def watch(
        self, coroutine: Coroutine[Any, Any, T], note: Callable[[BaseException], Any] = lambda error: None
    ) -> Generator[Any, Any, T]:
        """Drive a coroutine."""
        resume = partial(coroutine.send, None)
        while True:
            if self.resuming:
                self._cancel_if_due(coroutine, self.resuming)
            try:
                waits_for = resume()
            except StopIteration as end:
                return cast(T, end.value)
            if self.suspended:
                self._cancel_if_due(coroutine, partial(self.suspended, waits_for))
            try:
                resume = partial(coroutine.send, (yield waits_for))
            except BaseException as error:  # noqa: BLE001 - handed on
                note(error)
                resume = partial(coroutine.throw, error)

    def _cancel_if_due(self, coroutine: Coroutine[Any, Any, Any], cancel: Callable[[], Any]) -> None:
        self.count += 1
        if self.count in {self.at, self.at + self.again}:
            self.places.append(_place(coroutine))
            cancel()


_current: ContextVar[Cancellation | None] = ContextVar("_current", default=None)


@contextmanager
def unwatched() -> Iterator[None]:
    """Start tasks that have nothing to do with the call."""
    token = _current.set(None)
    yield
    _current.reset(token)


def watch_tasks() -> None:
    """Watch the tasks that calls start; for asyncio, since on trio they are all left to trio itself."""
    with suppress(RuntimeError):
        asyncio.get_running_loop().set_task_factory(_watched_task)


def _watched_task(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
    current = _current.get()
    return asyncio.Task(_watched(current, coroutine) if current else coroutine, loop=loop, **options)


async def _watched(cancellation: Cancellation, coroutine: Coroutine[Any, Any, T]) -> T:
    return await cancellation.watch(coroutine)


def _place(awaitable: Any) -> str:
    """Name the lines where a coroutine is suspended, as deep as Python tells."""
    places = []
    while awaitable is not None:
        if frame := getattr(awaitable, "cr_frame", None) or getattr(awaitable, "gi_frame", None):
            file = PurePath(frame.f_code.co_filename)
            places.append(f"{file.parent.name}/{file.name}:{frame.f_lineno}")
        awaitable = getattr(awaitable, "cr_await", None) or getattr(awaitable, "gi_yieldfrom", None)
    return " > ".join(places)


# The ways of cancelling


async def by_scope(cancellation: Cancellation, call: Call) -> None:
    """By a scope around it."""
    with anyio.CancelScope() as scope:
        cancellation.suspended = lambda _: scope.cancel()
        await cancellation.of(call)


async def by_scope_as_it_goes_on(cancellation: Cancellation, call: Call) -> None:
    """By a scope around it, when what it waits for has just come; or before it has begun."""
    with anyio.CancelScope() as scope:
        cancellation.resuming = scope.cancel
        await cancellation.of(call)


async def by_move_on_after(cancellation: Cancellation, call: Call) -> None:
    """By the deadline of a scope around it."""
    with anyio.move_on_after(math.inf) as scope:
        cancellation.suspended = lambda _: setattr(scope, "deadline", anyio.current_time())
        await cancellation.of(call)


async def by_asyncio_timeout(cancellation: Cancellation, call: Call) -> None:
    """By `asyncio.timeout`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(None) as timeout:
            now = asyncio.get_running_loop().time
            cancellation.suspended = lambda _: timeout.reschedule(now())
            await cancellation.of(call)


async def by_task(cancellation: Cancellation, call: Call) -> None:
    """By the task that it runs in."""
    task = asyncio.create_task(cancellation.of(call))
    cancellation.suspended = lambda _: task.cancel()
    await asyncio.wait([task])
    assert task.cancelled() is not cancellation.is_over


async def by_task_as_it_goes_on(cancellation: Cancellation, call: Call) -> None:
    """By the task, when what it waits for has just come."""
    task = asyncio.create_task(cancellation.of(call))

    def cancel(waits_for: Any) -> None:
        if asyncio.isfuture(waits_for):
            # The task has yet to ask for it, so that this comes first.
            waits_for.add_done_callback(lambda _: task.cancel())
        else:
            task.cancel()

    cancellation.suspended = cancel
    await asyncio.wait([task])
    assert task.cancelled() is not cancellation.is_over


Way = Callable[[Cancellation, Call], Awaitable[None]]
WAYS: dict[str, tuple[Way, ...]] = {
    "asyncio": (by_scope, by_scope_as_it_goes_on, by_task, by_task_as_it_goes_on),
    "trio": (by_scope, by_scope_as_it_goes_on),
}
TIMEOUTS: dict[str, tuple[Way, ...]] = {
    "asyncio": (by_move_on_after, by_asyncio_timeout),
    "trio": (by_move_on_after,),
}
