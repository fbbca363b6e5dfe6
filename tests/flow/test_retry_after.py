"""`Retry-After`: which values are a time to come back, and which are none."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens._flow.retry_after import parse_retry_after

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.fault(13, 15)
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("5", 5.0),
        ("007", 7.0),
        ("9" * 400, float("inf")),
        ("9" * 60_000, float("inf")),
        ("Tue, 01 Jan 2030 00:00:00 GMT", 0.0),
        ("Tue, 01 Jan 2030 00:02:01 GMT", 121.0),
        ("Mon, 31 Dec 2029 23:59:00 GMT", 0.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0.0),
        ("Sun Nov  6 08:49:37 1994 GMT", 0.0),
        ("Tue Jan  1 00:00:07 2030", 7.0),
        ("Tue, 01 Jan 2030 01:00:09 +0100", 9.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 251_508_844_799.0),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_number_of_seconds_and_a_date_are_a_time_to_come_back(value, seconds):
    assert parse_retry_after(value, NOW) == seconds


NONSENSE = [
    *("", "-5", "+5", "5.5", "5,", "1e3", "1_000", "0x10", "nan", "inf", "Infinity", "5, 10", "5 s"),
    *("\uff15", "\u0665", "\u00b2", "\xa05", "soon", "2030-01-01T00:01:00Z", "1893456060000 ms"),
    "Tue, 01 Jan 2030 00:01:00",
    "Tue, 01 Jan 2030 00:01:00 -0000",
    "Tue, 01 Jan 20990 00:00:00 GMT",
    "Tue, 32 Jan 2030 00:00:00 GMT",
    "Tue, 01 Jan 2030 25:61:61 GMT",
    "Tue, 01 Jan 2030 00:01:00 +9999999",
    "Tue, 01 Jan 99999999999999999999 00:00:00 GMT",
    "1 Jan 2030 00:00:00 +" + "9" * 5000,
    *("Mon,", ",,,,, 1 1 1 1:1:1:1", "x" * 60_000, "1 " * 20_000),
]


@pytest.mark.fault(14)
@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: value[:20])
def test_anything_else_is_none(value):
    assert parse_retry_after(value, NOW) is None


# What a date is made of, and what is close to it.
PARTS = st.sampled_from(
    [
        *("Mon,", "Tue", "Sunday,", ",", "1", "01", "31", "32", "0", "-1", "99999", "Jan", "jan", "Foo"),
        *("01-Jan-70", "1970", "2030", "70", "0000", "9999", "20990", "00:00:00", "23:59:60", "24:61:61"),
        *("::", "1:2", "1.2.3", "GMT", "UTC", "EST", "-0000", "+0000", "+9999", "-99999", "+", "-"),
        *("(comment)", "\uff11", "9" * 30),
    ]
)
PIECES = st.lists(PARTS, max_size=8)
NUMBERS = st.integers(-(10**9), 10**9).map(str) | st.floats().map(str) | st.text("0123456789", max_size=400)


@pytest.mark.fault(14)
@given(NUMBERS | PIECES.map(" ".join) | PIECES.map("".join) | st.text())
@profile(max_examples=150)
def test_any_text_is_none_or_a_number_of_seconds_that_is_not_negative(value):
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or seconds >= 0
