"""What holds a secret shows it to nobody who has not asked for it by name.

By name means `result.token` and `record.secret_phc`, and also `attrs.asdict`, `cattrs.unstructure` and
`inspect.getmembers` of a result: who calls them asks for every value.
"""

from __future__ import annotations

import copy
import json
import logging
import pickle
import pprint
import threading
from collections.abc import Callable
from typing import Any

import attrs
import httpx
import pytest

import access_tokens
from access_tokens import (
    AccessTokensClient,
    ApiError,
    AsyncAccessTokensClient,
    BatchLoadResult,
    GeneratedToken,
    IssueResult,
    RetryPolicy,
    TokenRecord,
)
from access_tokens._calls.walk import TokenWalk
from access_tokens._flow.jwt import Authorization, AuthToken, Jwt
from access_tokens._flow.steps import Answer, Send
from access_tokens._http.body import UnreadableBodyError
from access_tokens._secret import Secret
from access_tokens._session.exchange import PendingExchange
from access_tokens.errors import UnreadableError

CANARY = "canary-7f3a"
PLAIN = TokenRecord(token_id="A" * 21, owner="x", is_admin=False, created_at=1)
RECORD = attrs.evolve(PLAIN, secret_phc=CANARY)
JWT = Jwt(Secret(CANARY), 0.0, 1.0)
CLIENTS = (AccessTokensClient("https://h", CANARY), AsyncAccessTokensClient("https://h", CANARY))
LIVE: dict[str, Any] = {
    f"{type(holder).__name__} of {type(client).__name__}": holder
    for client in CLIENTS
    for holder in (client, client.auth, client._session)
}
RESULTS: dict[str, Any] = {
    "record": RECORD,
    "issued": IssueResult(CANARY, PLAIN),
    "batch": BatchLoadResult((RECORD,), ()),
    "generated": GeneratedToken(CANARY, "A" * 21, CANARY),
}
INNER: dict[str, Any] = {
    "settings": CLIENTS[0]._session.settings,
    "the call of the exchange": CLIENTS[0]._session._exchange,
    "iterator": CLIENTS[0].iter_tokens(),
    "async iterator": CLIENTS[1].iter_tokens(),
    "walk": TokenWalk(
        include_revoked=False,
        include_expired=False,
        include_secret_phc=False,
        has_role=None,
        page_size=1,
    ),
    "pending exchange": PendingExchange(threading.Event(), Authorization(JWT)),
    "jwt": JWT,
    "send": Send(Secret(CANARY)),
    "secret": Secret(CANARY),
}
# What the service has answered, before it is a value of ours.
RAW: dict[str, Any] = {
    "answer": Answer(200, {"set-cookie": CANARY}, CANARY.encode()),
    "auth token": AuthToken(access_token=CANARY, token_type="Bearer", expires_in=1),
}
ALL = LIVE | RESULTS | INNER | RAW


def logged(holder: object) -> str:
    record = logging.LogRecord("x", logging.DEBUG, __file__, 1, "%s %r", (holder, holder), None)
    return logging.Formatter("%(message)s %(args)s").format(record)


def raised_with(holder: object) -> str:
    error = ValueError(f"cannot use {holder}", holder)
    error.add_note(f"{holder!r}")
    return f"{error} {error!r} {error.args} {error.__notes__}"


SHOWS: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "format": lambda holder: f"{holder} {holder!s} {holder!r:>10} {holder!a}",
    "percent": lambda holder: "%s %r" % (holder, holder),  # noqa: UP031 - it is what is tested
    "in a collection": lambda holder: f"{[holder]} {({'a': holder},)}",
    "pprint": pprint.pformat,
    "logging": logged,
    "an exception": raised_with,
    "vars": lambda holder: repr(vars(holder)) if hasattr(holder, "__dict__") else "",
    "json": lambda holder: json.dumps(holder, default=repr),
}


