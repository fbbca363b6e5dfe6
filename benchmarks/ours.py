"""This library as a contender, and the work that is measured in both of its forms: with and without msgspec.

It knows no peer, so that a process with the other form imports nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from access_tokens import AccessTokensClient, AsyncAccessTokensClient

from .loops import times
from .measure import Work
from .stage import Stage

PAT = "benchmark.pat"
OWNER = "owner@example.com"
PAGE = 1_000


class Ours:
    """This library, over connections of its own."""

    def __init__(self, base: str) -> None:
        self.client = AccessTokensClient(base, PAT)

    def page(self, limit: int) -> Any:
        return self.client.list(limit=limit)

    def issue(self) -> Any:
        return self.client.issue(OWNER)

    def close(self) -> None:
        self.client.close()


class AsyncOurs:
    """Same as `Ours`, for tasks."""

    def __init__(self, base: str) -> None:
        self.client = AsyncAccessTokensClient(base, PAT)

    async def page(self, limit: int) -> Any:
        return await self.client.list(limit=limit)

    async def issue(self) -> Any:
        return await self.client.issue(OWNER)

    async def aclose(self) -> None:
        await self.client.aclose()


def ids(count: int) -> list[str]:
    """Return so many ids, as the service has them."""
    return [f"{number:021}" for number in range(count)]


def pages(stage: Stage, limit: int, count: int) -> Work:
    """Get a page of so many records, so often."""
    (ours,) = stage.open(limit, Ours)
    return lambda: times(count, lambda: ours.page(limit))


def walk(stage: Stage, total: int, count: int) -> Work:
    """Walk over so many tokens, so often."""
    (ours,) = stage.open(total, Ours)

    def once() -> None:
        assert sum(1 for _ in ours.client.iter_tokens(include_expired=True, page_size=PAGE)) == total

    return lambda: times(count, once)


def batch(stage: Stage, size: int, count: int) -> Work:
    """Load so many records by their ids, so often."""
    (ours,), wanted = stage.open(100, Ours), ids(size)
    return lambda: times(count, lambda: ours.client.batch_load(wanted))


def batch_async(stage: Stage, size: int) -> Work:
    """Same as `batch`, once, for tasks."""
    (ours,), wanted = stage.open_async(100, AsyncOurs), ids(size)
    return lambda: stage.run(lambda: ours.client.batch_load(wanted))


WORKS: dict[str, Callable[..., Work]] = {
    "pages": pages,
    "walk": walk,
    "batch": batch,
    "batch_async": batch_async,
}
