"""Tasks that are cancelled inside a call, or inside the exchange for which others wait."""

import asyncio
from typing import Any

import anyio
import pytest

from access_tokens import AsyncAccessTokensClient, RetryPolicy

from ..helpers.callers import in_tasks, run
from ..helpers.fault_server import EXCHANGE, FaultServer, Peer
from ..helpers.threads import until


async def reached(server: FaultServer, path: str) -> None:
    """Wait until the server has had a request for a path."""
    await anyio.to_thread.run_sync(until, lambda: server.count(path))


@pytest.mark.fault(32)
@in_tasks
def test_who_leads_an_exchange_hands_over(server, variant):
    server.play(EXCHANGE, Peer.stall)

    async def main() -> None:
        results = list[Any]()
        leader = anyio.CancelScope()

        async def lead() -> None:
            with leader:
                await client.list()

        async def follow() -> None:
            results.append(await client.list())

        client = AsyncAccessTokensClient(server.endpoint, "pat_x")
        async with client, anyio.create_task_group() as group:
            group.start_soon(lead)
            await reached(server, EXCHANGE)
            for _ in range(5):
                group.start_soon(follow)
            await anyio.wait_all_tasks_blocked()
            leader.cancel()
        assert [len(each) for each in results] == [1] * 5

    run(variant, main)
    assert server.count(EXCHANGE) == 2


@pytest.mark.fault(32)
def test_who_leads_an_exchange_hands_over_when_asyncio_itself_cancels_it(server):
    """With no scope of anyio's around it."""
    server.play(EXCHANGE, Peer.stall)

    async def main() -> None:
        async with AsyncAccessTokensClient(server.endpoint, "pat_x", retry=RetryPolicy(retries=0)) as client:
            leader = asyncio.create_task(client.list())
            await reached(server, EXCHANGE)
            waiters = [asyncio.create_task(client.list()) for _ in range(5)]
            await asyncio.sleep(0)
            leader.cancel()
            assert [len(each) for each in await asyncio.gather(*waiters)] == [1] * 5
            assert leader.cancelled()
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert server.count(EXCHANGE) == 2


@pytest.mark.fault(32)
@in_tasks
def test_when_all_are_cancelled_nothing_is_left_and_the_next_call_works(server, variant):
    server.play(EXCHANGE, Peer.stall)

    async def main() -> None:
        async with AsyncAccessTokensClient(server.endpoint, "pat_x") as client:
            tasks = len(anyio.get_running_tasks())
            async with anyio.create_task_group() as group:
                for _ in range(10):
                    group.start_soon(client.list)
                await reached(server, EXCHANGE)
                group.cancel_scope.cancel()
            assert len(anyio.get_running_tasks()) == tasks
            assert await client.list()

    run(variant, main)
    assert server.count(EXCHANGE) == 2
