"""`Retry-After`: whatever it says, a wait is bounded and nothing breaks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens import RateLimitedError, RetryPolicy, UnavailableError
from access_tokens._flow.retry_after import parse_retry_after

from ..helpers.callers import result_of
from ..helpers.world import Canned, World, answers, canned_json

ZONES = st.timedeltas(timedelta(hours=-23), timedelta(hours=23))
NUMBERS = st.integers(-(10**9), 10**9).map(str) | st.floats().map(str) | st.text("0123456789", max_size=400)
# What a date is made of, and what is close to it.
PARTS = st.sampled_from(
    [
        *(
            "Mon,",
            "Tue",
            "Sunday,",
            ",",
            "1",
            "01",
            "31",
            "32",
            "0",
            "-1",
            "99999",
            "Jan",
            "jan",
            "Foo",
            "01-Jan-70",
        ),
        *(
            "1970",
            "2030",
            "70",
            "0000",
            "9999",
            "20990",
            "00:00:00",
            "23:59:60",
            "24:61:61",
            "::",
            "1:2",
            "1.2.3",
        ),
        *(
            "GMT",
            "UTC",
            "EST",
            "-0000",
            "+0000",
            "+9999",
            "-99999",
            "+",
            "-",
            "(comment)",
            "\uff11",
            "9" * 30,
        ),
    ]
)
DATES = st.lists(PARTS, max_size=8).map(" ".join) | st.lists(PARTS, max_size=8).map("".join)
VALUES = NUMBERS | DATES | st.text()
LATIN = st.characters(max_codepoint=0xFF, exclude_characters="\r\n")
POLICY = st.builds(
    RetryPolicy,
    retries=st.just(1),
    backoff=st.just(0.125),
    retry_after_max=st.integers(0, 250) | st.floats(0, 250),
)


@pytest.mark.fault(14)
@given(VALUES, st.datetimes(timezones=st.just(UTC)))
@example("Mon,", datetime(2030, 1, 1, tzinfo=UTC))
@example("0" * 5000, datetime(2030, 1, 1, tzinfo=UTC))
@example("9" * 5000, datetime(2030, 1, 1, tzinfo=UTC))
@example("1 Jan 2030 00:00:00 +" + "9" * 5000, datetime(2030, 1, 1, tzinfo=UTC))
@profile(max_examples=250)
def test_any_text_is_ignored_or_a_number_of_seconds_that_is_not_negative(value, now):
    seconds = parse_retry_after(value, now)
    assert seconds is None or seconds >= 0


def attempt(world: World, status: int, value: bytes, policy: RetryPolicy) -> tuple[Any, list[float]]:
    """Return what comes of a call that is told to wait once, and the waits."""
    told = Canned(status, b"", ((b"Retry-After", value),))
    client = world.client(answers(told, canned_json({"records": []})), retry=policy)
    return result_of(client.list), client.clock.waits


@pytest.mark.fault(14, 15)
@given(st.sampled_from([429, 503]), st.binary(max_size=40) | VALUES.map(str.encode), POLICY)
@profile(max_examples=50)
def test_any_bytes_lead_to_a_wait_within_the_ceiling_or_to_none(world, status, value, policy):
    result, waits = attempt(world, status, value, policy)
    if waits:
        assert (result, len(waits)) == ([], 1)
        assert waits == [policy.backoff] or 0 <= waits[0] <= policy.retry_after_max
    else:
        assert type(result) is {429: RateLimitedError, 503: UnavailableError}[status]
        assert (result.retry_after or 0) > policy.retry_after_max
        assert result.attempts == 1


@pytest.mark.fault(13, 15)
@given(st.sampled_from([429, 503]), st.integers(0, 10**30), POLICY)
@profile(max_examples=25)
def test_a_number_of_seconds_is_waited_for_exactly_or_not_at_all(world, status, seconds, policy):
    result, waits = attempt(world, status, b"%d" % seconds, policy)
    if seconds <= policy.retry_after_max:
        assert (result, waits) == ([], [float(seconds)])
    else:
        assert (result.retry_after, result.attempts, waits) == (float(seconds), 1, [])
