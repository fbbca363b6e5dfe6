"""The state that the async session keeps for each event loop, and helpers for concurrent work in a loop."""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from contextvars import copy_context
from typing import Any, TypeVar

import anyio
from anyio import from_thread, to_thread
from anyio.lowlevel import RunVar, current_token
from attrs import Factory, define

from .._http.async_pool import AsyncPool
from .._signals import is_from_handler
from .base import CleanErrors
from .exchange import PendingExchange
from .time_limit import outcome_of

AT_ONCE = 4
# A RunVar has a value for each event loop, and keeps no loop alive.
_loop: RunVar[object] = RunVar("access_tokens.loop")

T = TypeVar("T")


def current_loop() -> object:
    """Return an object that identifies the running event loop."""
    loop = _loop.get(None)
    if loop is None:
        loop = object()
        _loop.set(loop)
    return loop


@define(eq=False, repr=False)
class LoopState:
    """The state for one event loop, since connections and events cannot be used from another loop."""

    pool: AsyncPool
    # Not anyio's default limiter, which other code in the same loop may use up for any time.
    computing: anyio.CapacityLimiter = Factory(lambda: anyio.CapacityLimiter(AT_ONCE))
    closing: anyio.Event = Factory(anyio.Event)
    pending: PendingExchange[anyio.Event] | None = None
    sending: set[anyio.CancelScope] = Factory(set[anyio.CancelScope])

    @contextmanager
    def cancelled_by_closing(self, scope: anyio.CancelScope) -> Generator[None, None, None]:
        """Let `close` cancel the scope during the `with` block."""
        self.sending.add(scope)
        try:
            yield
        finally:
            self.sending.discard(scope)

    def close(self) -> None:
        """Wake the tasks that wait before a retry, and cancel those that are sending a request."""
        self.closing.set()
        for scope in list(self.sending):
            scope.cancel()


async def compute(work: Callable[[], T], limiter: anyio.CapacityLimiter) -> T:
    """Run a function in a worker thread, or in this thread if no other can be started."""
    has_begun = False

    def begin() -> T:
        nonlocal has_begun
        has_begun = True
        return work()

    if not sys.is_finalizing():  # Python 3.11 then starts threads that never run, without an error
        try:
            return await to_thread.run_sync(begin, limiter=limiter)
        except RuntimeError as error:
            if has_begun or is_from_handler(error):
                raise
    return work()


async def ask(function: Callable[[], Any]) -> Any:
    """Call a function of the caller's, and await what it returns. One that is not async may block."""
    if inspect.iscoroutinefunction(function):
        return await function()
    answer = await _in_a_thread(function)
    return await answer if inspect.isawaitable(answer) else answer


async def _in_a_thread(function: Callable[[], Any]) -> Any:
    """Call a function in a thread of its own, which keeps nobody waiting, not even the end of the process.

    Not in a worker thread of anyio: on asyncio, the process would not end before the function does.
    """
    done, token = anyio.Event(), current_token()
    outcome = list[Callable[[], Any]]()

    def begin() -> None:
        outcome.append(outcome_of(function))
        with suppress(anyio.RunFinishedError):  # the event loop has ended meanwhile
            from_thread.run_sync(done.set, token=token)

    context = copy_context()
    thread = threading.Thread(target=context.run, args=(begin,), daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no more threads can be started
        return function()
    await done.wait()
    return outcome[0]()


async def together(works: Sequence[Callable[[], Awaitable[T]]], width: int = AT_ONCE) -> list[T]:
    """Await several functions, a few at a time, and return their results in order.

    Args:
        works: The functions.
        width: How many may run at the same time, if fewer than `AT_ONCE`.

    Raises:
        BaseException: The first exception that a function raises, not in a group. The others are cancelled.
    """
    results: dict[int, T] = {}
    errors: list[BaseException] = []
    left = iter(enumerate(works))

    async def take_turns() -> None:
        try:
            with CleanErrors():  # trio chains the exceptions of its tasks
                for place, work in left:
                    results[place] = await work()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001 - raised below, outside of the task group
            errors.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for _ in works[: min(AT_ONCE, width)]:
            group.start_soon(take_turns)
    if errors:
        raise errors[0]
    return [results[place] for place in range(len(works))]
