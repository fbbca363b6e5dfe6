"""Every legal retry policy gives bounded waits, and an end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens import RetryPolicy

SECONDS = st.integers(0, 4_000_000) | st.floats(0, 4_000_000)
POLICIES = st.builds(
    RetryPolicy,
    retries=st.integers(0, 10) | st.integers(0, 10**30),
    backoff=SECONDS,
    backoff_max=SECONDS,
    retry_after_max=SECONDS,
    jitter=st.integers(0, 1) | st.floats(0, 1),
    statuses=st.sets(st.integers(400, 599), max_size=3),
)
ASKED = st.integers(0, 10**30).map(float) | st.floats(0, allow_nan=False)


@given(POLICIES, st.integers(1, 20) | st.integers(1, 10**31))
@profile(max_examples=120)
def test_a_wait_is_within_the_longest_and_none_follows_the_last_retry(policy, retry):
    wait = policy.wait_before(retry)
    if retry > policy.retries:
        assert wait is None
    else:
        assert wait is not None
        assert 0 <= wait <= policy.backoff_max


@pytest.mark.fault(15)
@given(POLICIES, st.integers(1, 20), ASKED)
@profile(max_examples=120)
def test_what_the_service_asks_for_is_kept_to_the_second_up_to_the_ceiling(policy, retry, asked):
    is_waited = retry <= policy.retries and asked <= policy.retry_after_max
    assert policy.wait_before(retry, asked) == (asked if is_waited else None)


@given(POLICIES, st.integers(1, 9))
@profile(max_examples=80)
def test_waits_double_up_to_the_longest_and_jitter_only_shortens_them(policy, retry):
    full = min(policy.backoff * 2 ** (retry - 1), policy.backoff_max)
    wait = policy.wait_before(retry)
    if wait is not None:
        assert full * (1 - policy.jitter) <= wait <= full
        assert policy.jitter or wait == full
