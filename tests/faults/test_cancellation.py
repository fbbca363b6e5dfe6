"""Calls that are cancelled at each place where they wait, one place after the other."""

import gc
import itertools

import anyio
import pytest

from ..helpers.callers import in_tasks, run
from ..helpers.pools import Pools
from .calls import OF_TASKS, Prepare, a_life, closing, http_client, misfortunes
from .cancelling import TIMEOUTS, WAYS, Cancellation, Way, by_task, watch_tasks
from .harness import around_a_task

pytestmark = pytest.mark.fault(33)


async def sweep(pools: Pools, prepare: Prepare, way: Way, again: int = 0) -> int:
    """Cancel at the first place, the second, and so on to the end; return how many there were."""
    watch_tasks()
    for at in itertools.count(1):
        cancellation = Cancellation(at, again)
        try:
            # A server for each, so that a request of a call that was cancelled does not count for the next.
            async with around_a_task(pools) as harness:
                call = await prepare(harness)
                await way(cancellation, call)
        except BaseException as error:
            error.add_note(f"{prepare.__name__} {way.__name__} {cancellation}")
            raise
        if not cancellation.is_reached:
            return at - 1
    raise AssertionError


@pytest.mark.fault(32)
@in_tasks
@pytest.mark.parametrize("prepare", OF_TASKS, ids=lambda each: each.__name__)
def test_a_cancelled_call_leaves_nothing_behind(pools, prepare, variant):
    """Whatever it was doing, and in whichever way it was cancelled."""
    # asyncio's own goes through the shields behind which httpx cleans up: see what does not hold.
    for way in WAYS["trio" if prepare is http_client else variant]:
        assert run(variant, sweep, pools, prepare, way)
    gc.collect()  # what is not closed is complained of


@in_tasks
def test_a_call_that_takes_too_long_leaves_nothing_behind(pools, variant):
    """As above, with a timeout of the caller's."""
    for way in TIMEOUTS[variant]:
        assert run(variant, sweep, pools, misfortunes, way)
    gc.collect()


@pytest.mark.parametrize("prepare", [a_life, misfortunes, closing], ids=lambda each: each.__name__)
def test_a_call_that_is_cancelled_while_it_cleans_up_leaves_nothing_behind(pools, prepare):
    """Only asyncio has a cancellation that goes through shields."""
    for again in range(1, 4):
        anyio.run(sweep, pools, prepare, by_task, again)
    gc.collect()
