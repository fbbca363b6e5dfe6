"""One exchange for any number of callers, and what it comes to when it fails."""

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import anyio
import httpx
import pytest

from access_tokens import AsyncAccessTokensClient, RateLimitedError, RetryPolicy, UnavailableError

from ..helpers.callers import SyncCaller, in_tasks, run
from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer, Peer, Play
from ..helpers.memory_service import MemoryService
from ..helpers.plays import refuse
from ..helpers.threads import Task, until, waiting_in_the_library
from .crowds import CROWD, all_list, until_waiting

PASSING: dict[str, Play] = {"429": refuse(429), "503": refuse(503), "closed": Peer.close, "reset": Peer.reset}
DOWN: dict[str, Callable[[FaultServer], None]] = {
    "refuses connections": lambda server: server.stop_listening(),
    "fails": lambda server: server.always(EXCHANGE, refuse(503)),
    "is silent": lambda server: server.always(EXCHANGE, Peer.stall),
}


@pytest.mark.fault(31)
@pytest.mark.parametrize("name", ["list", "authenticate"])
def test_a_crowd_without_a_jwt_costs_one_exchange(client, server, issuer, variant, name):
    """All of it is under way before the answer."""
    count = CROWD[variant]

    def answer_late(peer: Peer) -> None:
        until_waiting(client, count - 1)
        issuer.exchange(peer)

    server.play(EXCHANGE, answer_late)
    results = client.at_once(count, lambda each: getattr(each, name)())
    assert [each for each in results if isinstance(each, Exception)] == []
    assert len(results) == count
    assert server.count(EXCHANGE) == 1


@pytest.mark.fault(31)
@pytest.mark.parametrize("name", DOWN)
def test_a_crowd_before_a_service_that_is_down_fails_in_the_time_of_one(server, make_client, variant, name):
    count = CROWD[variant]
    client = make_client(server.endpoint, "pat_x", timeout=httpx.Timeout(5, read=0.1))
    client.clock.meanwhile = lambda: until_waiting(client, count - 1)
    DOWN[name](server)
    results = all_list(client, count)
    assert {type(each) for each in results} == {UnavailableError}
    assert {(each.message, each.attempts) for each in results} == {("Failed to authenticate", 4)}
    assert len({id(each) for each in results}) == count
    assert client.clock.waits == [1.0, 2.0, 4.0]
    assert len(server.requests) <= 4  # a busy machine may connect too late


@pytest.mark.fault(32)
def test_a_thread_that_is_interrupted_inside_the_exchange_hands_over():
    """As by a Ctrl-C, while others wait for it."""

    def interrupt(request: httpx.Request) -> httpx.Response:
        until(lambda: waiting_in_the_library() >= 9)
        raise KeyboardInterrupt

    memory = MemoryService()
    memory.play(EXCHANGE, interrupt)
    with memory.client() as client:
        tasks = [Task(client.list) for _ in range(10)]
        results = [task.outcome() for task in tasks]
    assert sum(isinstance(each, KeyboardInterrupt) for each in results) == 1
    assert sum(isinstance(each, list) for each in results) == 9
    assert memory.exchanges == 2


@pytest.mark.fault(32)
@in_tasks
def test_a_task_that_is_cancelled_inside_the_exchange_hands_over(server, variant):
    server.play(EXCHANGE, Peer.stall)

    async def main() -> None:
        client = AsyncAccessTokensClient(server.endpoint, "pat_x")
        async with client, anyio.create_task_group() as others, anyio.create_task_group() as leader:
            leader.start_soon(client.list)
            await anyio.to_thread.run_sync(until, lambda: server.count(EXCHANGE))
            for _ in range(5):
                others.start_soon(client.list)
            await anyio.wait_all_tasks_blocked()
            leader.cancel_scope.cancel()

    run(variant, main)
    assert (server.count(EXCHANGE), server.count(TOKENS)) == (2, 5)


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
                await anyio.to_thread.run_sync(until, lambda: server.count(EXCHANGE))
                group.cancel_scope.cancel()
            assert len(anyio.get_running_tasks()) == tasks
            assert await client.list()

    run(variant, main)
    assert server.count(EXCHANGE) == 2


@pytest.mark.fault(28)
@pytest.mark.parametrize("name", PASSING)
def test_one_that_fails_for_now_is_repeated_by_the_policy_once(client, server, issuer, name):
    """Four requests, and not four for each attempt of the call; the error says that it was the exchange."""
    server.play(EXCHANGE, *[PASSING[name]] * 4)
    with pytest.raises((UnavailableError, RateLimitedError), match="4 attempts") as raised:
        client.list()
    assert (raised.value.message, raised.value.attempts) == ("Failed to authenticate", 4)
    assert (server.count(EXCHANGE), len(server.requests)) == (4, 4)
    assert client.clock.waits == [1.0, 2.0, 4.0]
    assert client.list()
    assert (server.count(EXCHANGE), issuer.bearers) == (5, ["jwt-1"])


@in_tasks
def test_it_leaves_nothing_in_the_context_of_the_task(server, issuer, variant):
    """Where what is left would pile up, with a JWT for each renewal."""

    async def main() -> None:
        async with AsyncAccessTokensClient(server.endpoint, "pat_x") as client:
            await client.authenticate()
            before = dict(copy_context())
            issuer.rotate()
            await client.list()
            assert dict(copy_context()) == before

    run(variant, main)
    assert server.count(EXCHANGE) == 2


@pytest.mark.fault(30)
@pytest.mark.untraced
def test_a_new_key_under_100_busy_callers_costs_one_exchange_and_fails_none(service, make_client):
    client = make_client(service.endpoint, service.admin_pat, retry=RetryPolicy(retries=0))
    client.list()
    over, done = threading.Event(), list[None]()
    crowd = Task(lambda: client.at_once(100, keep_listing(client, over, done)))
    until(lambda: len(done) >= 50)
    service.rotate_key()
    so_far = len(done)
    until(lambda: len(done) >= so_far + 100)
    over.set()
    assert crowd.outcome() == [None] * 100
    assert service.exchanges == 2


def keep_listing(caller: Any, over: threading.Event, done: list[None]) -> Callable[[Any], Any]:
    """Return what a caller does until it is over."""

    def in_thread(client: Any) -> None:
        while not over.is_set():
            client.list()
            done.append(None)

    async def in_task(client: Any) -> None:
        while not over.is_set():
            await client.list()
            done.append(None)

    return in_thread if isinstance(caller, SyncCaller) else in_task
