"""Many clients and many calls, after which nothing is left (case 37)."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest
from anyio.lowlevel import checkpoint

from access_tokens import (
    AccessTokensClient,
    AccessTokensError,
    AsyncAccessTokensClient,
    RetryPolicy,
)

from ..helpers.callers import in_tasks, result_of, run
from ..helpers.fault_server import TOKENS, Peer
from ..helpers.footprint import Quarters, descriptors, quiet
from ..helpers.memory import ENDPOINT, Memory
from ..helpers.plays import refuse
from ..helpers.threads import Task, until

pytestmark = pytest.mark.fault(37)
on_both = pytest.mark.parametrize("backend", ["asyncio", "trio"])
ONCE = RetryPolicy(retries=0)


@pytest.fixture(autouse=True)
def _nothing_else() -> Iterator[None]:
    """Logs are not listened to, and what there was before is not looked at."""
    with quiet():
        gc.freeze()
        yield
        gc.unfreeze()


@pytest.fixture
def memory() -> Memory:
    return Memory()


class TestThreads:
    def test_ten_thousand_cycles_of_which_a_thousand_with_a_call(self, memory):
        quarters = Quarters(10_000)
        with memory.http() as http:
            for number in quarters:
                with AccessTokensClient(ENDPOINT, "pat_x", http_client=http) as client:
                    assert number % 10 or client.list()
        quarters.assert_flat()
        assert memory.exchanges == 1000

    def test_cycles_over_sockets(self, server):
        quarters = Quarters(200, server)
        for _ in quarters:
            with AccessTokensClient(server.endpoint, "pat_x") as client:
                client.list()
            server.requests.clear()
        quarters.assert_flat()

    def test_twenty_thousand_calls(self, memory):
        quarters = Quarters(20_000)
        with memory.client() as client:
            for _ in quarters:
                client.list()
        quarters.assert_flat()

    def test_calls_over_sockets(self, server):
        quarters = Quarters(1000)
        with AccessTokensClient(server.endpoint, "pat_x") as client:
            for _ in quarters:
                client.list()
                server.requests.clear()
        quarters.assert_flat()

    @pytest.mark.parametrize("name", ["503", "401", "closed", "shape"])
    def test_calls_that_fail(self, server, name):
        plays = {
            "503": refuse(503),
            "401": refuse(401),
            "closed": Peer.close,
            "shape": lambda peer: peer.send(b"nonsense\r\n\r\n"),
        }
        server.always(TOKENS, plays[name])
        quarters = Quarters(240, server, stay=1)
        with AccessTokensClient(server.endpoint, "pat_x", retry=ONCE) as client:
            for _ in quarters:
                assert isinstance(result_of(client.list), AccessTokensError)
                server.requests.clear()
        quarters.assert_flat()

    def test_answers_that_are_large(self, memory):
        """Counted by the byte, since large ones are not counted by the block."""
        large = b'{"records": []}' + b" " * 100_000
        memory.play(TOKENS, *[lambda request: httpx.Response(200, content=large)] * 200)
        tracemalloc.start()
        with memory.client() as client:
            assert all(client.list() == [] for _ in range(100))
            before = tracemalloc.get_traced_memory()[0]
            assert all(client.list() == [] for _ in range(100))
            gc.collect()
            assert tracemalloc.get_traced_memory()[0] < before + len(large)
        tracemalloc.stop()

    def test_closing_needs_no_garbage_collector(self, server):
        server.play(TOKENS, *[Peer.answer, Peer.close, refuse(503)] * 10)
        gc.collect()
        gc.disable()
        try:
            before = len(descriptors())
            for _ in range(30):
                with AccessTokensClient(server.endpoint, "pat_x", retry=ONCE) as client:
                    result_of(client.list)
            until(lambda: not server._open)
            assert len(descriptors()) <= before
        finally:
            gc.enable()

    def test_walks_that_are_left_early(self, memory):
        quarters = Quarters(400)
        with memory.client() as client:
            for _ in quarters:
                assert next(client.iter_tokens(page_size=1))
        quarters.assert_flat()

    def test_threads_that_come_and_go(self, memory):
        quarters = Quarters(400)
        with memory.client() as client:
            for _ in quarters:
                assert Task(client.list).outcome()
        quarters.assert_flat()

    @pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
    def test_clients_that_nobody_closes(self, server):
        """They hold on to nothing once they are gone."""
        quarters = Quarters(200, server)
        for _ in quarters:
            assert AccessTokensClient(server.endpoint, "pat_x").list()
            server.requests.clear()
        quarters.assert_flat()

    def test_other_apis_that_refuse_the_jwt(self, memory):
        quarters = Quarters(400)
        with memory.client() as client:
            client._session.now = lambda: 0.0
            refusing = httpx.MockTransport(lambda request: httpx.Response(401))
            with httpx.Client(auth=client.auth, transport=refusing) as http:
                for number in quarters:
                    client._session.now = lambda now=100.0 * number: now
                    http.get(f"https://{number}.example")
        quarters.assert_flat()


@asynccontextmanager
async def client_over(memory: Memory) -> AsyncIterator[AsyncAccessTokensClient]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(memory)) as http:
        yield AsyncAccessTokensClient(ENDPOINT, "pat_x", http_client=http)


@on_both
class TestTasks:
    def test_ten_thousand_cycles_of_which_a_thousand_with_a_call(self, memory, backend):
        async def main() -> None:
            transport = httpx.MockTransport(memory)
            async with httpx.AsyncClient(transport=transport) as http:
                quarters = Quarters(10_000)
                for number in quarters:
                    async with AsyncAccessTokensClient(ENDPOINT, "pat_x", http_client=http) as client:
                        assert number % 10 or await client.list()
                    await checkpoint()
                quarters.assert_flat()

        anyio.run(main, backend=backend)
        assert memory.exchanges == 1000

    def test_two_thousand_calls(self, memory, backend):
        async def main() -> None:
            quarters = Quarters(2000)
            async with client_over(memory) as client:
                for _ in quarters:
                    await client.list()
                    await checkpoint()
            quarters.assert_flat()

        anyio.run(main, backend=backend)

    def test_tasks_that_come_and_go(self, memory, backend):
        async def main() -> None:
            quarters = Quarters(100)
            async with client_over(memory) as client:
                for _ in quarters:
                    async with anyio.create_task_group() as group:
                        for _ in range(10):
                            group.start_soon(client.list)
            quarters.assert_flat()

        anyio.run(main, backend=backend)


@in_tasks
class TestTasksOverSockets:
    def test_cycles_over_sockets(self, server, variant):
        async def main() -> None:
            await anyio.to_thread.run_sync(bool)  # starts the thread that will wait
            quarters = Quarters(200, server)
            for _ in quarters:
                async with AsyncAccessTokensClient(server.endpoint, "pat_x") as client:
                    await client.list()
                await anyio.to_thread.run_sync(until, lambda: not server._open)
                server.requests.clear()
            quarters.assert_flat()

        run(variant, main)

    def test_calls_that_are_cancelled(self, server, variant):
        server.always(TOKENS, Peer.stall)

        async def main() -> None:
            await anyio.to_thread.run_sync(bool)  # starts the thread that will wait
            quarters = Quarters(200, server)
            async with AsyncAccessTokensClient(server.endpoint, "pat_x") as client:
                await client.authenticate()
                for _ in quarters:
                    async with anyio.create_task_group() as group:
                        group.start_soon(client.list)
                        await anyio.to_thread.run_sync(until, lambda: server.count(TOKENS))
                        group.cancel_scope.cancel()
                    server.requests.clear()
                    await anyio.to_thread.run_sync(until, lambda: not server._open)
            quarters.assert_flat()

        run(variant, main)


@on_both
def test_event_loops_that_come_and_go(memory, backend):
    client = memory.async_client()
    quarters = Quarters(240)
    for _ in quarters:
        assert anyio.run(client.list, backend=backend)
    quarters.assert_flat()
