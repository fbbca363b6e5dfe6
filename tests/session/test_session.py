"""What a session decides before it blocks or awaits, asked one question at a time."""

import ssl
import time
from traceback import extract_tb
from types import SimpleNamespace
from typing import NoReturn

import attrs
import httpx
import pytest

from access_tokens import (
    AccessTokensClient,
    AccessTokensError,
    AuthenticationError,
    Bearer,
    ClientClosedError,
    EndpointError,
    RetryPolicy,
    UnavailableError,
)
from access_tokens._calls.exchange import exchange
from access_tokens._flow.bounds import bounds_of
from access_tokens._flow.jwt import Authorization
from access_tokens._flow.steps import Failure, ReadPat, Send
from access_tokens._http.request import Progress
from access_tokens._secret import Secret
from access_tokens._session.base import CleanErrors, SessionBase, bearer_of, request_of
from access_tokens._session.waiting import wait_before

from ..helpers.flows import EXCHANGE, READ, UNREACHED
from ..helpers.sessions import CLOSED, DEADLINE, NOW, PAT, closed, jwt, new, session

TOO_LATE = "no answer within the deadline of 300 s"


def test_the_deadline_is_counted_from_the_start_of_a_call():
    assert session(deadline=7.0)._new_deadline() == NOW + 7.0


def test_time_passes_by_itself():
    made = SessionBase(session().settings, exchange(), None, session()._state)
    assert time.monotonic() <= made.now() <= time.monotonic()


def test_a_wait_that_would_reach_the_deadline_is_too_long():
    made = session()
    assert made._seconds_until(NOW + 5.0) == 5.0
    assert wait_before(4.9, NOW + 5.0, NOW) == 4.9
    assert wait_before(5.0, NOW + 5.0, NOW) is None


def test_past_the_deadline_an_exchange_says_so():
    error = session(deadline=7.0)._deadline_error()
    assert str(error) == "Failed to authenticate: no answer within the deadline of 7 s"
    assert isinstance(error.cause, TimeoutError)
    assert error.outcome_unknown is False


def test_a_client_of_the_callers_own_has_its_own_patience():
    borrowed = httpx.Client(timeout=3.0)
    assert session(borrowed=borrowed, timeout=None)._patience(NOW + 7.0) == 3.0


@pytest.mark.parametrize(("timeout", "patience"), [(30.0, 7.0), (5.0, 5.0), (httpx.Timeout(None), 7.0)])
def test_the_wait_for_a_free_connection_ends_at_the_deadline(timeout, patience):
    assert session(timeout=timeout)._patience(NOW + 7.0) == patience


def is_end(failure: Failure | None, kind: type[AccessTokensError], text: str, acted: bool) -> bool:
    assert failure is not None
    return (failure.kind, str(failure.cause), failure.acted) == (kind, text, acted)


@pytest.mark.parametrize("borrowed", [None, SimpleNamespace(is_closed=False)])
def test_a_request_may_be_sent_while_there_is_time(borrowed):
    made = session(borrowed=borrowed)
    assert made._refusal(NOW + 0.1) is None
    assert is_end(made._refusal(NOW), UnavailableError, TOO_LATE, acted=False)


@pytest.mark.parametrize("made", [closed(), session(borrowed=SimpleNamespace(is_closed=True))])
def test_a_request_is_not_sent_by_a_closed_client(made):
    assert is_end(made._refusal(DEADLINE), ClientClosedError, CLOSED, acted=False)


@pytest.mark.parametrize(("error", "acted"), [(httpx.ReadError("x"), True), (httpx.ConnectError("x"), False)])
def test_a_failure_has_the_reason_that_is_ours(error, acted):
    assert is_end(closed()._failed(error, DEADLINE), ClientClosedError, CLOSED, acted)
    assert is_end(session()._failed(error, NOW), UnavailableError, TOO_LATE, acted)


def test_a_timeout_of_ours_is_that_of_the_deadline():
    assert is_end(session()._failed(TimeoutError(), DEADLINE), UnavailableError, TOO_LATE, acted=True)


def test_any_other_failure_names_the_host_and_no_secret():
    error = httpx.ReadError(f"after hunter2 and {PAT.reveal()}")
    failure = session()._failed(error, NOW + 0.1, Secret("hunter2"))
    text = "api.example.com:8443: after [hidden] and [hidden]"
    assert is_end(failure, UnavailableError, text, acted=True)


def test_a_failure_is_of_the_proxy_whose_secrets_are_hidden_and_has_the_id_of_an_answer():
    progress = Progress("get", NOW, DEADLINE, proxy="proxy:3128", known=(Secret("hunter2"),), handshakes=1)
    progress.headers = {"x-request-id": "abc hunter2"}
    failure = session()._failed(httpx.ReadError("hunter2"), NOW + 0.1, progress=progress)
    assert is_end(failure, UnavailableError, "the proxy proxy:3128: [hidden]", acted=False)
    assert failure.request_id == "abc [hidden]"
    progress.note(b"GET /")
    failure = session()._failed(httpx.ReadError("x"), NOW + 0.1, progress=progress)
    assert is_end(
        failure, UnavailableError, "api.example.com:8443 through the proxy proxy:3128: x", acted=True
    )
    failure = session()._failed(httpx.ProxyError("x"), NOW + 0.1, progress=progress)
    assert is_end(failure, UnavailableError, "the proxy proxy:3128: x", acted=False)


