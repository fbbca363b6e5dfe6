"""The lines of the log and their fields, written one at a time."""

import logging
from typing import Any, NoReturn
from unittest import mock

import pytest

from access_tokens import AuthenticationError, UnavailableError
from access_tokens._calls.exchange import exchange
from access_tokens._flow.steps import Answer, Call, Failure
from access_tokens._session.log import CallLog, log_renewal, write

from ..helpers.callers import Clock
from ..helpers.logged import logged
from ..helpers.procedures import revoke
from ..helpers.sessions import FAILED, NOW, jwt, session
from ..helpers.stories import call_of

EXCHANGE = exchange()
TOKEN = {"operation": "exchange_token", "method": "POST", "path": "/auth/token"}
BUSY = Answer(503, {"x-request-id": "abc"})
UNREACHED = Failure(ConnectionRefusedError("refused"), acted=False, request_id="def")


def revoking(token_id: str) -> Call[None]:
    return call_of(revoke(token_id))


def log_of(call: Call[Any], clock: Clock) -> CallLog[Any]:
    return CallLog(call, call.request(), clock.now)


@pytest.fixture(autouse=True)
def _everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="access_tokens")


def test_each_attempt_has_a_line_and_each_retry_another(caplog):
    clock, path = Clock(NOW), "PUT /admin/tokens/a%2Fb/revoke"
    log = log_of(revoking("a/b"), clock)
    assert log.sending() == NOW
    clock.advance(0.5)
    assert log.ended(BUSY) is BUSY
    log.repeating(2.0)
    log.ended(UNREACHED)  # it was not sent: it has taken no time
    log.repeating(0.25)
    log.sending()
    log.ended(Answer(204))
    assert log.succeeded("result") == "result"
    call = {"operation": "revoke_token", "method": "PUT", "path": path[4:], "token_id": "a/b"}
    busy, unreached = (
        {**call, "status": 503, "request_id": "abc"},
        {**call, "reason": "refused", "request_id": "def"},
    )
    assert logged(caplog) == [
        ("DEBUG", f"{path}: 503 (0.500 s, request abc)", {**busy, "attempt": 1, "elapsed": 0.5}),
        ("INFO", f"{path}: 503, retry in 2 s (attempt 2, request abc)", {**busy, "attempt": 2, "wait": 2.0}),
        ("DEBUG", f"{path}: refused (attempt 2, request def)", {**unreached, "attempt": 2}),
        (
            "INFO",
            f"{path}: refused, retry in 0.25 s (attempt 3, request def)",
            {**unreached, "attempt": 3, "wait": 0.25},
        ),
        ("DEBUG", f"{path}: 204 (0.000 s, attempt 3)", {**call, "status": 204, "attempt": 3, "elapsed": 0.0}),
    ]


def test_a_failure_that_is_not_sent_and_has_no_id_is_told_in_its_words_alone(caplog):
    log_of(revoking("a"), Clock()).ended(Failure(ValueError("100%s refused."), acted=False))
    assert caplog.messages == ["PUT /admin/tokens/a/revoke: 100%s refused"]


def test_an_exchange_has_taken_its_retries_and_waits_as_well(caplog):
    clock = Clock(NOW)
    log = log_of(EXCHANGE, clock)
    log.ended(BUSY)
    clock.advance(1.5)
    log.sending()
    log.ended(Answer(200))
    caplog.clear()
    assert log.succeeded("result") == "result"
    message = "POST /auth/token: exchanged the PAT for a JWT (1.500 s, attempt 2)"
    assert logged(caplog) == [("INFO", message, {**TOKEN, "status": 200, "attempt": 2, "elapsed": 1.5})]


@pytest.mark.parametrize(("kind", "wait"), [(UnavailableError, 1.0), (AuthenticationError, 10.0)])
def test_a_failed_renewal_says_how_long_the_jwt_lives_and_when_it_is_tried_again(kind, wait, caplog):
    made = session()
    made._kept(jwt(20.0))
    made._going_on(kind(FAILED, cause="No", status_code=403, request_id="abc", attempts=1), afresh=False)
    reason = f"{FAILED}: No (HTTP 403, request abc)"
    message = f"the JWT could not be renewed and lives on for 20 s: {reason}"
    fields = {**TOKEN, "status": 403, "reason": "No", "attempt": 1, "wait": wait, "request_id": "abc"}
    assert logged(caplog) == [("WARNING", message, fields)]


@pytest.mark.parametrize("token_id", ["a\nERROR b", "a\r\nERROR b", "a\x1b[2J\x85 ERROR b", "a\u2028b" * 99])
def test_an_id_cannot_forge_a_line(token_id, caplog):
    log_of(revoking(token_id), Clock()).ended(BUSY)
    [(_, message, fields)] = logged(caplog)
    assert message.isprintable()
    assert all(str(value).isprintable() for value in fields.values())


@pytest.mark.parametrize(("level", "calls"), [("DEBUG", 4), ("INFO", 3), ("WARNING", 1), ("ERROR", 0)])
def test_nothing_is_prepared_for_a_level_that_is_off(level, calls, caplog):
    caplog.set_level(level, logger="access_tokens")
    log = log_of(EXCHANGE, Clock())
    with mock.patch("access_tokens._session.log.write") as written:
        log.ended(BUSY)
        log.repeating(1.0)
        log.succeeded(None)
        log_renewal(EXCHANGE, UnavailableError(FAILED), 20.0, 1.0)
    assert written.call_count == calls


def mistaken(*_: object) -> NoReturn:
    raise RuntimeError("mistaken")


def test_an_error_of_a_log_filter_is_not_lost():
    with pytest.raises(RuntimeError, match="^mistaken$"), mock.patch("logging.Logger.handle", mistaken):
        write(logging.WARNING, "it works")
