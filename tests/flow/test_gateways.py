"""What stands before the service: its words, its pages, its clock, its ids, and how it packs."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from access_tokens import (
    AccessTokensError,
    ApiError,
    AuthenticationError,
    EndpointError,
    InvalidResponseError,
    RateLimitedError,
    RetryPolicy,
)

from ..helpers.fault_server import EXCHANGE, JWT, RECORD, TOKENS, FaultServer, Peer, Play, response
from ..helpers.operations import (
    AUTHENTICATE,
    ISSUE,
    LIST,
    OPERATIONS,
    Operation,
    each_operation,
    failure_of,
    keep_jwt,
)

Make = Callable[..., Any]

PAGE, XML, TEXT = (f"Content-Type: {each}" for each in ("text/html", "application/xml", "text/plain"))
BLOCKED = b"<html><head><title>Request blocked</title></head><body><h1>403</h1></body></html>"

SAID = {
    "message": (b'{"message": "blocked"}', "Content-Type: application/json"),
    "problem": (b'{"title": "no", "detail": "blocked"}', "Content-Type: application/problem+json"),
    "list": (b'{"errors": [{"message": "blocked"}]}', "Content-Type: application/json"),
    "OAuth": (
        b'{"error": "access_denied", "error_description": "blocked"}',
        "Content-Type: application/json",
    ),
    "XML": (b"<Error><Code>AccessDenied</Code><Message>blocked</Message></Error>", XML),
    "text": (b"blocked\r\n", TEXT),
    "page": (b"<title>blocked</title>", PAGE),
}


def say(status: int, body: bytes | dict[str, Any], *lines: str) -> Play:
    return lambda peer: peer.send(response(status, body, *lines))


def told_at_once(server: FaultServer, victim: Any, operation: Operation, play: Play) -> AccessTokensError:
    """Return the error of a call that has a JWT, and is refused by the one request that it makes."""
    keep_jwt(victim)
    server.always(operation.path, play)
    error = failure_of(operation, victim)
    assert [each.path for each in server.requests] == [operation.path]
    assert (error.attempts, error.outcome_unknown, victim.clock.waits) == (1, False, [])
    return error


@pytest.mark.fault(85)
@pytest.mark.parametrize("shape", SAID)
def test_what_a_gateway_says_is_shown(server, victim, shape):
    for operation in OPERATIONS:
        server.requests.clear()
        error = told_at_once(server, victim, operation, say(400, *SAID[shape]))
        assert isinstance(error.cause, ApiError)
        assert error.reason == "blocked"
        assert str(error).startswith(f"{operation.failed}: blocked (")


@pytest.mark.fault(86)
@each_operation
@pytest.mark.parametrize("status", [400, 401, 403])
def test_the_page_of_a_firewall_is_no_refusal_and_costs_no_jwt(server, victim, operation, status):
    error = told_at_once(server, victim, operation, say(status, BLOCKED, PAGE))
    assert (type(error), error.cause) == (EndpointError, ApiError("Request blocked"))
    server.requests.clear()
    victim.batch_load(["a"])
    assert EXCHANGE not in [each.path for each in server.requests]


OTHERWISE: dict[str, Any] = {
    "too large": (BLOCKED + b"x" * 300_000, PAGE),
    "packed": (gzip.compress(BLOCKED), PAGE, "Content-Encoding: gzip"),
    "cut": (gzip.compress(BLOCKED)[:-9], PAGE, "Content-Encoding: gzip"),
    "packed otherwise": (BLOCKED, PAGE, "Content-Encoding: br"),
    "empty": (b"", PAGE),
}


@pytest.mark.fault(86)
@pytest.mark.parametrize("way", OTHERWISE)
def test_a_page_that_cannot_be_kept_is_one_all_the_same(server, victim, way):
    error = told_at_once(server, victim, LIST, say(401, *OTHERWISE[way]))
    assert type(error) is EndpointError
    assert error.reason == ("Status" if way in {"packed otherwise", "empty"} else "Request blocked")


@pytest.mark.fault(86)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_the_page_of_a_firewall_does_not_refuse_the_pat(server, victim, status):
    server.play(EXCHANGE, say(status, BLOCKED, PAGE))
    error = failure_of(LIST, victim)
    assert (type(error), error.message) == (EndpointError, "Failed to authenticate")
    server.play(
        EXCHANGE, say(status, b"<pre>UnauthorizedError: Invalid Authorization token<br> at</pre>", PAGE)
    )
    assert type(failure_of(AUTHENTICATE, victim)) is AuthenticationError


def date(moment: datetime) -> str:
    return f"Date: {format_datetime(moment, usegmt=True)}"


def retry_at(moment: datetime) -> str:
    return f"Retry-After: {format_datetime(moment, usegmt=True)}"


@pytest.mark.fault(91)
@pytest.mark.parametrize("minutes_off", [-600, -10, 0, 10, 600])
@pytest.mark.parametrize("status", [429, 503])
def test_a_date_to_come_back_is_counted_by_the_clock_of_who_says_it(server, victim, minutes_off, status):
    keep_jwt(victim)
    there = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes_off)
    server.play(TOKENS, say(status, {"error": "busy"}, date(there), retry_at(there + timedelta(seconds=7))))
    victim.list()
    assert victim.clock.waits == [7.0]


@pytest.mark.fault(91)
@pytest.mark.parametrize("minutes_off", [-600, 600])
def test_the_clock_may_be_told_twice_or_as_asctime_does(server, victim, minutes_off):
    keep_jwt(victim)
    there = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes_off)
    for lines in ([date(there)] * 2, [f"Date: {there:%a %b %e %H:%M:%S %Y}"]):
        server.play(TOKENS, say(429, {"error": "busy"}, *lines, retry_at(there + timedelta(seconds=7))))
        victim.list()
    retry = f"Retry-After: {there + timedelta(seconds=7):%a %b %e %H:%M:%S %Y}"
    server.play(TOKENS, say(503, {"error": "busy"}, date(there), retry))
    victim.list()
    assert victim.clock.waits == [7.0] * 3


@pytest.mark.fault(91)
@pytest.mark.parametrize("lines", [(), ("Date: soon",), ("Date: ",)])
def test_without_a_date_it_is_counted_by_the_local_clock(make_client, server, lines):
    client = make_client(server.endpoint, "pat_x", retry=RetryPolicy(retries=0))
    keep_jwt(client)
    server.play(TOKENS, say(429, {"error": "busy"}, *lines, retry_at(datetime.now(UTC) + timedelta(days=1))))
    error = failure_of(LIST, client)
    assert type(error) is RateLimitedError
    assert error.retry_after == pytest.approx(86_400, abs=3600)


def with_numbers(spelling: str) -> bytes:
    """Return a record whose times are spelled like this."""
    return json.dumps(RECORD | {"createdAt": "N", "expiresAt": "N"}).replace('"N"', spelling).encode()


@pytest.mark.fault(92)
@pytest.mark.parametrize(
    ("spelling", "number"),
    [
        ("1700000000.0", 1_700_000_000),
        ("1.7e9", 1_700_000_000),
        ("17E+8", 1_700_000_000),
        ("0.0", 0),
        ("-1e0", -1),
    ],
)
def test_a_whole_number_may_have_a_point_or_an_exponent(server, victim, spelling, number):
    record = with_numbers(spelling)
    keep_jwt(victim)
    server.play(TOKENS, say(201, b'{"token": "pat_new", "record": ' + record + b"}"))
    server.play(TOKENS, say(200, b'{"records": [' + record + b"]}"))
    for got in (victim.issue("x").record, *victim.list()):
        assert (got.created_at, got.expires_at) == (number, number)
        assert type(got.created_at) is int


@pytest.mark.fault(92)
@pytest.mark.parametrize("spelling", ["1.5", "1e-1", "NaN", "Infinity", "1e999", "true", '"5"', "[5]"])
def test_what_is_no_whole_number_is_refused(server, victim, spelling):
    keep_jwt(victim)
    server.play(TOKENS, say(200, b'{"records": [' + with_numbers(spelling) + b"]}"))
    assert type(failure_of(LIST, victim)) is InvalidResponseError


GZIP = "Content-Encoding: gzip"


def in_members(body: bytes) -> bytes:
    return b"".join(gzip.compress(body[at : at + 5]) for at in range(0, len(body), 5))


@pytest.mark.fault(93)
def test_an_answer_in_several_members_of_gzip_is_read(server, victim):
    server.play(EXCHANGE, say(200, in_members(json.dumps(JWT).encode()), GZIP))
    records = in_members(json.dumps({"records": [RECORD] * 9}).encode())
    server.play(TOKENS, say(200, records, GZIP), lambda peer: peer.trickle(response(200, records, GZIP), 0))
    assert len(victim.list()) == len(victim.list()) == 9
    server.always(TOKENS, say(400, in_members(b'{"message": "odd"}'), GZIP))
    assert failure_of(LIST, victim).reason == "odd"


@pytest.mark.fault(93)
def test_members_of_gzip_are_bounded_together(server, victim):
    keep_jwt(victim)
    server.play(TOKENS, say(200, gzip.compress(b" " * 2**20) * 33, GZIP))
    assert type(failure_of(LIST, victim)) is InvalidResponseError
    server.play(TOKENS, say(200, in_members(b'{"records": []}') + b"surplus", GZIP))
    assert "goes on after its end" in str(failure_of(LIST, victim))


@pytest.mark.fault(96)
@pytest.mark.parametrize("operation", [LIST, ISSUE, AUTHENTICATE], ids=lambda each: each.name)
@pytest.mark.parametrize("name", ["X-Request-Id", "X-Correlation-Id", "CF-Ray", "traceparent"])
def test_the_id_of_a_request_is_on_its_error_and_in_the_log(server, victim, operation, name, caplog):
    caplog.set_level(logging.DEBUG, logger="access_tokens")
    error = told_at_once(server, victim, operation, say(418, b"", f"{name}: 00-4bf92f3577b34da6-01"))
    assert error.request_id == "00-4bf92f3577b34da6-01"
    assert "(HTTP 418, " in str(error)
    assert "request 00-4bf92f3577b34da6-01" in str(error)
    assert f"{operation.path}: 418 (request 00-4bf92f3577b34da6-01)" in caplog.text


def cut_short(peer: Peer) -> None:
    peer.send(response(200, b"x" * 99, "X-Request-Id: abc")[:-9])
    peer.close()


BROKEN = [say(200, b"no gzip", GZIP, "X-Request-Id: abc"), cut_short]


@pytest.mark.fault(96)
def test_an_answer_that_cannot_be_read_has_the_id_as_well(server, victim):
    server.play(TOKENS, say(200, b"null", "X-Request-Id: abc"))
    assert failure_of(LIST, victim).request_id == "abc"


@pytest.mark.fault(96)
@pytest.mark.parametrize("play", BROKEN)
def test_an_answer_that_ends_early_has_the_id_as_well(server, victim, play):
    keep_jwt(victim)
    server.always(TOKENS, play)
    assert failure_of(LIST, victim).request_id == "abc"


@pytest.mark.fault(60, 96)
def test_an_id_that_echoes_a_secret_is_hidden(server, make_client, caplog):
    caplog.set_level(logging.DEBUG, logger="access_tokens")
    client = make_client(server.endpoint, "pat_correcthorsebattery")
    server.always(EXCHANGE, say(200, {**JWT, "access_token": "staplesandbatteries"}))
    server.play(TOKENS, say(401, b"<title>x</title>", PAGE, "X-Request-Id: for staplesandbatteries"))
    assert failure_of(LIST, client).request_id == "for [hidden]"
    server.play(EXCHANGE, say(418, b"", "X-Request-Id: for pat_correcthorsebattery"))
    assert failure_of(AUTHENTICATE, client).request_id == "for [hidden]"
    ours = [each.getMessage() for each in caplog.records if each.name == "access_tokens"]
    assert "POST /auth/token: 418 (request for [hidden])" in ours
    assert "batter" not in "".join(ours)
