"""Many clients and many calls, after which nothing is left (case 37)."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator

import anyio
import httpx
import pytest
from anyio import to_thread
from anyio.lowlevel import checkpoint

from access_tokens import AccessTokensClient, AccessTokensError, AsyncAccessTokensClient, RetryPolicy

from ..helpers.callers import in_tasks, result_of, run
from ..helpers.fault_server import TOKENS, Peer
from ..helpers.footprint import Quarters, descriptors, quiet
from ..helpers.memory import ENDPOINT, Memory
from ..helpers.plays import refuse
from ..helpers.threads import Task, until

pytestmark = pytest.mark.fault(37)
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


def test_threads_make_clients_again_and_again(memory):
    quarters = Quarters(4000)
    with memory.http() as http:
        for number in quarters:
            with AccessTokensClient(ENDPOINT, "pat_x", http_client=http) as client:
                assert number % 10 or client.list()
    quarters.assert_flat()
    assert memory.exchanges == 400


@in_tasks
def test_tasks_make_clients_again_and_again(memory, variant):
    async def main() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(memory)) as http:
            quarters = Quarters(4000)
            for number in quarters:
                async with AsyncAccessTokensClient(ENDPOINT, "pat_x", http_client=http) as client:
                    assert number % 10 or await client.list()
                await checkpoint()
            quarters.assert_flat()

    run(variant, main)
    assert memory.exchanges == 400


def list_all(client):
    assert client.list()


def begin_a_walk(client):
    assert next(client.iter_tokens(page_size=1))


def list_in_a_thread(client):
    assert Task(client.list).outcome()


USES = {"calls": (list_all, 4000), "walks": (begin_a_walk, 400), "threads": (list_in_a_thread, 400)}


@pytest.mark.parametrize(("use", "times"), USES.values(), ids=USES)
def test_a_client_is_used_again_and_again(memory, use, times):
    quarters = Quarters(times)
    with memory.client() as client:
        for _ in quarters:
            use(client)
    quarters.assert_flat()


@in_tasks
def test_tasks_that_come_and_go_use_a_client(memory, variant):
    async def main() -> None:
        quarters = Quarters(100)
        client = memory.async_client()
        for _ in quarters:
            async with anyio.create_task_group() as group:
                for _ in range(10):
                    group.start_soon(client.list)
        quarters.assert_flat()

    run(variant, main)


@in_tasks
def test_event_loops_that_come_and_go_use_a_client(memory, variant):
    client = memory.async_client()
    quarters = Quarters(240)
    for _ in quarters:
        assert run(variant, client.list)
    quarters.assert_flat()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("closes", [True, False], ids=["closed", "forgotten"])
def test_threads_make_connections_again_and_again(server, closes):
    quarters = Quarters(200, server)
    for _ in quarters:
        client = AccessTokensClient(server.endpoint, "pat_x")
        assert client.list()
        if closes:
            client.close()
        del client
        server.requests.clear()
    quarters.assert_flat()


@in_tasks
def test_tasks_make_connections_again_and_again(server, variant):
    async def main() -> None:
        await to_thread.run_sync(bool)  # starts the thread that will wait
        quarters = Quarters(200, server)
        for _ in quarters:
            async with AsyncAccessTokensClient(server.endpoint, "pat_x") as client:
                await client.list()
            await to_thread.run_sync(until, lambda: not server._open)
            server.requests.clear()
        quarters.assert_flat()

    run(variant, main)


FAILURES = {
    "503": refuse(503),
    "401": refuse(401),
    "closed": Peer.close,
    "shape": lambda peer: peer.send(b"nonsense\r\n\r\n"),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_calls_fail_again_and_again(server, failure):
    server.always(TOKENS, failure)
    quarters = Quarters(240, server, stay=1)
    with AccessTokensClient(server.endpoint, "pat_x", retry=ONCE) as client:
        for _ in quarters:
            assert isinstance(result_of(client.list), AccessTokensError)
            server.requests.clear()
    quarters.assert_flat()


@in_tasks
def test_calls_are_cancelled_again_and_again(server, variant):
    server.always(TOKENS, Peer.stall)

    async def main() -> None:
        await to_thread.run_sync(bool)  # starts the thread that will wait
        quarters = Quarters(120, server)
        async with AsyncAccessTokensClient(server.endpoint, "pat_x") as client:
            await client.authenticate()
            for _ in quarters:
                async with anyio.create_task_group() as group:
                    group.start_soon(client.list)
                    await to_thread.run_sync(until, lambda: server.count(TOKENS))
                    group.cancel_scope.cancel()
                server.requests.clear()
                await to_thread.run_sync(until, lambda: not server._open)
        quarters.assert_flat()

    run(variant, main)


def test_other_apis_refuse_the_jwt_again_and_again(memory):
    quarters = Quarters(400)
    refusing = httpx.MockTransport(lambda request: httpx.Response(401))
    with memory.client() as client, httpx.Client(auth=client.auth, transport=refusing) as http:
        for number in quarters:
            client._session.now = lambda now=100.0 * number: now
            http.get(f"https://{number}.example")
    quarters.assert_flat()


def test_large_answers_are_not_kept(memory):
    """Counted by the byte, since large ones are not counted by the block."""
    large = b'{"records": []}' + b" " * 100_000
    memory.play(TOKENS, *[lambda request: httpx.Response(200, content=large)] * 100)
    tracemalloc.start()
    with memory.client() as client:
        assert all(client.list() == [] for _ in range(50))
        before = tracemalloc.get_traced_memory()[0]
        assert all(client.list() == [] for _ in range(50))
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < before + len(large)
    tracemalloc.stop()


def test_closing_needs_no_garbage_collector(server):
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
