"""Async work that is done together, within a bound."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

from ._leaving import Surface

AT_ONCE = 4

T = TypeVar("T")


async def together(works: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Do work, a few at a time, and return what comes of each, in order.

    Raises:
        Exception: The first that any of them raises, as it is; the others are cancelled.
    """
    results: dict[int, T] = {}
    errors: list[Exception] = []
    left = iter(enumerate(works))

    async def take_turns() -> None:
        try:
            with Surface():  # trio chains what it gathers
                for place, work in left:
                    results[place] = await work()
        except Exception as error:  # noqa: BLE001 - it is raised below, outside of any group
            errors.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for _ in works[:AT_ONCE]:
            group.start_soon(take_turns)
    if errors:
        raise errors[0]
    return [results[place] for place in range(len(works))]
