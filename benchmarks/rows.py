"""The rows: calls one by one, in flight together, and with much in one answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Any

from . import peers
from .loops import at_once, in_threads, times, times_async
from .measure import OURS, Work
from .ours import PAGE, AsyncOurs, Ours
from .report import Comparison, Row
from .stage import Stage
from .worker import FAST, in_both_forms

BY_HAND = "httpx by hand"
HTTPX2 = "httpx2 by hand"
AIOHTTP = "aiohttp by hand"
HTTPCORE = "httpcore alone"
CORE = "generated core"
AUTHLIB = "Authlib"
JSON = "json.loads alone"

# The TypeScript client cannot run here. On one machine its page took so many times as long as `json.loads`.
TYPESCRIPT_PAGE = 2.3

Kinds = Mapping[str, Callable[[str], Any]]

SYNC: dict[str, Callable[[str], Any]] = {
    OURS: Ours,
    BY_HAND: peers.ByHand,
    HTTPX2: peers.Httpx2,
    CORE: peers.Core,
    AUTHLIB: peers.Authlib,
}
ASYNC: dict[str, Callable[[str], Any]] = {
    OURS: AsyncOurs,
    BY_HAND: peers.AsyncByHand,
    HTTPX2: peers.AsyncHttpx2,
    AIOHTTP: peers.AsyncAiohttp,
    CORE: peers.AsyncCore,
    AUTHLIB: peers.AsyncAuthlib,
}
FLOOR: dict[str, Callable[[str], Any]] = {HTTPCORE: peers.AsyncHttpcore}


def sync_works(stage: Stage, kinds: Kinds, do: Callable[[Any], object], tokens: int = 100) -> dict[str, Work]:
    """Return what each kind of client does, by its name."""
    clients = stage.open(tokens, *kinds.values())
    return {name: partial(do, client) for name, client in zip(kinds, clients, strict=True)}


def async_works(
    stage: Stage,
    kinds: Kinds,
    do: Callable[[Any], Awaitable[object]],
    tokens: int = 100,
) -> dict[str, Work]:
    """Return what each kind of async client does, by its name."""
    clients = stage.open_async(tokens, *kinds.values())
    return {
        name: partial(stage.run, partial(do, client)) for name, client in zip(kinds, clients, strict=True)
    }


def one_by_one(stage: Stage) -> Iterator[Row]:
    """(a) One call after another."""
    count = stage.scale.units(200)
    goals = {BY_HAND: 0.85}
    works = sync_works(stage, SYNC, lambda peer: times(count, lambda: peer.page(10)))
    yield Comparison("(a) one by one, sync", "a call", stage.measure(works, count), goals)
    works = async_works(stage, ASYNC | FLOOR, lambda peer: times_async(count, lambda: peer.page(10)))
    yield Comparison("(a) one by one, async", "a call", stage.measure(works, count), goals)


def together(stage: Stage) -> Iterator[Row]:
    """(b) Calls that are in flight together."""
    yield _in_flight(stage, 10, {})
    yield _in_flight(stage, 50, {BY_HAND: 0.22})
    count = stage.scale.units(25)
    works = sync_works(stage, SYNC, lambda peer: in_threads(8, count, lambda: peer.page(10)))
    yield Comparison("(b) 8 threads", "a call", stage.measure(works, 8 * count))


def _in_flight(stage: Stage, width: int, goals: dict[str, float]) -> Row:
    count = stage.scale.units(10)
    works = async_works(stage, ASYNC | FLOOR, lambda peer: at_once(width, count, lambda: peer.page(10)))
    return Comparison(f"(b) {width} tasks", "a call", stage.measure(works, width * count), goals)


def page_of_1000(stage: Stage) -> Iterator[Row]:
    """(c) Much in one answer, with the dependencies of every installation, and with msgspec."""
    count = stage.scale.units(20)
    works = in_both_forms(stage, "pages", PAGE, count) | _pages_of_peers(stage, count)
    costs = dict(stage.measure(works, count))
    fast = {name: costs[name] for name in (FAST, BY_HAND, AIOHTTP, JSON)}
    del costs[FAST]
    yield Comparison("(c) a page of 1,000", "a page", costs, {BY_HAND: 1.5, CORE: 1.25})
    yield Comparison("(c) a page of 1,000, with msgspec", "a page", fast, {JSON: TYPESCRIPT_PAGE}, ours=FAST)


def _pages_of_peers(stage: Stage, count: int) -> dict[str, Work]:
    sync = {name: kind for name, kind in SYNC.items() if name != OURS}
    works = sync_works(stage, sync, lambda peer: times(count, lambda: peer.page(PAGE)), PAGE)
    works |= async_works(
        stage,
        {AIOHTTP: peers.AsyncAiohttp},
        lambda peer: times_async(count, lambda: peer.page(PAGE)),
        PAGE,
    )
    body = stage.body(f"/admin/tokens?limit={PAGE}", PAGE)
    return works | {JSON: lambda: times(count, lambda: json.loads(body))}


def issue(stage: Stage) -> Iterator[Row]:
    """(h) A new token."""
    count = stage.scale.units(150)
    goals = {BY_HAND: 0.95}
    works = sync_works(stage, SYNC, lambda peer: times(count, peer.issue))
    yield Comparison("(h) issue, sync", "a call", stage.measure(works, count), goals)
    works = async_works(stage, ASYNC, lambda peer: times_async(count, peer.issue))
    yield Comparison("(h) issue, async", "a call", stage.measure(works, count), goals)
