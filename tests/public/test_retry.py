"""The retry policy."""

import pytest

from access_tokens import RetryPolicy
from access_tokens.retry import LONGEST_WAIT


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
    ("name", "right", "wrong"),
    [
        ("retries", [0], [-1, 1.5, True]),
        ("backoff", [0, LONGEST_WAIT], [-0.1, LONGEST_WAIT + 1, float("nan"), 10**400]),
        ("backoff_max", [0.5], [float("nan"), float("inf"), "30"]),
        ("retry_after_max", [0], [-0.1]),
        ("jitter", [0, 1], [-0.01, 1.01, True]),
        ("statuses", [[400], [599]], [[399], [600], {200}, {"503"}, [[503]], 429, None]),
    ],
)
def test_a_value_that_makes_no_sense_is_named(name, right, wrong):
    for value in right:
        RetryPolicy(**{name: value})
    for value in wrong:
        with pytest.raises((ValueError, TypeError), match=f"^{name} must"):
            RetryPolicy(**{name: value})
