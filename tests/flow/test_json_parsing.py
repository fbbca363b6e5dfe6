"""JSON is parsed as if each whole number of over 400 characters were spelled as a float."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from access_tokens._flow.json_parsing import may_have_long_number, parsed

# As long as the longest int, give or take a few: with any character before it, and at any place.
DIGITS = st.integers(396, 404).map(lambda count: "7" * count)
NUMBERS = st.one_of(DIGITS, DIGITS.map("-{}".format), st.sampled_from(["0", "-0", "1.5", "NaN", "9" * 5000]))
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be"])


def number_by_number(content: bytes) -> Any:
    return json.loads(content, parse_int=lambda digits: int(digits) if len(digits) <= 400 else float(digits))


def outcome(parse: Any, content: bytes) -> str:
    try:
        return repr(parse(content))
    except ValueError as error:
        return f"{type(error)}: {error}"


@given(st.text(" \n", max_size=120), st.lists(NUMBERS, max_size=3), st.sampled_from("]} "), ENCODINGS)
@example("", ["7" * 401], "]", "utf-8")
@example("", ["-" + "7" * 400], "]", "utf-8")
def test_it_is_parsed_as_number_by_number(space, numbers, end, encoding):
    content = f"{space}[{', '.join(numbers)}{end}".encode(encoding)
    assert outcome(parsed, content) == outcome(number_by_number, content)


@pytest.mark.parametrize("digits", ["7" * 400, "-" + "7" * 400, "7" * 100_000])
def test_a_long_number_is_seen_wherever_it_begins(digits):
    for before in range(101):
        assert may_have_long_number(b" " * before + digits.encode())


def test_ids_and_times_are_no_long_numbers():
    records = [{"tokenId": "1234567" * 3, "createdAt": 1_700_000_000, "secretPhc": "9" * 70}] * 1000
    assert not may_have_long_number(json.dumps({"records": records}).encode())
