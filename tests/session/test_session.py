"""What a session decides before it blocks or awaits, asked one question at a time."""

from __future__ import annotations

import json
import logging
import ssl
import time
from traceback import extract_tb
from typing import NoReturn

import attrs
import httpx
import pytest

from access_tokens import (
    AccessTokensClient,
    AccessTokensError,
    ClientClosedError,
    EndpointError,
    InvalidResponseError,
    UnavailableError,
)
from access_tokens._calls.exchange import exchange
from access_tokens._flow.error_mapping import _problem, result_of
from access_tokens._flow.steps import Answer, Failure
from access_tokens._secret import Secret
from access_tokens._session.base import CleanErrors, SessionBase
from access_tokens._session.log import log_outcome
from access_tokens.errors import UnreadableError

from ..helpers.flows import READ, REVOKE
from ..helpers.sessions import CLOSED, DEADLINE, NOW, PAT, closed, session


class TestTheDeadline:
    def test_it_is_counted_from_the_start_of_a_call(self):
        assert session(deadline=7.0)._new_deadline() == NOW + 7.0

    def test_time_passes_by_itself(self):
        made = SessionBase(session().settings, exchange(PAT), None)
        assert time.monotonic() <= made.now() <= time.monotonic()

    def test_a_wait_that_would_reach_it_is_too_long(self):
        made = session()
        assert made._seconds_until(NOW + 5.0) == 5.0
        assert made._has_time(4.9, NOW + 5.0)
        assert not made._has_time(5.0, NOW + 5.0)

    def test_past_it_an_exchange_says_so(self):
        error = session(deadline=7.0)._deadline_error()
        assert str(error) == "Failed to authenticate: no answer within the deadline of 7 s"
        assert isinstance(error.cause, TimeoutError)
        assert error.outcome_unknown is False

    @pytest.mark.parametrize(
        ("timeout", "deadline", "patience"),
        [(30.0, 1007.0, 7.0), (5.0, 1007.0, 5.0), (httpx.Timeout(None), 1007.0, 7.0)],
    )
    def test_the_wait_for_a_free_connection_ends_there(self, timeout, deadline, patience):
        assert session(timeout=timeout)._patience(deadline) == patience


class Borrowed:
    """Stands in for a caller's own client."""

    def __init__(self, is_closed: bool) -> None:
        self.is_closed = is_closed


def is_end(failure: Failure | None, kind: type[AccessTokensError], text: str, acted: bool) -> bool:
    assert failure is not None
    return (failure.kind, str(failure.cause), failure.acted) == (kind, text, acted)


class TestARequest:
    def test_it_may_be_sent_while_there_is_time(self):
        assert session()._refusal(NOW + 0.1) is None
        assert session(borrowed=Borrowed(is_closed=False))._refusal(NOW + 0.1) is None

    def test_it_is_not_sent_at_the_deadline(self):
        text = "no answer within the deadline of 300 s"
        assert is_end(session()._refusal(NOW), UnavailableError, text, acted=False)

    def test_it_is_not_sent_by_a_closed_client(self):
        for made in (closed(), session(borrowed=Borrowed(is_closed=True))):
            assert is_end(made._refusal(DEADLINE), ClientClosedError, CLOSED, acted=False)

    @pytest.mark.parametrize(
        ("error", "acted"), [(httpx.ReadError("x"), True), (httpx.ConnectError("x"), False)]
    )
    def test_its_failure_has_the_reason_that_is_ours(self, error, acted):
        text = "no answer within the deadline of 300 s"
        assert is_end(closed()._failed(error, DEADLINE), ClientClosedError, CLOSED, acted)
        assert is_end(session()._failed(error, NOW), UnavailableError, text, acted)

    def test_a_timeout_of_ours_is_that_of_the_deadline(self):
        text = "no answer within the deadline of 300 s"
        assert is_end(session()._failed(TimeoutError(), DEADLINE), UnavailableError, text, acted=True)

    def test_any_other_failure_names_the_host_and_no_secret(self):
        error = httpx.ReadError(f"after hunter2 and {PAT.reveal()}")
        failure = session()._failed(error, NOW + 0.1, Secret("hunter2"))
        assert is_end(
            failure, UnavailableError, "api.example.com:8443: after [hidden] and [hidden]", acted=True
        )

    def test_what_is_none_of_the_transports_is_raised(self):
        error = type("TimeLimit", (Exception,), {"__module__": "tasks.limits"})()
        with pytest.raises(type(error)) as raised:
            session()._failed(error, DEADLINE)
        assert raised.value is error

    def test_a_refused_certificate_is_told_as_such(self):
        error = httpx.ConnectError("certificate has expired")
        error.__cause__ = ssl.SSLCertVerificationError()
        assert session()._failed(error, DEADLINE).kind is EndpointError


