"""Clients that are closed by whom, and how often (case 34)."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from contextlib import suppress
from typing import Any

import anyio
import httpx
import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, ClientClosedError
from access_tokens._http import happy_eyeballs

from ..helpers.callers import in_tasks, result_of, run
from ..helpers.fault_server import EXCHANGE, TOKENS, Peer
from ..helpers.signals import handling, needs_signals, send_signal
from ..helpers.threads import PATIENCE, Task, until, waiting_in_the_library

pytestmark = pytest.mark.fault(34)


@needs_signals
@pytest.mark.parametrize("path", [EXCHANGE, TOKENS])
def test_a_signal_handler_may_close_it_in_the_thread_that_calls(server, path):
    client = AccessTokensClient(server.endpoint, "pat_x")
    server.play(path, send_signal)
    with handling(client.close):
        assert isinstance(result_of(client.list), ClientClosedError)
    until(lambda: not server._open)


@needs_signals
@in_tasks
@pytest.mark.parametrize("path", [EXCHANGE, TOKENS])
def test_a_task_that_receives_signals_may_close_it(server, variant, path):
    server.play(path, send_signal)

    async def main() -> Any:
        client = AsyncAccessTokensClient(server.endpoint, "pat_x")

        async def close_on_signal(*, task_status: Any) -> None:
            with anyio.open_signal_receiver(signal.SIGUSR1) as signals:
                task_status.started()
                await anext(aiter(signals))
                await client.aclose()

        async with anyio.create_task_group() as group:
            await group.start(close_on_signal)
            with pytest.raises(ClientClosedError):
                await client.list()

    run(variant, main)


@pytest.mark.parametrize(
    "scheme",
    [
        "http",
        "https",
    ],
)
def test_a_thread_that_has_just_connected_leaves_no_socket(server, monkeypatch, scheme):
    """Python warns of sockets that are left to the garbage collector, and warnings are errors here."""
    client = AccessTokensClient(server.endpoint.replace("http", scheme), "pat_x")

    connect = happy_eyeballs.connect

    def connect_and_close(*args: Any) -> socket.socket:
        connected = connect(*args)
        client.close()
        return connected

    monkeypatch.setattr(happy_eyeballs, "connect", connect_and_close)
    assert isinstance(result_of(client.list), ClientClosedError)
    gc.collect()


def test_an_iteration_goes_on_to_the_end_of_its_page(server):
    client = AccessTokensClient(server.endpoint, "pat_x")
    walk = client.iter_tokens(page_size=1)
    assert next(walk)
    client.close()
    for _ in range(2):
        with pytest.raises(ClientClosedError):
            next(walk)
    assert server.count(TOKENS) == 1


@in_tasks
class TestTasks:
    def test_an_iteration_goes_on_to_the_end_of_its_page(self, server, variant):
        async def main() -> None:
            client = AsyncAccessTokensClient(server.endpoint, "pat_x")
            walk = aiter(client.iter_tokens(page_size=1))
            assert await anext(walk)
            await client.aclose()
            with pytest.raises(ClientClosedError):
                await anext(walk)
            assert server.count(TOKENS) == 1

        run(variant, main)

    def test_it_may_be_closed_by_the_task_that_will_call(self, server, variant):
        """Also inside its own `async with`."""

        async def main() -> None:
            async with AsyncAccessTokensClient(server.endpoint, "pat_x") as client:
                await client.list()
                await client.aclose()
                with pytest.raises(ClientClosedError):
                    await client.list()

        run(variant, main)

    def test_a_closing_that_is_cancelled_can_be_done_again(self, server, variant):
        """And nothing is left open after it."""

        async def main() -> None:
            client = AsyncAccessTokensClient(server.endpoint, "pat_x")
            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(client.list)
            with anyio.CancelScope() as scope:
                scope.cancel()
                await client.aclose()
            await client.aclose()
            with pytest.raises(ClientClosedError):
                await client.list()

        run(variant, main)
        until(lambda: not server._open)

    def test_a_closing_and_a_cancellation_at_once_end_a_call(self, server, variant):
        server.always(TOKENS, Peer.stall)

        async def main() -> None:
            client = AsyncAccessTokensClient(server.endpoint, "pat_x")
            await client.authenticate()
            with anyio.fail_after(PATIENCE):
                async with anyio.create_task_group() as group:
                    for _ in range(5):
                        group.start_soon(client.list)
                    await anyio.to_thread.run_sync(until, lambda: server.count(TOKENS) == 5)
                    group.start_soon(client.aclose)
                    group.cancel_scope.cancel()
            await client.aclose()

        run(variant, main)
        until(lambda: not server._open)

    def test_it_may_be_closed_before_its_first_use(self, server, variant):
        async def main() -> None:
            client = AsyncAccessTokensClient(server.endpoint, "pat_x")
            await client.aclose()
            with pytest.raises(ClientClosedError):
                await client.list()

        run(variant, main)
        assert server.requests == []


def test_threads_behind_those_that_it_cannot_wake_end_at_once(server):
    """Behind those that read through the caller's own HTTP stack, which has but two connections."""
    server.always(TOKENS, Peer.stall)
    with httpx.Client(limits=httpx.Limits(max_connections=2)) as http:
        client = AccessTokensClient(server.endpoint, "pat_x", http_client=http)
        client.authenticate()
        reading = [Task(client.list) for _ in range(2)]
        until(lambda: server.count(TOKENS) == 2)
        behind = [Task(client.list) for _ in range(5)]
        until(lambda: waiting_in_the_library() >= 5)
        client.close()
        assert [type(task.outcome()) for task in behind] == [ClientClosedError] * 5
        server.hang_up()
        assert [type(task.outcome()) for task in reading] == [ClientClosedError] * 2
    assert server.count(TOKENS) == 2


def test_a_task_that_is_cancelled_natively_closes_it(server):
    """As a server does that shuts down: the `async with` is left by a cancellation."""
    server.play(TOKENS, Peer.stall)

    async def use() -> None:
        async with AsyncAccessTokensClient(server.endpoint, "pat_x") as client:
            await client.list()

    async def main() -> None:
        task = asyncio.create_task(use())
        await asyncio.to_thread(until, lambda: server.count(TOKENS))
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(main())
    until(lambda: not server._open)


def test_a_with_block_that_is_left_by_an_error_ends_what_other_threads_do(server):
    server.play(TOKENS, Peer.stall)
    with suppress(ZeroDivisionError), AccessTokensClient(server.endpoint, "pat_x") as client:
        task = Task(client.list)
        until(lambda: server.count(TOKENS))
        raise ZeroDivisionError
    assert isinstance(task.outcome(), ClientClosedError)