@pytest.mark.fault(46)
@pytest.mark.parametrize("show", SHOWS.values(), ids=SHOWS)
@pytest.mark.parametrize("holder", ALL.values(), ids=ALL)
def test_nothing_shows_the_secret_that_it_holds(holder, show):
    assert CANARY not in show(holder)


@pytest.mark.fault(46)
@pytest.mark.parametrize("holder", ALL.values(), ids=ALL)
def test_nothing_gives_its_secret_away_as_json(holder):
    """Not even to the encoder that looks into every object."""
    try:
        assert CANARY not in json.dumps(holder, default=vars)
    except TypeError as error:
        assert CANARY not in str(error)  # noqa: PT017 - refused is as good as masked


@pytest.mark.fault(46)
@pytest.mark.parametrize("holder", ALL.values(), ids=ALL)
def test_rich_shows_no_secret_either(holder):
    """It looks into classes of attrs by itself, also for the locals in its tracebacks."""
    assert CANARY not in pytest.importorskip("rich.pretty").pretty_repr(holder)


@pytest.mark.fault(46)
@pytest.mark.parametrize("holder", (LIVE | INNER).values(), ids=LIVE | INNER)
def test_only_a_result_gives_its_secret_to_who_asks_for_all_values(holder):
    if attrs.has(type(holder)):
        assert CANARY not in repr(attrs.asdict(holder))


@pytest.mark.fault(46)
@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("holder", LIVE.values(), ids=LIVE)
def test_what_holds_connections_is_not_duplicated(holder, duplicate):
    with pytest.raises(TypeError, match=rf"^{type(holder).__name__} holds .* make one where it is needed$"):
        duplicate(holder)


@pytest.mark.fault(46)
@pytest.mark.parametrize("holder", ALL.values(), ids=ALL)
def test_no_pickle_holds_a_secret(holder):
    try:
        assert CANARY.encode() not in pickle.dumps(holder)
    except TypeError as error:
        assert CANARY not in str(error)  # noqa: PT017 - refused is as good as masked


@pytest.mark.fault(46)
@pytest.mark.parametrize("holder", RESULTS.values(), ids=RESULTS)
def test_a_result_with_a_secret_is_copied_and_not_pickled(holder):
    for twin in (copy.copy(holder), copy.deepcopy(holder)):
        assert twin == holder
        assert CANARY not in repr(twin)
    with pytest.raises(TypeError, match="take by name what is to be passed on"):
        pickle.dumps(holder)


@pytest.mark.fault(46)
@pytest.mark.parametrize(
    "value",
    [
        PLAIN,
        BatchLoadResult((PLAIN,), ("b",)),
        RetryPolicy(retries=7, statuses=(500,)),
        ApiError("a", "b", {"c": 1}),
    ],
)
def test_what_holds_no_secret_is_pickled_and_copied(value):
    for twin in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert twin == value
        assert type(twin) is type(value)


ERRORS = [
    each for each in vars(access_tokens).values() if isinstance(each, type) and issubclass(each, Exception)
]


@pytest.mark.fault(46)
@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize(
    "cause",
    [
        ApiError("no", "E_NO", {"a": [1]}),
        "Bad Gateway",
        httpx.ReadError("h: reset"),
        UnreadableError("records: missing"),
        UnreadableBodyError("the body ended early"),
        TimeoutError("no answer"),
        None,
    ],
)
def test_every_error_is_pickled_and_copied_with_all_that_it_tells(kind, cause):
    error = kind(
        "Failed",
        cause=cause,
        status_code=502,
        token_id="A" * 21,
        retry_after=1.5,
        attempts=4,
        outcome_unknown=True,
    )
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is kind
        assert (str(twin), repr(twin), twin.args) == (str(error), repr(error), error.args)
        assert {**vars(twin), "cause": repr(twin.cause)} == {**vars(error), "cause": repr(error.cause)}
        assert type(twin.__cause__) is type(error.__cause__)
