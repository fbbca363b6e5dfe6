"""What costs as the work grows: the same work at several sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import frozen

from . import peers
from .curve import Curve
from .loops import at_once, in_threads, times
from .measure import OURS, Costs, Work, take_turns
from .much import batch_by_hand, walk_by_hand
from .ours import AsyncOurs, Ours, batch, walk
from .rows import AIOHTTP, BY_HAND, async_works, sync_works
from .stage import Stage

Works = Callable[[Stage, int, int], Mapping[str, Work]]


@frozen
class _Subject:
    """What grows.

    Attributes:
        title: What is done.
        unit: What there is more and more of.
        most: How much there is of it at most in one turn, by which small work is repeated.
        sizes: How much there is of it.
        works: Returns the contenders' work, from the stage, a size, and how often to do it.
    """

    title: str
    unit: str
    most: int
    sizes: Sequence[int]
    works: Works


def _pages(stage: Stage, size: int, count: int) -> Mapping[str, Work]:
    kinds = {OURS: Ours, BY_HAND: peers.ByHand}
    return sync_works(stage, kinds, lambda peer: times(count, lambda: peer.page(size)), size)


def _walks(stage: Stage, size: int, count: int) -> Mapping[str, Work]:
    return {OURS: walk(stage, size, count), BY_HAND: walk_by_hand(stage, size, count)}


def _batches(stage: Stage, size: int, count: int) -> Mapping[str, Work]:
    return {OURS: batch(stage, size, count), BY_HAND: batch_by_hand(stage, size, count)}


def _tasks(stage: Stage, size: int, count: int) -> Mapping[str, Work]:
    kinds = {OURS: AsyncOurs, BY_HAND: peers.AsyncByHand, AIOHTTP: peers.AsyncAiohttp}
    return async_works(stage, kinds, lambda peer: at_once(size, count, lambda: peer.page(10)))


def _threads(stage: Stage, size: int, count: int) -> Mapping[str, Work]:
    kinds = {OURS: Ours, BY_HAND: peers.ByHand}
    return sync_works(stage, kinds, lambda peer: in_threads(size, count, lambda: peer.page(10)))


SUBJECTS = (
    _Subject("a page", "record", 5_000, (1, 10, 100, 1_000), _pages),
    _Subject("a walk", "token", 20_000, (1_000, 10_000, 100_000), _walks),
    _Subject("a call in each task", "task", 200, (1, 10, 50, 200, 500), _tasks),
    _Subject("a call in each thread", "thread", 200, (1, 4, 16, 64), _threads),
    _Subject("a batch", "id", 10_000, (100, 1_000, 10_000, 50_000), _batches),
)
MOST_REPEATS = 50
ROUNDS = 5


def growth(stage: Stage) -> Iterator[Curve]:
    """(i) The cost as the work grows."""
    for subject in SUBJECTS:
        yield Curve(
            f"(i) {subject.title}",
            subject.unit,
            {size: _measured(stage, subject, size) for size in subject.sizes},
        )


def _measured(stage: Stage, subject: _Subject, size: int) -> Costs:
    count = min(MOST_REPEATS, max(1, subject.most // size))
    return take_turns(subject.works(stage, size, count), count, ROUNDS)
