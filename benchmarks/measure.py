"""How costs are measured: contenders take turns inside one run, and only their ratios count."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import frozen

Work = Callable[[], object]
Costs = Mapping[str, "Sequence[Cost]"]

OURS = "ours"


@frozen
class Cost:
    """What one unit of work took, in seconds: by the clock, and of this process's CPUs."""

    wall: float
    cpu: float

    def each(self, units: int) -> Cost:
        """Return what one of so many units took."""
        return Cost(self.wall / units, self.cpu / units)


@frozen
class Ratio:
    """How many times as much as a peer ours took: the median of the rounds, and their range."""

    median: float
    least: float
    most: float


def take_turns(contenders: Mapping[str, Work], units: int, rounds: int) -> Costs:
    """Measure each contender once a round, and begin every round with another.

    Args:
        contenders: The work of each. What is done in another process returns its `Cost`, of all units.
        units: How many units of work each does at a time.
        rounds: How often each is measured, after one time that does not count.
    """
    for work in contenders.values():
        work()
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    for name in _in_turn(list(contenders), rounds):
        costs[name].append(cost_of(contenders[name]).each(units))
    return costs


def _in_turn(names: list[str], rounds: int) -> Iterator[str]:
    for turn in range(rounds):
        begin = turn % len(names)
        yield from names[begin:] + names[:begin]


def cost_of(work: Work) -> Cost:
    """Do work, and return what it took: its own word for it, if it was done in another process."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    done = work()
    cost = Cost(time.perf_counter() - wall, time.process_time() - cpu)
    return done if isinstance(done, Cost) else cost


def ratio(ours: Sequence[Cost], theirs: Sequence[Cost]) -> Ratio:
    """Compare two contenders round by round."""
    ratios = [one.wall / other.wall for one, other in zip(ours, theirs, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of each cost."""
    return Cost(statistics.median(each.wall for each in costs), statistics.median(each.cpu for each in costs))
