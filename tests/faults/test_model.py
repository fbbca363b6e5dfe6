"""Every history, to the last attempt of all, of what may happen to a call; see model.py."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest
from attrs import frozen

from access_tokens import AccessTokensError
from access_tokens._calls import issuing
from access_tokens._calls.exchange import exchange
from access_tokens._flow.steps import Procedure
from access_tokens._pat import PatSource
from access_tokens._session.api import _procedure
from access_tokens._settings import settings

from ..helpers import procedures
from ..helpers.sessions import SETTINGS
from .events import (
    CONNECTIONS,
    ENDS,
    EXCHANGES,
    GATEWAYS,
    ID,
    LIMITS,
    LOOKS,
    OURS,
    REMOVED,
    SORTS,
    THEIRS,
    Event,
    NoJwt,
)
from .model import PAT, POLICY, MoreError, Run

# How long a history is with each status at each place; and with one of each sort, and each status at its end:
# as long as there are attempts.
ALL_OF_ALL, LONGEST = 2, 1 + POLICY.retries
API = settings("https://api.example.com", PatSource(PAT), **SETTINGS)


@frozen
class Method:
    """What is called, and what the service has before.

    Attributes:
        call: Begins it.
        stored: The hash of the record of the token that it is about.
        changes: Whether it changes anything.
        once: Whether the service may carry it out a single time.
        settles: Whether it looks for itself what has come of it.
        also: What else may happen to its requests.
    """

    call: Callable[[], Procedure[Any]]
    stored: str | None = None
    changes: bool = True
    once: bool = False
    settles: bool = False
    also: tuple[Event, ...] = ()


def exchanged() -> Procedure[Any]:
    yield exchange()


def registered() -> Procedure[Any]:
    return procedures.register("me", OURS)


def updated() -> Procedure[Any]:
    return procedures.update(owner="me")


def sent_to(method: str, path: str) -> Callable[[], Procedure[Any]]:
    request = httpx.Request(method, f"https://api.example.com{path}")
    return lambda: _procedure(API, request, b"")


METHODS = {
    "list": Method(procedures.list_page, changes=False),
    "get": Method(lambda: procedures.get(ID), OURS, changes=False),
    "batch_load": Method(lambda: procedures.batch_load([ID]), OURS, changes=False),
    "authenticate": Method(exchanged, changes=False),
    "issue": Method(lambda: procedures.issue("me"), once=True),
    "issue, taken": Method(lambda: procedures.issue("me", token_id=ID), THEIRS, once=True),
    "issue, made here": Method(
        lambda: procedures.issue("me", generate_locally=True), once=True, settles=True
    ),
    "register": Method(registered, once=True, settles=True),
    "register, taken": Method(registered, THEIRS, once=True, settles=True),
    "update": Method(updated, OURS),
    "update, missing": Method(updated),
    "revoke": Method(procedures.revoke, OURS),
    "revoke, and removed": Method(lambda: procedures.revoke(expires_at=1), OURS, also=(REMOVED,)),
    "restore": Method(procedures.restore, OURS),
    "a new POST": Method(sent_to("POST", "/admin/tokens/all/rotate"), OURS, once=True),
    "a new DELETE": Method(sent_to("DELETE", f"/admin/tokens/{ID}"), OURS, also=(REMOVED,)),
}


def histories(
    method: Method, longest: int, *begun: Event | NoJwt, is_cold: bool
) -> Iterator[tuple[Run, Any]]:
    """Yield every run, with what came of it: each history that ends the call, or has reached its length."""
    run = Run(begun, len(begun) == longest, method.stored, is_cold)
    try:
        came = outcome_of(run, method)
    except MoreError as more:
        is_last = len(begun) == longest - 1
        for event in what_may_follow(method, more, every=is_last or longest <= ALL_OF_ALL):
            yield from histories(method, longest, *begun, event, is_cold=is_cold)
    else:
        yield run, came


def what_may_follow(method: Method, more: MoreError, *, every: bool) -> Sequence[Event | NoJwt]:
    if more.is_exchange:
        return EXCHANGES
    if method.changes and not more.changes:
        return LOOKS
    passing = [*GATEWAYS, *LIMITS, *CONNECTIONS] if every else SORTS
    return [*passing, *method.also, *ENDS]


def outcome_of(run: Run, method: Method) -> Any:
    try:
        return run.result_of(method.call())
    except AccessTokensError as error:
        return error


def check(run: Run, came: Any, method: Method) -> None:
    assert run.done <= 1 or not method.once, "carried out twice"
    assert run.sent <= 2 + POLICY.retries, "sent too often"
    if not isinstance(came, AccessTokensError):
        assert run.done or not method.changes, "said to be done, and was not"
        return
    assert came.outcome_unknown or not (run.done and method.changes), "said to have failed, and was done"
    assert run.perhaps or not came.outcome_unknown, "said to be unknown, and was never sent"
    assert not (run.looked and run.done), "said to have failed, and was seen to be done"
    assert run.calls > 1 or not (method.settles and came.outcome_unknown), "not looked for"
    if not run.got_no_jwt:
        assert came.attempts == run.sent, "not so many attempts"


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("is_cold", [False, True])
def test_no_history_makes_an_error_say_what_is_not_so(name, is_cold, monkeypatch):
    monkeypatch.setattr(issuing, "generate_token_id", lambda: ID)
    method = METHODS[name]
    for longest in (ALL_OF_ALL, LONGEST):
        for run, came in histories(method, longest, is_cold=is_cold):
            check(run, came, method)