def test_a_client_that_is_not_made_yet_can_be_looked_at():
    """A debugger does so, in the midst of the constructor."""
    client = AccessTokensClient.__new__(AccessTokensClient)
    assert repr(client) == "AccessTokensClient('')"


KWARGS = {"method": "put", "url": "/admin/tokens/a%2Fb/revoke"}


@pytest.mark.parametrize(
    ("outcome", "text"), [(Answer(503), "503"), (Failure(ValueError("refused"), acted=False), "refused")]
)
def test_the_log_has_a_line_for_each_request(outcome, text, caplog):
    caplog.set_level(logging.DEBUG, logger="access_tokens")
    assert log_outcome(KWARGS, outcome) is outcome
    line = f"PUT /admin/tokens/a%2Fb/revoke: {text}"
    assert caplog.record_tuples == [("access_tokens", logging.DEBUG, line)]


def lost() -> NoReturn:
    try:
        raise ConnectionResetError("reset")
    except ConnectionResetError:
        raise UnavailableError("Failed") from None


def interrupted() -> NoReturn:
    raise KeyboardInterrupt


def mistaken() -> NoReturn:
    raise RuntimeError("a mistake of ours")


@pytest.mark.parametrize(("leave", "shown"), [(lost, False), (interrupted, False), (mistaken, True)])
def test_an_error_leaves_without_the_frames_and_exceptions_below(leave, shown):
    with pytest.raises((UnavailableError, KeyboardInterrupt, RuntimeError)) as raised, CleanErrors():
        leave()
    assert raised.value.__context__ is None
    assert (leave.__name__ in [frame.name for frame in extract_tb(raised.value.__traceback__)]) is shown


def test_a_call_that_succeeds_leaves_as_it_is():
    with CleanErrors():
        pass


class TestReading:
    def test_the_result_is_what_the_call_makes_of_the_answer(self):
        assert (
            result_of(attrs.evolve(READ, result=lambda answer: answer.attempts), Answer(200, attempts=3)) == 3
        )

    @pytest.mark.parametrize("call", [REVOKE, READ])
    def test_an_answer_that_makes_no_sense_is_an_error_that_tells_all(self, call):
        def fail(answer: Answer) -> None:
            raise UnreadableError(f"status {answer.status_code}")

        call = attrs.evolve(call, result=fail, unreadable="Invalid answer")
        with pytest.raises(InvalidResponseError) as raised:
            result_of(call, Answer(299, attempts=3))
        error = raised.value
        assert (error.message, str(error.cause)) == ("Invalid answer", "status 299")
        assert (error.status_code, error.attempts) == (299, 3)
        assert (error.token_id, error.outcome_unknown) == (call.token_id, call.changes)

    @pytest.mark.parametrize("mistake", [KeyError, AttributeError, TypeError])
    def test_a_mistake_of_ours_is_no_fault_of_the_answer(self, mistake):
        def fail(_: Answer) -> None:
            raise mistake

        with pytest.raises(mistake):
            result_of(attrs.evolve(READ, result=fail), Answer(200))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (json.JSONDecodeError("Expecting value", "canary", 0), "not JSON: Expecting value at character 0"),
        (UnreadableError("owner: text expected"), "owner: text expected"),
        (ValueError("canary"), "not of the expected shape (ValueError)"),
    ],
)
def test_what_is_wrong_with_an_answer_is_told_without_a_value_of_it(error, text):
    assert _problem(error) == text
