"""One async client in several event loops."""

import asyncio
from itertools import product

import anyio
import pytest
from anyio.from_thread import start_blocking_portal

from access_tokens import AsyncAccessTokensClient, ClientClosedError

from ..helpers.callers import ASYNC, result_of, run
from ..helpers.fault_server import EXCHANGE, TOKENS, Peer
from ..helpers.plays import Held
from ..helpers.threads import PATIENCE, Task, outcomes, until

pytestmark = pytest.mark.fault(35)

in_two_loops = pytest.mark.parametrize(("first", "second"), list(product(ASYNC, repeat=2)))


@in_two_loops
def test_it_works_in_two_loops_at_once(make_shared, server, first, second):
    shared = make_shared()

    async def main() -> list[int]:
        return [len(await shared.list()) for _ in range(10)]

    results = outcomes(*[lambda c=c: run(c, main) for c in (first, second)])
    assert results == [[1] * 10] * 2
    assert server.count(EXCHANGE) <= 2


@in_two_loops
def test_a_loop_that_ends_inside_the_exchange_does_not_hold_up_the_next(make_shared, server, first, second):
    shared = make_shared()
    server.play(EXCHANGE, Peer.stall)

    async def leave_early() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(shared.list)
            await anyio.to_thread.run_sync(until, lambda: server.count(EXCHANGE))
            group.cancel_scope.cancel()

    run(first, leave_early)
    assert run(second, shared.list)


@pytest.mark.filterwarnings("ignore:.*was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_is_abandoned_inside_the_exchange_does_not_hold_up_the_next(server):
    """Stopped and closed under the feet of its tasks, none of which has the chance to clean up.

    Such tasks, and the client with them, are never collected, since anyio holds on to them.
    """
    shared = AsyncAccessTokensClient(server.endpoint, "pat_x")
    server.play(EXCHANGE, Peer.stall)
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)
    tasks = [loop.create_task(shared.list()) for _ in range(3)]
    running = Task(loop.run_forever)
    until(lambda: server.count(EXCHANGE))
    loop.call_soon_threadsafe(loop.stop)
    running.outcome()
    loop.close()
    assert anyio.run(shared.list)
    assert not any(task.done() for task in tasks)


@in_two_loops
def test_closed_in_one_loop_it_is_closed_in_all(make_shared, server, first, second):
    shared = make_shared()
    run(first, shared.list)
    run(second, shared.aclose)
    assert isinstance(result_of(lambda: run(first, shared.list)), ClientClosedError)
    assert server.count(TOKENS) == 1


def test_a_call_under_way_in_one_loop_ends_when_it_is_closed_in_another(make_shared, server):
    """With its answer, since only its own loop could break it off; and then no more is sent."""
    shared = make_shared()
    held = Held()
    server.play(TOKENS, held)
    with start_blocking_portal("asyncio") as one, start_blocking_portal("asyncio") as other:
        future = one.start_task_soon(shared.list)
        held.came()
        other.call(shared.aclose)
        held.go_on()
        assert future.result(PATIENCE)
        assert isinstance(result_of(lambda: one.call(shared.list)), ClientClosedError)
