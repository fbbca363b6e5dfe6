"""How long a call waits before it is made again: as the policy says, or as the service asks."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens import RateLimitedError, RetryPolicy, UnavailableError

from ..helpers.callers import result_of
from ..helpers.fault_server import TOKENS, Play
from ..helpers.operations import AUTHENTICATE, ISSUE, LIST, failure_of, keep_jwt
from ..helpers.world import Canned, answers, canned_json
from .answers import say

SECONDS = st.integers(0, 4_000_000) | st.floats(0, 4_000_000)
POLICIES = st.builds(
    RetryPolicy,
    retries=st.integers(0, 10) | st.integers(0, 10**30),
    jitter=st.integers(0, 1) | st.floats(0, 1),
    **dict.fromkeys(("backoff", "backoff_max", "retry_after_max"), SECONDS),
)
ASKED = st.integers(0, 10**30).map(float) | st.floats(0, allow_nan=False)


@pytest.mark.fault(15)
@given(POLICIES, st.integers(1, 20), ASKED)
@profile(max_examples=60)
def test_what_the_service_asks_for_is_kept_to_the_second_up_to_the_ceiling(policy, retry, asked):
    is_waited = retry <= policy.retries and asked <= policy.retry_after_max
    assert policy.wait_before(retry, asked) == (asked if is_waited else None)


@given(POLICIES, st.integers(1, 9) | st.integers(1, 10**31))
@profile(max_examples=80)
def test_waits_double_up_to_the_longest_and_jitter_only_shortens_them(policy, retry):
    full = min(policy.backoff * 2 ** min(retry - 1, 60), policy.backoff_max)
    wait = policy.wait_before(retry)
    if wait is None:
        assert retry > policy.retries
    else:
        assert retry <= policy.retries
        assert full * (1 - policy.jitter) <= wait <= full
        assert policy.jitter or wait == full


@pytest.mark.fault(13, 14, 15)
@given(
    st.sampled_from([429, 503]),
    st.binary(max_size=40) | st.integers(0, 10**30).map(b"%d".__mod__) | st.just(b"9" * 5000),
    st.integers(0, 250) | st.floats(0, 250),
)
@profile(max_examples=80)
def test_any_bytes_lead_to_a_wait_within_the_ceiling_or_to_none(sync_world, status, value, ceiling):
    asking = Canned(status, b"", ((b"Retry-After", value),))
    policy = RetryPolicy(retries=1, backoff=0.125, retry_after_max=ceiling)
    client = sync_world.client(answers(asking, canned_json({"records": []})), retry=policy)
    result = result_of(client.list)
    if client.clock.waits:
        [wait] = client.clock.waits
        assert result == []
        assert wait == 0.125 or 0 <= wait <= ceiling
        assert not value.isdigit() or wait == float(value)
    else:
        assert type(result) is {429: RateLimitedError, 503: UnavailableError}[status]
        assert (result.retry_after or 0) > ceiling
        assert result.attempts == 1


NOW = datetime(2030, 1, 1, tzinfo=UTC)


def http_date(seconds: float, now: datetime = NOW) -> str:
    return format_datetime(now + timedelta(seconds=seconds), usegmt=True)


def asking(status: int, *values: str, date: str = http_date(0)) -> Play:
    """Return what answers that the client is to come back later, at such a date."""
    lines = [f"Retry-After: {value.encode().decode('latin-1')}" for value in values]
    return say(status, {"error": "busy"}, *([f"Date: {date}"] if date else []), *lines)


both = pytest.mark.parametrize("status", [429, 503])
some_operations = pytest.mark.parametrize(
    "operation", [LIST, ISSUE, AUTHENTICATE], ids=lambda each: each.name
)
HEARD = {"0": 0.0, "\t5 \t": 5.0, "120": 120.0, http_date(60): 60.0, http_date(-60): 0.0}
NONSENSE = ["", "-5", "5.5", "\uff15", "Tue, 01 Jan 2030 00:01:00", "x" * 60_000]


@pytest.mark.fault(13)
@both
@some_operations
def test_a_time_to_come_back_is_waited_for(server, client, operation, status):
    for value, seconds in HEARD.items():
        client.clock.waits.clear()
        server.play(operation.path, asking(status, value))
        operation.call(client)
        assert client.clock.waits == [seconds], value


@pytest.mark.fault(13)
@both
def test_a_time_to_come_back_grants_no_further_attempt(server, client, status):
    server.play(TOKENS, *[asking(status, value) for value in ("3", "0", http_date(9), "8")])
    error = failure_of(LIST, client)
    assert client.clock.waits == [3.0, 0.0, 9.0]
    assert (error.status_code, error.retry_after) == (status, 8.0)
    assert error.attempts == server.count(TOKENS) == 4


@pytest.mark.fault(13, 14)
@pytest.mark.parametrize(
    "play",
    [asking(429, "5", "10"), *(asking(503, value) for value in NONSENSE)]
    + [asking(status, "50") for status in (408, 500, 502, 504)],
)
def test_it_counts_on_no_other_status_and_not_when_it_makes_no_sense(server, client, play):
    server.play(TOKENS, play)
    client.list()
    assert client.clock.waits == [1.0]


@pytest.mark.fault(15)
@both
@some_operations
def test_a_time_over_the_ceiling_is_told_at_once(server, client, operation, status):
    for value in ("121", "9" * 60_000, http_date(121), "Fri, 31 Dec 9999 23:59:59 GMT"):
        server.play(operation.path, asking(status, value))
        error = failure_of(operation, client)
        assert type(error) is (RateLimitedError if status == 429 else UnavailableError)
        assert error.attempts == 1
        assert (error.retry_after or 0) > 120
        assert len(str(error)) < 200
    assert client.clock.waits == []


@pytest.mark.fault(15)
@pytest.mark.parametrize(("value", "seconds"), [("61", 61.0), (http_date(61), 61.0), ("60", 60.0)])
def test_a_time_over_the_deadline_is_told_at_once(server, make_client, value, seconds):
    client = make_client(server.endpoint, "pat_x", deadline=60)
    keep_jwt(client)
    server.play(TOKENS, asking(503, value))
    error = failure_of(LIST, client)
    assert (client.clock.waits, error.attempts, error.retry_after) == ([], 1, seconds)


def test_the_deadline_bounds_the_waits(server, make_client):
    client = make_client(server.endpoint, "pat_x", deadline=5.0, retry=RetryPolicy(retries=9))
    keep_jwt(client)
    server.always(TOKENS, say(503))
    assert failure_of(LIST, client).attempts == 3
    assert client.clock.waits == [1.0, 2.0]


@pytest.mark.fault(91)
@both
def test_a_date_to_come_back_is_counted_by_the_clock_of_who_says_it(server, client, status):
    """That of this machine, or of the service, may be off; it is told twice, or as asctime does."""
    for minutes_off in (-600, 0, 600):
        there = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes_off)
        in_7_seconds = http_date(7, there)
        asctime = f"{there:%a %b %e %H:%M:%S %Y}"
        for date in (http_date(0, there), asctime, f"{asctime}\r\nDate: {asctime}"):
            client.clock.waits.clear()
            server.play(TOKENS, asking(status, in_7_seconds, date=date))
            client.list()
            assert client.clock.waits == [7.0]


@pytest.mark.fault(91)
@pytest.mark.parametrize("date", ["", "soon", " "])
def test_without_a_date_it_is_counted_by_the_local_clock(server, client, date):
    server.play(TOKENS, asking(429, http_date(86_400, datetime.now(UTC)), date=date))
    assert failure_of(LIST, client).retry_after == pytest.approx(86_400, abs=3600)
