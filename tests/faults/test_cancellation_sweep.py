"""Calls that are cancelled at each place where they wait, one place after the other."""

from __future__ import annotations

import gc
import itertools
from contextlib import AsyncExitStack

import anyio
import pytest
from anyio.lowlevel import checkpoint

from ..helpers.callers import ASYNC, in_tasks, run
from ..helpers.pools import Pools
from ..helpers.scripted import PATIENCE, scripted_service
from ..helpers.suspensions import TIMEOUTS, WAYS, Cut, Way, by_task, watch_tasks
from .async_situations import SITUATIONS, Situation, closing, cold, http_client, retry_wait, trickling_answer
from .async_stage import Stage


async def cancel_once(pools: Pools, situation: Situation, way: Way, cut: Cut) -> None:
    """Cancel a call, and look at what is left."""
    pools.reset()
    tasks = len(anyio.get_running_tasks())
    # A service for each, so that a request of one that was cancelled does not count for the next.
    with anyio.fail_after(PATIENCE), scripted_service() as service:
        async with AsyncExitStack() as stack:
            async with anyio.create_task_group() as group:
                stage = Stage(service, pools, group, stack)
                call = await situation(stage)
                await way(cut, call)
            stack.push_async_callback(stage.client.aclose)
            stage.check(cut)
            assert len(anyio.get_running_tasks()) == tasks
            assert await stage.next_call()
            stage.check(cut)
        pools.check(most=0)
        await checkpoint()  # asyncio closes a socket soon after it was asked to
        assert service.is_left_alone()


async def sweep(pools: Pools, situation: Situation, way: Way, again: int = 0) -> int:
    """Cancel at the first place, the second, and so on to the end; return how many there were."""
    watch_tasks()
    for at in itertools.count(1):
        cut = Cut(at, again)
        try:
            await cancel_once(pools, situation, way, cut)
        except BaseException as error:
            error.add_note(f"{situation.__name__} {way.__name__} {cut}")
            raise
        if not cut.is_reached:
            return at - 1
    raise AssertionError


# httpx cleans up behind shields, through which this goes: the caller's own pool loses a connection.
_broken_off = pytest.mark.xfail(reason="Task.cancel breaks the clean-up of httpx off", strict=True)
_CASES = [
    pytest.param(
        variant,
        situation,
        id=f"{variant}-{situation.__name__}",
        marks=_broken_off if variant == "asyncio" and situation is http_client else (),
    )
    for variant in ASYNC
    for situation in SITUATIONS
]


def name_of(situation: Situation) -> str:
    return situation.__name__


@pytest.mark.fault(32, 33)
@pytest.mark.parametrize(("variant", "situation"), _CASES)
def test_a_cancelled_call_leaves_nothing_behind(pools, situation, variant):
    """Whatever it was doing, and in whichever way it was cancelled."""
    for way in WAYS[variant]:
        assert run(variant, sweep, pools, situation, way)
    gc.collect()  # what is not closed is complained of


@pytest.mark.fault(33)
@pytest.mark.parametrize("situation", [cold, retry_wait], ids=name_of)
@in_tasks
def test_a_call_that_takes_too_long_leaves_nothing_behind(pools, situation, variant):
    """As above, with a timeout of the caller's."""
    for way in TIMEOUTS[variant]:
        assert run(variant, sweep, pools, situation, way)
    gc.collect()


@pytest.mark.fault(33)
@pytest.mark.parametrize("situation", [cold, trickling_answer, closing], ids=name_of)
def test_a_call_that_is_cancelled_while_it_cleans_up_leaves_nothing_behind(pools, situation):
    """Only asyncio has a cancellation that goes through shields."""
    for again in range(1, 4):
        anyio.run(sweep, pools, situation, by_task, again)
    gc.collect()
