"""What a subject costs at several sizes, as a table says it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from .fit import Point, line, slope
from .measure import OURS, Costs, median, ratio
from .report import in_markdown, number

_NOTHING = 5e-8  # seconds, which would be shown as 0.0 µs


@frozen
class Curve:
    """What grows with the size of the work.

    Attributes:
        title: What is done, beginning with the row's letter.
        unit: What the size counts.
        costs: For each size, from the least, what it took each contender, ours first.
    """

    title: str
    unit: str
    costs: Mapping[int, Costs]

    def lines(self) -> Iterator[tuple[str, ...]]:
        for name, points in self.points.items():
            title = f"{self.title}, {self.range} {self.unit}s" if name == OURS else ""
            yield title, name, self._cost(points), f"{slope(points):.2f}", self._ratios(name)

    def _cost(self, points: Sequence[Point]) -> str:
        found = line(points)
        begin = f"{duration(found.fixed)} + " if found.fixed > _NOTHING else ""
        return f"{begin}{duration(found.each)} per {self.unit}"

    @property
    def points(self) -> dict[str, list[Point]]:
        """What each contender took: the medians of its rounds."""
        points: dict[str, list[Point]] = {}
        for size, costs in self.costs.items():
            for name, found in costs.items():
                points.setdefault(name, []).append(Point(size, median(found).wall))
        return points

    @property
    def name(self) -> str:
        """What is done, as a heading."""
        return self.title.partition(") ")[2].capitalize()

    @property
    def range(self) -> str:
        """From which size to which."""
        return f"{min(self.costs):,} to {max(self.costs):,}"

    def _ratios(self, name: str) -> str:
        if name == OURS:
            return ""
        ratios = (ratio(costs[OURS], costs[name]) for costs in self.costs.values())
        return ", ".join(f"{each.median:.2f}" for each in ratios)


def duration(seconds: float) -> str:
    """Return seconds in words, in the unit that suits them."""
    for scale, name in ((1, "s"), (1e3, "ms")):
        if seconds * scale >= 1:
            return f"{number(seconds * scale)} {name}"
    return f"{number(seconds * 1e6)} µs"


def growth_table(curves: Iterable[Curve]) -> str:
    """Return the curves as a table in Markdown."""
    head = ("what grows", "contender", "time", "slope", "ours / it, at each size")
    return in_markdown(head, [each for curve in curves for each in curve.lines()])
