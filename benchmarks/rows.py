"""The rows: calls one by one, in flight together, and with much in one answer."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from . import peers
from .measure import OURS, Work
from .report import Comparison, Row
from .stage import Stage

BY_HAND = "httpx by hand"
CORE = "generated core"
AUTHLIB = "Authlib"

SYNC: dict[str, Callable[[str], Any]] = {
    OURS: peers.Ours,
    BY_HAND: peers.ByHand,
    CORE: peers.Core,
    AUTHLIB: peers.Authlib,
}
ASYNC: dict[str, Callable[[str], Any]] = {
    OURS: peers.AsyncOurs,
    BY_HAND: peers.AsyncByHand,
    CORE: peers.AsyncCore,
    AUTHLIB: peers.AsyncAuthlib,
}


def _times(count: int, call: Callable[[], object]) -> None:
    for _ in range(count):
        call()


async def _times_async(count: int, call: Callable[[], Awaitable[object]]) -> None:
    for _ in range(count):
        await call()


async def _at_once(width: int, count: int, call: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(width):
            group.create_task(_times_async(count, call))


def _in_threads(width: int, count: int, call: Callable[[], object]) -> None:
    threads = [threading.Thread(target=_times, args=(count, call)) for _ in range(width)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _sync(stage: Stage, do: Callable[[Any], object], tokens: int = 100) -> dict[str, Work]:
    clients = stage.open(tokens, *SYNC.values())
    return {name: partial(do, client) for name, client in zip(SYNC, clients, strict=True)}


def _async(stage: Stage, do: Callable[[Any], Awaitable[object]]) -> dict[str, Work]:
    clients = zip(ASYNC, stage.open_async(*ASYNC.values()), strict=True)
    return {name: partial(stage.run, partial(do, client)) for name, client in clients}


def one_by_one(stage: Stage) -> Iterator[Row]:
    """(a) One call after another."""
    count = stage.scale.units(500)
    goals = {BY_HAND: 0.85}
    works = _sync(stage, lambda peer: _times(count, lambda: peer.page(10)))
    yield Comparison("(a) one by one, sync", "a call", stage.measure(works, count), goals)
    works = _async(stage, lambda peer: _times_async(count, lambda: peer.page(10)))
    yield Comparison("(a) one by one, async", "a call", stage.measure(works, count), goals)


def together(stage: Stage) -> Iterator[Row]:
    """(b) Calls that are in flight together."""
    yield _in_flight(stage, 10, {})
    yield _in_flight(stage, 50, {BY_HAND: 0.8})
    count = stage.scale.units(100)
    works = _sync(stage, lambda peer: _in_threads(8, count, lambda: peer.page(10)))
    yield Comparison("(b) 8 threads", "a call", stage.measure(works, 8 * count))


def _in_flight(stage: Stage, width: int, goals: dict[str, float]) -> Row:
    count = stage.scale.units(1000 // width)
    works = _async(stage, lambda peer: _at_once(width, count, lambda: peer.page(10)))
    return Comparison(f"(b) {width} tasks", "a call", stage.measure(works, width * count), goals)


def page_of_1000(stage: Stage) -> Iterator[Row]:
    """(c) Much in one answer."""
    count = stage.scale.units(40)
    works = _sync(stage, lambda peer: _times(count, lambda: peer.page(1000)), tokens=1000)
    body = json.dumps({"records": peers.ByHand(stage.base(1000)).page(1000)})
    works["json.loads alone"] = lambda: _times(count, lambda: json.loads(body))
    yield Comparison("(c) a page of 1,000", "a page", stage.measure(works, count), {CORE: 1.25})


def issue(stage: Stage) -> Iterator[Row]:
    """(h) A new token."""
    count = stage.scale.units(300)
    works = _sync(stage, lambda peer: _times(count, peer.issue))
    yield Comparison("(h) issue, sync", "a call", stage.measure(works, count))
    works = _async(stage, lambda peer: _times_async(count, peer.issue))
    yield Comparison("(h) issue, async", "a call", stage.measure(works, count))
