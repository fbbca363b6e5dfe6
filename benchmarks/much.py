"""The rows: a walk, a batch, and many callers of a client that is new."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from . import peers
from .child import output_of
from .loops import times
from .measure import OURS, Work
from .ours import PAGE, PAT, AsyncOurs, Ours, ids
from .report import Comparison, Figure, Row
from .rows import BY_HAND
from .stage import Stage
from .worker import FAST, in_both_forms

ALL = 100_000
FEW = 5_000
IDS = 10_000
# The service takes 102,400 bytes; an id with its quotes and comma is 24.
BATCH = 4_000
FEWEST_BATCHES = 3
CALLERS = 200


def walk_by_hand(stage: Stage, total: int, count: int) -> Work:
    """Walk over so many tokens with httpx, so often."""
    (hand,) = stage.open(total, peers.ByHand)

    def once() -> None:
        page = hand.page(PAGE)
        while len(page) == PAGE:
            page = hand.page(PAGE, afterTokenId=page[-1]["tokenId"])

    return lambda: times(count, once)


def batch_by_hand(stage: Stage, size: int, count: int) -> Work:
    """Load so many records by their ids with httpx, so often."""
    (hand,), parts = stage.open(100, peers.ByHand), _parts(size)
    return lambda: times(count, lambda: [hand.batch(part) for part in parts])


def _batch_by_hand_async(stage: Stage, size: int) -> Work:
    (hand,), parts = stage.open_async(100, peers.AsyncByHand), _parts(size)

    async def one_by_one() -> None:
        for part in parts:
            await hand.batch(part)

    return lambda: stage.run(one_by_one)


def _parts(size: int) -> list[list[str]]:
    wanted = ids(size)
    return [wanted[begin : begin + BATCH] for begin in range(0, size, BATCH)]


def walk(stage: Stage) -> Iterator[Row]:
    """(d) A walk over all tokens."""
    total = stage.scale.units(ALL)
    works = in_both_forms(stage, "walk", total, 1) | {BY_HAND: walk_by_hand(stage, total, 1)}
    costs = stage.measure(works, total)
    yield Comparison(f"(d) a walk over {total:,}", "a token", costs, {BY_HAND: 1.5})
    for form, hidden in ((OURS, ["msgspec"]), (FAST, [])):
        more = _peak(stage, total, hidden) - _peak(stage, FEW, hidden)
        title = f"(d) more memory for {total:,} tokens than for {FEW:,}"
        yield Figure(title, f"{more:.1f} MB", "at most 10 MB", more <= 10, ours=form)


_WALK = """
import sys, tracemalloc
from access_tokens import AccessTokensClient
tracemalloc.start()
with AccessTokensClient(sys.argv[1], "benchmark.pat") as client:
    assert sum(1 for _ in client.iter_tokens(include_expired=True)) == int(sys.argv[2])
print(tracemalloc.get_traced_memory()[1] / 1e6)
"""


def _peak(stage: Stage, total: int, hidden: list[str]) -> float:
    """Return the peak of the memory that a walk over so many tokens takes, in MB."""
    return float(output_of(_WALK, stage.base(total), str(total), hidden=hidden))


def batch(stage: Stage) -> Iterator[Row]:
    """(e) Many records by their ids."""
    requests = _requests_of_a_batch(stage)
    title, goal = f"(e) requests for {IDS:,} ids", f"at most {FEWEST_BATCHES}"
    yield Figure(title, str(requests), goal, requests <= FEWEST_BATCHES)
    works = in_both_forms(stage, "batch", IDS, 1) | {BY_HAND: batch_by_hand(stage, IDS, 1)}
    yield _loaded("sync", stage, works)
    works = in_both_forms(stage, "batch_async", IDS) | {BY_HAND: _batch_by_hand_async(stage, IDS)}
    yield _loaded("async", stage, works)


def _requests_of_a_batch(stage: Stage) -> int:
    (ours,) = stage.open(100, Ours)
    stage.counts()
    ours.client.batch_load(ids(IDS))
    return stage.counts()["POST /admin/tokens/batch"]


def _loaded(variant: str, stage: Stage, works: dict[str, Work]) -> Row:
    title = f"(e) batch_load of {IDS:,} ids, {variant}"
    return Comparison(title, "", stage.measure(works, 1), {BY_HAND: 1.5})


def cold_start(stage: Stage) -> Iterator[Row]:
    """(f) Many callers of a client that has no JWT yet."""
    stage.counts()
    stage.run(lambda: _storm(stage))
    exchanges = stage.counts()["POST /auth/token"]
    yield Figure(f"(f) exchanges for {CALLERS} callers", str(exchanges), "1", exchanges == 1)
    works = {
        OURS: lambda: stage.run(lambda: _storm(stage)),
        f"{BY_HAND}, a lock": lambda: stage.run(lambda: _locked(stage)),
    }
    yield Comparison(f"(f) cold start of {CALLERS} callers", "", stage.measure(works, 1))


async def _storm(stage: Stage) -> None:
    ours = AsyncOurs(stage.base())
    async with ours.client, asyncio.TaskGroup() as group:
        for _ in range(CALLERS):
            group.create_task(ours.page(10))


async def _locked(stage: Stage) -> None:
    """What users write who have met the stampede."""
    hand, lock, jwt = peers.AsyncByHand(stage.base()), asyncio.Lock(), dict[str, str]()

    async def call() -> None:
        async with lock:
            if not jwt:
                answer = await hand.http.post("/auth/token", headers={"Authorization": f"Bearer {PAT}"})
                jwt.update(answer.json())
        await hand.page(10)

    async with hand.http, asyncio.TaskGroup() as group:
        for _ in range(CALLERS):
            group.create_task(call())
