"""Calls that are told for tasks, made by threads: what is awaited blocks instead."""

import inspect
from collections.abc import Callable, Coroutine
from typing import Any

from attrs import frozen

Call = Callable[[], Coroutine[Any, Any, Any]]


@frozen
class Awaitable:
    """An object of threads with the methods of one of tasks, which block all the same."""

    wrapped: Any

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.wrapped, "close" if name == "aclose" else name)

        async def call(*args: Any, **options: Any) -> Any:
            return member(*args, **options)

        return call if inspect.ismethod(member) else member


def driven(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that waits for nothing but by blocking, and return what it returns."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a thread cannot await")


def in_thread(call: Call) -> Callable[[], Any]:
    """Return a call as a thread makes it."""
    return lambda: driven(call())
