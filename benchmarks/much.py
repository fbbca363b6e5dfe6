"""The rows: much at once, and what a process pays before its first call."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
from collections.abc import Iterator

from access_tokens import AccessTokensClient

from . import peers
from .measure import OURS, take_turns
from .report import Comparison, Figure, Row
from .rows import BY_HAND
from .stage import Stage

ALL = 100_000
FEW = 5_000
PAGE = 1_000
IDS = 10_000
# The service takes 102,400 bytes; an id with its quotes and comma is 24.
FEWEST_BATCHES = 3
CALLERS = 200


def walk(stage: Stage) -> Iterator[Row]:
    """(d) A walk over all tokens."""
    total = stage.scale.units(ALL)
    hand = peers.ByHand(stage.base(total))
    stage.ends.callback(hand.close)
    ours = stage.ends.enter_context(AccessTokensClient(stage.base(total), peers.PAT))

    def by_hand() -> None:
        page = hand.page(PAGE)
        while len(page) == PAGE:
            page = hand.page(PAGE, afterTokenId=page[-1]["tokenId"])

    def all_of_ours() -> None:
        assert sum(1 for _ in ours.iter_tokens(include_expired=True, page_size=PAGE)) == total

    yield Comparison(
        f"(d) a walk over {total:,}",
        "a token",
        take_turns({OURS: all_of_ours, BY_HAND: by_hand}, total, stage.scale.rounds),
    )
    more = _peak(stage, ALL) - _peak(stage, FEW)
    yield Figure(
        f"(d) more memory for {ALL:,} tokens than for {FEW:,}", f"{more:.1f} MB", "at most 10 MB", more <= 10
    )


_WALK = """
import sys, tracemalloc
from access_tokens import AccessTokensClient
tracemalloc.start()
with AccessTokensClient(sys.argv[1], "benchmark.pat") as client:
    assert sum(1 for _ in client.iter_tokens(include_expired=True)) == int(sys.argv[2])
print(tracemalloc.get_traced_memory()[1] / 1e6)
"""


def _peak(stage: Stage, total: int) -> float:
    """Return the peak of the memory that a walk over so many tokens takes, in MB."""
    return float(_output(_WALK, stage.base(total), str(total)))


def _output(script: str, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    ).stdout


def batch(stage: Stage) -> Iterator[Row]:
    """(e) Many records by their ids."""
    ids = [f"{number:021}" for number in range(IDS)]
    parts = [ids[begin : begin + 4_000] for begin in range(0, IDS, 4_000)]
    (ours, hand), (async_ours, async_hand) = (
        stage.open(100, peers.Ours, peers.ByHand),
        stage.open_async(peers.AsyncOurs, peers.AsyncByHand),
    )

    async def one_by_one() -> None:
        for part in parts:
            await async_hand.batch(part)

    stage.counts()
    ours.client.batch_load(ids)
    requests = stage.counts()["POST /admin/tokens/batch"]
    yield Figure(
        f"(e) requests for {IDS:,} ids",
        str(requests),
        f"at most {FEWEST_BATCHES}",
        requests <= FEWEST_BATCHES,
    )
    works = {OURS: lambda: ours.client.batch_load(ids), BY_HAND: lambda: [hand.batch(part) for part in parts]}
    yield Comparison(f"(e) batch_load of {IDS:,} ids, sync", "", stage.measure(works, 1))
    works = {
        OURS: lambda: stage.run(lambda: async_ours.client.batch_load(ids)),
        BY_HAND: lambda: stage.run(one_by_one),
    }
    yield Comparison(f"(e) batch_load of {IDS:,} ids, async", "", stage.measure(works, 1))


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
    ours = peers.AsyncOurs(stage.base())
    async with ours.client, asyncio.TaskGroup() as group:
        for _ in range(CALLERS):
            group.create_task(ours.page(10))


async def _locked(stage: Stage) -> None:
    """What users write who have met the stampede."""
    hand, lock, jwt = peers.AsyncByHand(stage.base()), asyncio.Lock(), dict[str, str]()

    async def call() -> None:
        async with lock:
            if not jwt:
                answer = await hand.http.post("/auth/token", headers={"Authorization": f"Bearer {peers.PAT}"})
                jwt.update(answer.json())
        await hand.page(10)

    async with hand.http, asyncio.TaskGroup() as group:
        for _ in range(CALLERS):
            group.create_task(call())


_IMPORT = "import time; begin = time.process_time(); {}; print(time.process_time() - begin)"
_IMPORTS = ("import httpx", "import access_tokens", "from access_tokens import AccessTokensClient")


def start(stage: Stage) -> Iterator[Row]:
    """(g) Importing the package and making a client."""
    seconds: dict[str, list[float]] = {statement: [] for statement in _IMPORTS}
    for _ in range(stage.scale.units(21) + 4):
        for statement in _IMPORTS:
            seconds[statement].append(float(_output(_IMPORT.format(statement))))
    base, *ours = (statistics.median(seconds[statement]) * 1e3 for statement in _IMPORTS)
    for statement, milliseconds in zip(_IMPORTS[1:], ours, strict=True):
        yield Figure(
            f"(g) {statement}",
            f"{milliseconds:.0f} ms, httpx alone {base:.0f}",
            "at most 40 ms more",
            milliseconds - base <= 40,
        )
    for statement in _IMPORTS[1:]:
        brought = _output(f"import sys; {statement}; print(*sys.modules)").split()
        early = {"access_tokens_api", "cattrs", "starlette"} & set(brought)
        yield Figure(
            f"(g) {statement}: brings along", ", ".join(early) or "nothing", "no core, no extra", not early
        )
    yield _construction(stage)


def _construction(stage: Stage) -> Row:
    count = stage.scale.units(1000)

    def construct() -> None:
        for _ in range(count):
            AccessTokensClient("https://tokens.example.com", peers.PAT).close()

    costs = take_turns({OURS: construct}, count, stage.scale.rounds)[OURS]
    milliseconds = statistics.median(cost.wall for cost in costs) * 1e3
    return Figure("(g) making a client", f"{milliseconds:.2f} ms", "under 1 ms", milliseconds < 1)