@pytest.mark.fault(89)
@pytest.mark.parametrize(
    ("status", "statuses", "kind"),
    [
        *((503, {503}, UnavailableError), (503, {403, 429}, EndpointError), (599, {599}, UnavailableError)),
        *((status, {status}, EndpointError) for status in (403, 429)),
    ],
)
def test_a_proxy_may_pass_with_the_5xx_of_the_policy(status, statuses, kind):
    made = session(retry=RetryPolicy(statuses=statuses))
    assert made._failed(httpx.ProxyError(f"{status} No"), DEADLINE).kind is kind


def test_a_request_has_the_secrets_and_the_bounds_of_its_call():
    call = attrs.evolve(
        READ, endpoint=SimpleNamespace(_get_kwargs=dict), known=(Secret("hunter2"),), bounds=bounds_of(7)
    )
    assert request_of(call) == {"known": call.known, "bounds": call.bounds}


def test_another_pat_is_exchanged_as_patiently_as_ones_own():
    flow = session(retry=RetryPolicy(retries=0))._calling(EXCHANGE)
    assert next(flow) == ReadPat()
    assert flow.send(PAT) == Send(PAT)
    with pytest.raises(UnavailableError, match="^Failed to authenticate: refused$"):
        flow.send(UNREACHED)


def test_what_is_none_of_the_transports_is_raised():
    error = type("TimeLimit", (Exception,), {"__module__": "tasks.limits"})()
    with pytest.raises(type(error)) as raised:
        session()._failed(error, DEADLINE)
    assert raised.value is error


def test_a_refused_certificate_is_told_as_such():
    error = httpx.ConnectError("certificate has expired")
    error.__cause__ = ssl.SSLCertVerificationError()
    assert session()._failed(error, DEADLINE).kind is EndpointError


def test_a_client_that_is_not_made_yet_can_be_looked_at():
    """A debugger does so, in the midst of the constructor."""
    client = AccessTokensClient.__new__(AccessTokensClient)
    assert repr(client) == "AccessTokensClient('')"


def lost() -> NoReturn:
    try:
        raise ConnectionResetError("reset")
    except ConnectionResetError:
        raise UnavailableError("Failed") from None


def interrupted() -> NoReturn:
    raise KeyboardInterrupt


def mistaken(*_: object) -> NoReturn:
    raise RuntimeError("mistaken")


@pytest.mark.parametrize(("leave", "shown"), [(lost, False), (interrupted, False), (mistaken, True)])
def test_an_error_leaves_without_the_frames_and_exceptions_below(leave, shown):
    with pytest.raises((UnavailableError, KeyboardInterrupt, RuntimeError)) as raised, CleanErrors():
        leave()
    assert raised.value.__context__ is None
    assert (leave.__name__ in [frame.name for frame in extract_tb(raised.value.__traceback__)]) is shown


@pytest.mark.fault(101)
def test_a_pat_that_cannot_be_read_says_why():
    error = FileNotFoundError(2, "No such file or directory", "/run/pat")
    unread = session()._unread(error)
    assert type(unread) is AuthenticationError
    assert (unread.message, unread.cause, unread.attempts) == ("Failed to read the PAT", error, 0)
    assert "pat_x" not in str(session()._unread(ValueError("not pat_x")))
    in_time = session()._unread_in_time()
    assert type(in_time) is UnavailableError
    assert str(in_time) == f"Failed to read the PAT: {TOO_LATE}"


@pytest.mark.fault(25)
@pytest.mark.parametrize(("status", "is_helped"), [(200, True), (399, True), (400, False), (500, False)])
def test_an_api_that_takes_a_jwt_again_is_helped_again(status, is_helped):
    made = session()
    assert not made.may_replace(new(), "other")
    made.note_answer("another", 200)
    made.note_answer("other", status)
    assert made.may_replace(Authorization(jwt()), "other") is is_helped


@pytest.mark.fault(103)
def test_a_bearer_has_the_jwt_and_the_whole_second_in_which_it_expires():
    got = attrs.evolve(jwt(), expires_at=1_800_000_000.9)
    assert bearer_of(got) == Bearer("a.b.c", 1_800_000_000)


@pytest.mark.fault(104)
def test_a_view_shares_all_but_its_settings():
    made = session()
    settings = made.settings.with_options(None, 5.0, None)
    view = made.with_settings(settings)
    assert type(view) is type(made)
    assert vars(view) == vars(made) | {"settings": settings}
    assert made.settings.deadline == 300.0
