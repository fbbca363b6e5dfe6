"""An event loop that ends leaves nothing behind of a client that goes on (case 94)."""

import asyncio
import gc
import logging
import ssl
import sys
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from itertools import product
from typing import Any

import anyio
import pytest
import trio

from access_tokens import AsyncAccessTokensClient

from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer, Peer
from ..helpers.footprint import Quarters, quiet
from ..helpers.threads import until

Main = Callable[[], Awaitable[Any]]


async def of(main: Main) -> Any:
    return await main()


def run_again(main: Main) -> None:
    """Two runs, of which the second meets what the first has left."""
    with asyncio.Runner() as runner:
        runner.run(of(main))
        runner.run(of(main))


def without_generators(main: Main) -> None:
    """What many programs do without `asyncio.run`: the loop does not tell of its end."""
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.run_until_complete(main())
    loop.close()


def by_hand(main: Main) -> None:
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


LOOPS: dict[str, Callable[[Main], Any]] = {
    "asyncio.run": lambda main: asyncio.run(of(main)),
    "in debug mode": lambda main: asyncio.run(of(main), debug=True),
    "asyncio.Runner": run_again,
    "run_until_complete": without_generators,
    "shutdown_asyncgens": by_hand,
    "trio.run": trio.run,
    "anyio.run": lambda main: anyio.run(main, backend="trio"),
}
PAIRS = list(product(["asyncio.run", "run_until_complete", "trio.run"], LOOPS))
without_tls_too = pytest.mark.parametrize("service", ["http", "https"], indirect=True)
each_loop = pytest.mark.parametrize("run", LOOPS.values(), ids=LOOPS)

pytestmark = [pytest.mark.fault(94), pytest.mark.untraced]


@pytest.fixture
def service(request: pytest.FixtureRequest, context: ssl.SSLContext, trusted: None) -> Iterator[FaultServer]:
    with FaultServer(None if getattr(request, "param", "") == "http" else context) as running:
        yield running


@pytest.fixture(autouse=True)
def _nothing_is_left(
    service: FaultServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """No warning, no error of a finalizer, no line in the log of asyncio or trio, no connection."""
    unraisable = list[Any]()
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()
    messages = [str(each.message) for each in caught]
    # asyncio says so of generators of httpcore as well, when a call is made while it ends others.
    assert [each for each in messages if "was scheduled after loop.shutdown_asyncgens()" not in each] == []
    assert unraisable == []
    told = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert [each for each in told if not each.startswith("Executing <")] == []  # what was slow
    until(lambda: not service._open)


async def use(client: AsyncAccessTokensClient) -> None:
    """Make calls that need several connections."""
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(client.list)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_loops_end_one_after_another(service, first, second):
    client = AsyncAccessTokensClient(service.endpoint, "pat_x")
    for name in (first, second, first):
        LOOPS[name](lambda: use(client))
    assert len(client._session._places) == service.count(EXCHANGE) == 1


@each_loop
def test_the_client_is_closed_in_a_later_loop(service, run):
    for last in ("asyncio.run", "trio.run"):
        client = AsyncAccessTokensClient(service.endpoint, "pat_x")
        run(lambda client=client: use(client))
        LOOPS[last](client.aclose)


@without_tls_too
@each_loop
@pytest.mark.parametrize("when", ["at once", "later", "after the loop"])
def test_the_client_is_collected(service, run, when):
    async def main() -> None:
        client = AsyncAccessTokensClient(service.endpoint, "pat_x")
        await use(client)
        circle: list[Any] = [client]
        if when != "at once":
            circle.append(circle)
        del client, circle
        if when == "later":
            gc.collect()
            await anyio.lowlevel.checkpoint()

    run(main)


@without_tls_too
@each_loop
def test_calls_are_cancelled_as_the_loop_ends(service, run):
    client = AsyncAccessTokensClient(service.endpoint, "pat_x")
    service.always(TOKENS, Peer.stall)

    async def main() -> None:
        await client.authenticate()
        before = service.count(TOKENS)
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(use, client)
                await anyio.to_thread.run_sync(until, lambda: service.count(TOKENS) == before + 3)
                scope.cancel()

    run(main)
    until(lambda: not service._open)


def test_asyncio_cancels_the_tasks_that_are_left(service):
    client = AsyncAccessTokensClient(service.endpoint, "pat_x")
    service.always(TOKENS, Peer.stall)

    async def main() -> set[asyncio.Task[None]]:
        tasks = {asyncio.create_task(use(client))}
        await asyncio.to_thread(until, lambda: service.count(TOKENS) == 3)
        return tasks

    assert all(task.cancelled() for task in asyncio.run(main()))
    until(lambda: not service._open)


@each_loop
def test_a_generator_that_the_loop_ends_may_still_call(service, run):
    client = AsyncAccessTokensClient(service.endpoint, "pat_x")
    listed = list[Any]()

    async def generate() -> Any:
        try:
            yield await client.list()
        finally:
            with anyio.CancelScope(shield=True):
                listed.append(await client.list())

    async def main() -> None:
        generators.append(generate())
        await anext(generators[-1])

    generators = list[Any]()
    run(main)
    for each in generators[len(listed) :]:  # of a loop that has not ended them
        with suppress(StopIteration):
            asyncio.run(of(each.aclose))
    assert listed


def test_two_loops_take_turns(service):
    """Each keeps its connections."""
    client = AsyncAccessTokensClient(service.endpoint, "pat_x")
    loops = [asyncio.new_event_loop() for _ in range(2)]
    for loop in loops * 3:
        loop.run_until_complete(client.list())
    assert service.connections == 2
    for loop in loops:
        loop.close()


def test_the_client_is_collected_by_another_thread(service):
    for run in (asyncio.run, lambda main: trio.run(lambda: main)):
        left = [AsyncAccessTokensClient(service.endpoint, "pat_x")]

        async def main(left: list[AsyncAccessTokensClient] = left) -> None:
            await use(left[0])
            await anyio.to_thread.run_sync(left.clear)

        run(main())


@pytest.mark.parametrize("service", ["http"], indirect=True)
@pytest.mark.parametrize("name", ["asyncio.run", "run_until_complete", "trio.run"])
def test_hundreds_of_loops_leave_nothing(service, name):
    client = AsyncAccessTokensClient(service.endpoint, "pat_x")
    with quiet():
        gc.freeze()
        quarters = Quarters(400, service, stay=name == "run_until_complete")  # until the next is noticed
        for _ in quarters:
            LOOPS[name](client.list)
            service.requests.clear()
    quarters.assert_flat()
