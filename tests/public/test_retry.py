"""The retry policy."""

from __future__ import annotations

import pytest

from access_tokens import RetryPolicy


def waits(policy: RetryPolicy, count: int) -> list[float | None]:
    return [policy.wait_before(retry) for retry in range(1, count + 1)]


@pytest.mark.fault(11)
def test_waits_double_and_end_after_three_retries():
    assert waits(RetryPolicy(), 4) == [1.0, 2.0, 4.0, None]


def test_waits_are_capped():
    assert waits(RetryPolicy(retries=7), 7) == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_a_great_many_retries_do_not_overflow():
    assert RetryPolicy(retries=10_000).wait_before(9_999) == 30.0


@pytest.mark.fault(15)
def test_retry_after_replaces_the_wait_up_to_a_ceiling():
    policy = RetryPolicy(backoff=8.0)
    assert [policy.wait_before(1, asked) for asked in (0.0, 120.0, 120.1)] == [0.0, 120.0, None]


@pytest.mark.fault(13)
def test_retry_after_grants_no_further_retry():
    assert RetryPolicy(retries=1).wait_before(2, 0.0) is None


def test_jitter_only_shortens_and_leaves_retry_after_alone():
    policy = RetryPolicy(jitter=0.5)
    drawn = [policy.wait_before(1) for _ in range(200)]
    assert all(wait is not None and 0.5 <= wait <= 1.0 for wait in drawn)
    assert len(set(drawn)) > 1
    assert policy.wait_before(1, 5.0) == 5.0


@pytest.mark.parametrize(
    "values",
    [
        {"retries": -1},
        {"retries": 1.5},
        {"retries": True},
        {"backoff": -1},
        {"backoff": float("nan")},
        {"backoff_max": float("inf")},
        {"backoff": 10**400},
        {"backoff_max": "30"},
        {"retry_after_max": -0.1},
        {"jitter": 1.1},
        {"jitter": True},
        {"statuses": {200}},
        {"statuses": {"503"}},
        {"statuses": [[503]]},
        {"statuses": 429},
        {"statuses": None},
    ],
)
def test_a_value_that_makes_no_sense_is_named(values):
    with pytest.raises((ValueError, TypeError), match=next(iter(values))):
        RetryPolicy(**values)
