"""Many clients and many calls, after which nothing is left (case 37)."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest
from anyio.lowlevel import checkpoint

from access_tokens import AccessTokensClient, AccessTokensError, AsyncAccessTokensClient, RetryPolicy

from ..helpers.callers import in_tasks, result_of, run
from ..helpers.fault_server import TOKENS, Peer
from ..helpers.footprint import Quarters, descriptors, quiet
from ..helpers.memory_service import ENDPOINT, MemoryService
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


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService(remembers=False)


def test_clients_that_come_and_go(memory):
    """One in ten makes a call."""
    with memory.http() as http:
        for number in Quarters(10_000):
            with AccessTokensClient(ENDPOINT, "pat_x", http_client=http) as client:
                assert number % 10 or client.list()
    assert memory.exchanges == 1000


USES: dict[str, tuple[int, Any]] = {
    "calls": (20_000, lambda client: client.list()),
    "walks that are left early": (400, lambda client: next(client.iter_tokens(page_size=1))),
    "threads that come and go": (400, lambda client: Task(client.list).outcome()),
}


@pytest.mark.parametrize("name", USES)
def test_uses_of_a_client(memory, name):
    count, use = USES[name]
    with memory.client() as client:
        for _ in Quarters(count):
            assert use(client)


PLAYS = {
    "200": Peer.answer,
    "503": refuse(503),
    "401": refuse(401),
    "closed": Peer.close,
    "shape": lambda peer: peer.send(b"nonsense\r\n\r\n"),
}


@pytest.mark.parametrize("name", PLAYS)
def test_calls_over_sockets(server, name):
    server.always(TOKENS, PLAYS[name])
    with AccessTokensClient(server.endpoint, "pat_x", retry=ONCE) as client:
        for _ in range(600):  # until the interpreter has taken what it takes for itself
            result_of(client.list)
        for _ in Quarters(240, server, stay=1):
            assert isinstance(result_of(client.list), list if name == "200" else AccessTokensError)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "left open"])
def test_clients_over_sockets(server, is_closed):
    """Those that nobody closes hold on to nothing once they are gone."""
    for _ in Quarters(200, server):
        client = AccessTokensClient(server.endpoint, "pat_x")
        assert client.list()
        if is_closed:
            client.close()
        del client


def test_answers_that_are_large(memory):
    """Counted by the byte, since large ones are not counted by the block."""
    large = b'{"records": []}' + b" " * 100_000
    memory.play(TOKENS, *[lambda request: httpx.Response(200, content=large)] * 60)
    tracemalloc.start()
    with memory.client() as client:
        assert all(client.list() == [] for _ in range(30))
        before = tracemalloc.get_traced_memory()[0]
        assert all(client.list() == [] for _ in range(30))
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
        server.wait_until_left()
        assert len(descriptors()) <= before
    finally:
        gc.enable()


def test_other_apis_that_refuse_the_jwt(memory):
    with memory.client() as client:
        client._session.now = lambda: 0.0
        refusing = httpx.MockTransport(lambda request: httpx.Response(401))
        with httpx.Client(auth=client.auth, transport=refusing) as http:
            for number in Quarters(400):
                client._session.now = lambda now=100.0 * number: now
                http.get(f"https://{number}.example")


@in_tasks
def test_clients_of_tasks_that_come_and_go(memory, variant):
    async def main() -> None:
        async with memory.http_client(variant) as http:
            for number in Quarters(10_000):
                async with AsyncAccessTokensClient(ENDPOINT, "pat_x", http_client=http) as client:
                    assert number % 10 or await client.list()
                await checkpoint()

    run(variant, main)


@in_tasks
def test_tasks_that_come_and_go(memory, variant):
    async def main() -> None:
        client = memory.async_client()
        for _ in Quarters(200):
            async with anyio.create_task_group() as group:
                for _ in range(10):
                    group.start_soon(client.list)

    run(variant, main)


@in_tasks
@pytest.mark.parametrize("is_cancelled", [False, True], ids=["calls", "cancelled calls"])
def test_clients_of_tasks_over_sockets(server, variant, is_cancelled):
    if is_cancelled:
        server.always(TOKENS, Peer.stall)

    async def main() -> None:
        async def in_thread(condition: Callable[[], Any]) -> None:
            await anyio.to_thread.run_sync(until, condition)

        await in_thread(lambda: True)  # starts the thread that will wait
        for _ in Quarters(120, server):
            client = AsyncAccessTokensClient(server.endpoint, "pat_x")
            async with client, anyio.create_task_group() as group:
                group.start_soon(client.list)
                await in_thread(lambda: server.count(TOKENS))
                if is_cancelled:
                    group.cancel_scope.cancel()
            server.requests.clear()
            await in_thread(lambda: not server._open)

    run(variant, main)


@in_tasks
def test_event_loops_that_come_and_go(memory, variant):
    client = memory.async_client()
    for _ in Quarters(160):
        assert run(variant, client.list)
