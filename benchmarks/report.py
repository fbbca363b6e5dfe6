"""The table: what each contender cost, how ours compares, and whether a goal is missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import Factory, frozen

from .measure import OURS, Cost, Costs, Ratio, median, ratio

MISSED = "OVER"


@frozen
class Comparison:
    """A row of contenders that did the same work.

    Attributes:
        title: What they did, beginning with the row's letter.
        unit: What a cost is that of.
        costs: Their costs, ours first.
        goals: How many times as much as a peer ours may take.
        ours: The name of the contender that is compared with the others.
    """

    title: str
    unit: str
    costs: Costs
    goals: Mapping[str, float] = Factory(dict[str, float])
    ours: str = OURS

    def lines(self) -> Iterator[tuple[str, ...]]:
        for name, costs in self.costs.items():
            yield (
                *(self.title if name == self.ours else "", name, *_shown(median(costs), self.unit)),
                *self._compared(name),
            )

    def _compared(self, name: str) -> tuple[str, str]:
        if name == self.ours:
            return "", ""
        found = self._ratio(name)
        return f"{found.median:.2f} ({found.least:.2f} to {found.most:.2f})", self._judged(name, found)

    def _judged(self, name: str, found: Ratio) -> str:
        goal = self.goals.get(name)
        return "" if goal is None else judged(f"at most {goal:.2f}", found.median <= goal)

    @property
    def is_missed(self) -> bool:
        return any(self._ratio(name).median > goal for name, goal in self.goals.items())

    def _ratio(self, name: str) -> Ratio:
        return ratio(self.costs[self.ours], self.costs[name])


@frozen
class Figure:
    """A row that is about a number of its own, not about a peer."""

    title: str
    found: str
    goal: str
    is_reached: bool
    ours: str = OURS

    def lines(self) -> Iterator[tuple[str, ...]]:
        yield self.title, self.ours, self.found, "", "", judged(self.goal, self.is_reached)

    @property
    def is_missed(self) -> bool:
        return not self.is_reached


Row = Comparison | Figure


def judged(goal: str, is_reached: bool) -> str:
    """Return a goal, marked where it is missed."""
    return goal if is_reached else f"{goal}: **{MISSED}**"


def _shown(cost: Cost, unit: str) -> tuple[str, str]:
    scale, name = (1e6, "µs") if cost.wall < 1e-2 else (1e3, "ms")
    return f"{number(cost.wall * scale)} {name} {unit}", f"{number(cost.cpu * scale)} {name}"


def number(value: float) -> str:
    """Return a number with a decimal where it is small."""
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}"


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a table in Markdown, which is as readable without it."""
    head = ("row", "contender", "time", "CPU time", "ours / it (range)", "goal")
    return in_markdown(head, [line for row in rows for line in row.lines()])


def in_markdown(head: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> str:
    """Return a table whose columns are aligned."""
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]
    shown = [
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in (head, *lines)
    ]
    rule = " | ".join("-" * width for width in widths)
    return "\n".join(f"| {line} |" for line in (shown[0], rule, *shown[1:]))
