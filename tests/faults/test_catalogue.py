"""The catalogue of faults and the tests agree."""

import re
from pathlib import Path

HERE = Path(__file__).parents[1]
CASES = re.findall(r"^(\d+)\. ", (HERE / "faults/CATALOGUE.md").read_text(), re.MULTILINE)


def marked() -> set[str]:
    """Return the numbers of all cases that some test is marked with."""
    marks = re.findall(
        r"mark\.fault\(([\d, ]+)\)", "\n".join(each.read_text() for each in HERE.rglob("test_*.py"))
    )
    return {number.strip() for mark in marks for number in mark.split(",")}


def test_every_case_has_a_number_of_its_own():
    assert [str(number) for number in range(1, len(CASES) + 1)] == CASES


def test_every_case_has_a_test_and_every_mark_a_case():
    assert marked() == set(CASES)
