"""Async work that is done together, within a bound."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

from ._leaving import Surface

AT_ONCE = 4

T = TypeVar("T")


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
            with Surface():  # trio chains what it gathers
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
