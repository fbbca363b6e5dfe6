"""One way to call a client, whatever its variant, so that a behaviour is stated once and runs on all."""

import inspect
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar, cast

import anyio
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from attrs import define, evolve, field

from access_tokens import AccessTokensClient, AsyncAccessTokensClient
from access_tokens.testing import LocalService

from .threads import until

T = TypeVar("T")

# The event loops that the async client runs in.
ASYNC = ("asyncio", "trio")
VARIANTS = ("sync", *ASYNC)
in_tasks = pytest.mark.parametrize("variant", ASYNC)


def run(variant: str, main: Callable[..., Awaitable[T]], *args: Any) -> T:
    """Run something in an event loop of an async variant."""
    return anyio.run(main, *args, backend=variant)


@define
class Clock:
    """A clock that stands still until somebody waits."""

    time: float = 1000.0
    waits: list[float] = field(factory=list)
    meanwhile: Callable[[], object] = lambda: None  # what else happens while somebody waits

    def now(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += seconds

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds
        self.meanwhile()

    async def wait_async(self, seconds: float) -> None:
        self.wait(seconds)


class _Viewed:
    """With another client of the same clock."""

    client: Any

    def with_options(self, **options: Any) -> Any:
        return evolve(cast(Any, self), client=self.client.with_options(**options))


@define
class SyncCaller(_Viewed):
    client: AccessTokensClient
    clock: Clock

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.client, name)
        if name == "iter_tokens":
            return lambda **options: list(member(**options))
        return member

    def at_once(self, count: int, call: Callable[[Any], Any]) -> list[Any]:
        """Make the same call in many threads that start together, and return the results and errors."""
        results: list[Any] = []
        start = threading.Barrier(count)

        def run() -> None:
            start.wait()
            results.append(result_of(lambda: call(self.client)))

        threads = [threading.Thread(target=run) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results


@define
class AsyncCaller(_Viewed):
    client: AsyncAccessTokensClient
    clock: Clock
    portal: BlockingPortal

    def __getattr__(self, name: str) -> Any:
        if name == "iter_tokens":
            return lambda **options: self.portal.call(self._collect, options)
        member = getattr(self.client, {"close": "aclose"}.get(name, name))
        return self._blocking(member) if inspect.ismethod(member) else member

    def _blocking(self, method: Callable[..., Any]) -> Callable[..., Any]:
        async def call(args: Any, options: Any) -> Any:
            return await method(*args, **options)

        return lambda *args, **options: self.portal.call(call, args, options)

    async def _collect(self, options: dict[str, Any]) -> list[Any]:
        return [record async for record in self.client.iter_tokens(**options)]

    def at_once(self, count: int, call: Callable[[Any], Any]) -> list[Any]:
        """Make the same call in many tasks, and return the results and errors."""
        return self.portal.call(self._gather, count, call)

    async def _gather(self, count: int, call: Callable[[Any], Any]) -> list[Any]:
        results: list[Any] = []

        async def run() -> None:
            try:
                results.append(await call(self.client))
            except Exception as error:  # noqa: BLE001 - the test looks at it
                results.append(error)

        async with anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(run)
        return results


def listing(caller: Any, is_over: threading.Event) -> Callable[[Any], Any]:
    """Return a call that lists tokens again and again until it is told to stop, in a thread or a task."""

    def in_thread(client: AccessTokensClient) -> None:
        while not is_over.is_set():
            client.list(limit=1)

    async def in_task(client: AsyncAccessTokensClient) -> None:
        while not is_over.is_set():
            await client.list(limit=1)

    return in_thread if isinstance(caller, SyncCaller) else in_task


def until_more(service: LocalService) -> None:
    """Wait for so many requests that each of 20 busy callers has had its turn."""
    count = len(service.requests) + 40
    until(lambda: len(service.requests) >= count)


def result_of(call: Callable[[], Any]) -> Any:
    """Return what a call returns or raises."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return error


@contextmanager
def caller(variant: str, endpoint: str, api_key: str, **options: Any) -> Iterator[Any]:
    """Make a client of a variant, whose waits move a clock of its own instead of taking time."""
    clock = Clock()
    with ExitStack() as stack:
        if variant == "sync":
            client = stack.enter_context(AccessTokensClient(endpoint, api_key, **options))
            client._session.now, client._session._sleep = clock.now, clock.wait  # type: ignore[method-assign]
            yield SyncCaller(client, clock)
            return
        portal = stack.enter_context(start_blocking_portal(variant))
        async_client = AsyncAccessTokensClient(endpoint, api_key, **options)
        async_client._session.now = clock.now
        async_client._session._sleep = clock.wait_async  # type: ignore[method-assign]
        stack.enter_context(portal.wrap_async_context_manager(async_client))
        yield AsyncCaller(async_client, clock, portal)
