"""The table of the benchmarks, which marks what misses its goal."""

import pytest

from benchmarks.measure import OURS, Cost, Ratio, ratio, take_turns
from benchmarks.report import Comparison, Figure, table


def costs(*walls: float) -> list[Cost]:
    return [Cost(wall, wall / 2) for wall in walls]


def compared(goal: float) -> Comparison:
    return Comparison(
        "(a) calls",
        "a call",
        {OURS: costs(8e-4, 9e-4, 10e-4), "httpx": costs(1e-3, 1e-3, 1e-3)},
        {"httpx": goal},
    )


def test_a_ratio_is_the_median_of_rounds_that_were_measured_together():
    assert ratio(costs(1.0, 4.0, 9.0), costs(1.0, 2.0, 3.0)) == Ratio(2.0, 1.0, 3.0)


def test_contenders_take_turns_and_each_round_begins_with_another(monkeypatch):
    monkeypatch.setattr("gc.collect", lambda: 0)  # takes as long as the tests before have left objects
    done: list[str] = []
    works = {name: lambda name=name: done.append(name) for name in "abc"}
    measured = take_turns(works, units=1, rounds=4)
    assert "".join(done) == "abc" + "abc" + "bca" + "cab" + "abc"
    assert [len(each) for each in measured.values()] == [4, 4, 4]


def test_a_row_has_a_line_for_each_contender():
    _, _, ours, theirs = table([compared(0.95)]).splitlines()
    assert cells(ours) == ["(a) calls", "ours", "900 µs a call", "450 µs", "", ""]
    theirs_are = ["", "httpx", "1000 µs a call", "500 µs", "0.90 (0.80 to 1.00)", "at most 0.95"]
    assert cells(theirs) == theirs_are


def cells(line: str) -> list[str]:
    return [each.strip() for each in line.split("|")[1:-1]]


@pytest.mark.parametrize(
    ("row", "is_missed"),
    [
        (compared(0.90), False),
        (compared(0.89), True),
        (Figure("(d) memory", "9 MB", "at most 10 MB", is_reached=True), False),
        (Figure("(d) memory", "11 MB", "at most 10 MB", is_reached=False), True),
    ],
)
def test_a_row_that_misses_its_goal_is_marked(row, is_missed):
    assert row.is_missed is is_missed
    assert ("**OVER**" in table([row])) is is_missed
