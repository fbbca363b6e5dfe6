"""What a service says of when to come back, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import format_datetime
from typing import Any, Self

import pytest

from access_tokens import AccessTokensError, RateLimitedError, RetryPolicy, UnavailableError

from ..helpers.fault_server import FaultServer, Play, response
from ..helpers.operations import AUTHENTICATE, ISSUE, LIST, Operation, failure_of, keep_jwt

Make = Callable[..., Any]
NOW = datetime(2030, 1, 1, tzinfo=UTC)

some_operations = pytest.mark.parametrize(
    "operation", [LIST, ISSUE, AUTHENTICATE], ids=lambda each: each.name
)
both = pytest.mark.parametrize("status", [429, 503])


class StandingClock(datetime):
    """Dates in headers are compared with the clock of the wall."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromtimestamp(NOW.timestamp(), tz)


@pytest.fixture(autouse=True)
def _standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("access_tokens._http.request.datetime", StandingClock)


@pytest.fixture
def victim(server: FaultServer, make_client: Make) -> Any:
    """A client with a JWT, which no wait outdates."""
    client = make_client(server.endpoint, "pat_x", deadline=200)
    keep_jwt(client)
    return client


def asking(status: int, *values: str) -> Play:
    lines = [f"Retry-After: {value.encode().decode('latin-1')}" for value in values]
    return lambda peer: peer.send(response(status, {"error": "busy"}, *lines))


def in_seconds(seconds: float) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


def refusal_of(operation: Operation, client: Any, status: int) -> AccessTokensError:
    error = failure_of(operation, client)
    assert type(error) is (RateLimitedError if status == 429 else UnavailableError)
    assert error.status_code == status
    return error


HEARD = {
    "0": 0.0,
    "5": 5.0,
    "007": 7.0,
    "120": 120.0,
    in_seconds(0): 0.0,
    in_seconds(60): 60.0,
    in_seconds(120): 120.0,
    in_seconds(-60): 0.0,
    "Sunday, 06-Nov-94 08:49:37 GMT": 0.0,
    "Sun Nov  6 08:49:37 1994 GMT": 0.0,
    "Tue, 01 Jan 2030 01:00:09 +0100": 9.0,
    "\t5 \t": 5.0,
}


@pytest.mark.fault(13)
@both
@some_operations
def test_a_time_to_come_back_is_waited_for(server, victim, operation, status):
    for value, seconds in HEARD.items():
        victim.clock.waits.clear()
        server.play(operation.path, asking(status, value))
        operation.call(victim)
        assert victim.clock.waits == [seconds], value


@pytest.mark.fault(13)
@both
@some_operations
def test_a_time_to_come_back_grants_no_further_attempt(server, victim, operation, status):
    server.play(operation.path, *[asking(status, value) for value in ("3", "0", in_seconds(9), "8")])
    error = refusal_of(operation, victim, status)
    assert victim.clock.waits == [3.0, 0.0, 9.0]
    assert (error.attempts, error.retry_after, server.count(operation.path)) == (4, 8.0, 4)


@pytest.mark.fault(13)
@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_it_counts_on_no_other_status(server, victim, status):
    server.play(LIST.path, asking(status, "50"))
    LIST.call(victim)
    assert victim.clock.waits == [1.0]


NONSENSE = [
    "",
    "-5",
    "+5",
    "5.5",
    "5,",
    "1e3",
    "1_000",
    "0x10",
    "nan",
    "inf",
    "Infinity",
    "5, 10",
    "5 s",
    "\uff15",
    "\u0665",
    "\u00b2",
    "\xa05",
    "soon",
    "Tue, 01 Jan 2030 00:01:00",
    "Tue, 01 Jan 2030 00:01:00 -0000",
    "Tue, 01 Jan 20990 00:00:00 GMT",
    "Tue, 32 Jan 2030 00:00:00 GMT",
    "Tue, 01 Jan 2030 25:61:61 GMT",
    "Tue, 01 Jan 2030 00:01:00 +9999999",
    "Tue, 01 Jan 99999999999999999999 00:00:00 GMT",
    "2030-01-01T00:01:00Z",
    "1893456060000 ms",
    ",,,,, 1 1 1 1:1:1:1",
    "x" * 60_000,
    "1 " * 20_000,
]
TOO_LONG = ["121", "86400", "9" * 400, "9" * 60_000, in_seconds(121), "Fri, 31 Dec 9999 23:59:59 GMT"]


@pytest.mark.fault(14)
@both
def test_a_time_that_makes_no_sense_is_not_heard(server, victim, status):
    for value in NONSENSE:
        victim.clock.waits.clear()
        server.play(LIST.path, asking(status, value))
        LIST.call(victim)
        assert victim.clock.waits == [1.0], value


@pytest.mark.fault(14)
@both
def test_two_times_are_none(server, victim, status):
    server.play(LIST.path, asking(status, "5", "10"))
    LIST.call(victim)
    assert victim.clock.waits == [1.0]


@pytest.mark.fault(15)
@both
@some_operations
def test_a_time_over_the_ceiling_is_told_at_once(server, victim, operation, status):
    for value in TOO_LONG:
        server.play(operation.path, asking(status, value))
        error = refusal_of(operation, victim, status)
        assert error.attempts == 1
        assert error.retry_after is not None
        assert error.retry_after > 120
        assert len(str(error)) < 200
    assert victim.clock.waits == []


@pytest.mark.fault(15)
@both
@some_operations
@pytest.mark.parametrize("value", ["61", in_seconds(61), "60"])
def test_a_time_over_the_deadline_is_told_at_once(server, make_client, operation, status, value):
    client = make_client(server.endpoint, "pat_x", deadline=60)
    keep_jwt(client)
    server.play(operation.path, asking(status, value))
    error = refusal_of(operation, client, status)
    assert (client.clock.waits, error.attempts) == ([], 1)
    assert error.retry_after == (60.0 if value == "60" else 61.0)


@pytest.mark.fault(15)
def test_the_ceiling_is_the_policys(server, make_client):
    client = make_client(server.endpoint, "pat_x", retry=RetryPolicy(retry_after_max=2))
    keep_jwt(client)
    server.play(LIST.path, asking(429, "2"), asking(429, "3"))
    assert refusal_of(LIST, client, 429).attempts == 2
    assert client.clock.waits == [2.0]
