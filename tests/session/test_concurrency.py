"""Cold callers, callers without a service, and leaders that are cut off (cases 31 and 32)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest
from anyio.lowlevel import checkpoint

from access_tokens import AsyncAccessTokensClient, RetryPolicy, UnavailableError

from ..helpers.callers import ASYNC, SyncCaller, in_tasks, run
from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer, Peer
from ..helpers.memory import Memory
from ..helpers.plays import Issuer, refuse
from ..helpers.threads import Task, until, waiting_in_the_library

Make = Callable[..., Any]
CROWD = {"sync": 50} | dict.fromkeys(ASYNC, 200)


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An endpoint where connections are refused, and where nobody else can listen meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def storm(caller: Any, count: int) -> list[Any]:
    """Have so many callers begin cold. All wait for the exchange of one, before that one waits itself."""
    wait_once(caller, count - 1)
    return list(caller.at_once(count, lambda client: client.list()))


def wait_once(caller: Any, others: int) -> None:
    session, waits = caller.client._session, list[float]()

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            until(lambda: waiting_in_the_library() >= others)
        caller.clock.wait(seconds)

    async def wait_async(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            await anyio.wait_all_tasks_blocked()
        caller.clock.wait(seconds)

    session._sleep = wait if isinstance(caller, SyncCaller) else wait_async


def assert_fails_as_one(caller: Any, results: list[Any]) -> None:
    """All have failed, each with an error of its own, after the waits of a single caller."""
    assert {type(each) for each in results} == {UnavailableError}
    assert {(each.message, each.attempts) for each in results} == {("Failed to authenticate", 4)}
    assert len({id(each) for each in results}) == len(results)
    assert caller.clock.waits == [1.0, 2.0, 4.0]


class TestColdCallers:
    @pytest.mark.fault(31)
    def test_a_crowd_costs_one_exchange_with_all_of_it_under_way_before_the_answer(
        self, victim, server, variant
    ):
        issuer, count = Issuer(server), CROWD[variant]

        def answer_late(peer: Peer) -> None:
            until(lambda: variant != "sync" or waiting_in_the_library() >= count - 1)
            issuer.exchange(peer)

        server.play(EXCHANGE, answer_late)
        results = victim.at_once(count, lambda client: client.list())
        assert [len(each) for each in results] == [1] * count
        assert (server.count(EXCHANGE), server.count(TOKENS)) == (1, count)

    @pytest.mark.fault(31)
    def test_a_crowd_that_cannot_connect_fails_together(self, make_client, nowhere, variant):
        client = make_client(nowhere, "pat_x")
        assert_fails_as_one(client, storm(client, CROWD[variant]))

    @pytest.mark.fault(31)
    def test_a_crowd_before_a_failing_service_fails_together(self, victim, server, variant):
        server.always(EXCHANGE, refuse(503))
        assert_fails_as_one(victim, storm(victim, CROWD[variant]))
        assert len(server.requests) == 4

    @pytest.mark.fault(31)
    def test_a_crowd_before_a_silent_service_fails_together(self, make_client, server, variant):
        server.always(EXCHANGE, Peer.stall)
        client = make_client(server.endpoint, "pat_x", timeout=httpx.Timeout(5, read=0.1))
        assert_fails_as_one(client, storm(client, CROWD[variant]))
        assert len(server.requests) <= 4  # a busy machine may connect too late

    @pytest.mark.fault(31)
    def test_a_crowd_that_has_failed_succeeds_later(self, victim, server, variant):
        server.play(EXCHANGE, *[refuse(503)] * 4)
        storm(victim, CROWD[variant])
        results = victim.at_once(20, lambda client: client.list())
        assert [len(each) for each in results] == [1] * 20
        assert server.count(EXCHANGE) == 5


class TestLeadersOfThreads:
    @pytest.mark.fault(32)
    def test_one_that_is_interrupted_hands_over(self):
        """As by a Ctrl-C inside the exchange, while others wait for it."""
        memory = Memory()
        memory.play(EXCHANGE, interrupted_when(lambda: waiting_in_the_library() >= 9))
        with memory.client() as client:
            tasks = [Task(client.list) for _ in range(10)]
            results = [task.outcome() for task in tasks]
        assert sum(isinstance(each, KeyboardInterrupt) for each in results) == 1
        assert sum(isinstance(each, list) for each in results) == 9
        assert memory.exchanges == 2

    @pytest.mark.fault(32)
    def test_when_all_are_interrupted_one_after_the_other_the_next_call_works(self):
        memory = Memory()
        memory.play(EXCHANGE, *[interrupted_when(lambda: True)] * 5)
        with memory.client() as client:
            tasks = [Task(client.list) for _ in range(5)]
            assert [type(task.outcome()) for task in tasks] == [KeyboardInterrupt] * 5
            assert client.list()
        assert memory.exchanges == 6


def interrupted_when(condition: Callable[[], bool]) -> Callable[[httpx.Request], httpx.Response]:
    def play(request: httpx.Request) -> httpx.Response:
        until(condition)
        raise KeyboardInterrupt

    return play


@pytest.mark.fault(32)
@in_tasks
class TestLeadersOfTasks:
    def test_when_all_are_cancelled_nothing_is_left_and_the_next_call_works(self, server, variant):
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
            assert server.count(EXCHANGE) == 2

        run(variant, main)

    def test_leaders_that_are_cancelled_one_after_the_other_hand_over_each_time(self, server, variant):
        server.play(EXCHANGE, *[Peer.stall] * 4)

        async def main() -> None:
            results = list[Any]()

            async def call(scope: anyio.CancelScope) -> None:
                with scope:
                    results.append(await client.list())

            async with AsyncAccessTokensClient(server.endpoint, "pat_x") as client:
                async with anyio.create_task_group() as group:
                    leader = anyio.CancelScope()
                    group.start_soon(call, leader)
                    for number in range(1, 5):
                        await reached(server, EXCHANGE, number)
                        follower = anyio.CancelScope()
                        group.start_soon(call, follower)
                        await checkpoint()
                        await checkpoint()  # by now it waits, in whichever order tasks run
                        leader.cancel()
                        leader = follower
                assert [len(each) for each in results] == [1]
            assert server.count(EXCHANGE) == 5

        run(variant, main)


async def reached(server: FaultServer, path: str, count: int = 1) -> None:
    """Wait until the server has had so many requests for a path."""
    await anyio.to_thread.run_sync(until, lambda: server.count(path) >= count)


@pytest.mark.fault(32)
def test_native_cancellation_of_a_leader_hands_over(server):
    """By asyncio itself, with no scope of anyio's around it."""
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
        assert server.count(EXCHANGE) == 2

    asyncio.run(main())
