"""The tables of the benchmarks, which mark what misses its goal, and the drawing of what grows."""

import json
import sys
from xml.etree import ElementTree

import pytest

from benchmarks.child import cost_inside, cost_of_all, output_of
from benchmarks.curve import Curve, growth_table
from benchmarks.fit import Line, Point, line, slope
from benchmarks.measure import OURS, Cost, Ratio, ratio, take_turns
from benchmarks.plot import svg
from benchmarks.report import Comparison, Figure, table
from benchmarks.stage import QUICK, stage
from benchmarks.worker import FAST, in_both_forms

SVG = "{http://www.w3.org/2000/svg}"


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


def test_work_that_was_done_in_another_process_costs_what_it_says():
    measured = take_turns({"there": lambda: Cost(wall=6.0, cpu=3.0)}, units=3, rounds=1)
    assert measured == {"there": [Cost(wall=2.0, cpu=1.0)]}


def test_a_row_may_compare_another_form_of_ours():
    row = Comparison("(c) pages", "", {FAST: costs(3.0), "json": costs(1.0)}, {"json": 2.3}, ours=FAST)
    assert row.is_missed
    assert cells(table([row]).splitlines()[2])[:2] == ["(c) pages", "ours, with msgspec"]


def test_both_forms_do_the_same_work_the_other_in_a_process_of_its_own():
    with stage(QUICK) as place:
        works = in_both_forms(place, "pages", 1_000, 2)
        assert isinstance(works[FAST](), Cost)
        assert works[OURS]() is None
        assert json.loads(place.body("/counts"))["GET /admin/tokens"] == 4


def test_the_client_is_imported_only_after_msgspec_is_hidden_from_it():
    assert output_of("import benchmarks.__main__; print('access_tokens' in sys.modules)").split() == ["False"]


def test_a_package_can_be_hidden_from_a_process():
    hidden = "try: import click\nexcept ImportError: print('no')"
    assert output_of(hidden, hidden=["click"]).split() == ["no"]
    assert output_of(hidden) == ""


def test_a_process_is_measured_from_its_first_statement_or_as_a_whole():
    assert cost_inside("sum(range(10))").wall > 0
    assert cost_of_all([sys.executable, "-c", "pass"]).cpu > 0


def grown(power: float, fixed: float = 0.0) -> list[Point]:
    return [Point(size, fixed + 2e-6 * size**power) for size in (1, 10, 100, 1_000)]


@pytest.mark.parametrize("power", [0, 0.5, 1, 2])
def test_the_slope_is_the_power_with_which_a_cost_grows(power):
    assert slope(grown(power)) == pytest.approx(power)


def test_a_line_has_what_is_fixed_and_what_each_unit_adds():
    found = line(grown(1, fixed=5e-3))
    assert (found.fixed, found.each) == pytest.approx((5e-3, 2e-6))


def test_a_line_never_begins_below_nothing():
    found = line(grown(2))
    assert found.fixed == 0
    assert found.each > 0
    assert isinstance(found, Line)


def curve(title: str, unit: str, **points: list[Point]) -> Curve:
    sizes = zip(*points.values(), strict=True)
    return Curve(
        title,
        unit,
        {
            found[0].size: {name: costs(each.seconds) for name, each in zip(points, found, strict=True)}
            for found in sizes
        },
    )


CURVES = [
    curve("(i) a page", "record", ours=grown(1, 5e-3), httpx=grown(1, 1e-2)),
    curve("(i) a call in each task", "task", ours=grown(1), httpx=grown(2), aiohttp=grown(0.5)),
]


def test_what_grows_is_told_as_a_line_and_a_slope():
    _, _, ours, theirs, of_tasks, *_ = growth_table(CURVES).splitlines()
    first = ["(i) a page, 1 to 1,000 records", "ours", "5.0 ms + 2.0 µs per record", "0.05", ""]
    assert cells(ours) == first
    assert cells(theirs)[-1] == "0.50, 0.50, 0.51, 0.58"
    assert cells(of_tasks)[2] == "2.0 µs per task"


def test_a_drawing_is_xml_with_a_point_for_each_measurement():
    drawing = ElementTree.fromstring(svg(CURVES))
    measured = [each for each in drawing.iter(f"{SVG}circle") if len(each)]
    assert len(measured) == 5 * 4
    assert measured[3].findtext(f"{SVG}title") == "ours: 1,000 in 7.0 ms"


def test_a_drawing_keeps_within_its_panels():
    drawing = ElementTree.fromstring(svg(CURVES))
    for dot in drawing.iter(f"{SVG}circle"):
        assert 0 < float(dot.attrib["cx"]) < 290
        assert 0 < float(dot.attrib["cy"]) < 240


def test_a_drawing_says_in_words_what_it_shows():
    drawing = ElementTree.fromstring(svg(CURVES))
    named = [drawing.find(f"*[@id='{each}']") for each in drawing.attrib["aria-labelledby"].split()]
    spoken = [each.text for each in named if each is not None]
    assert spoken[0] == "The cost as the work grows"
    assert "A page, 1 to 1,000 records: ours with slope 0.05, httpx with slope 0.02" in str(spoken[1])
