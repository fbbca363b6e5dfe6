"""What holds a secret shows it to nobody who has not asked for it by name.

By name means `result.token` and `record.secret_phc`, and also `attrs.asdict`, `cattrs.unstructure` and
`inspect.getmembers` of a result: who calls them asks for every value.
"""

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
    Bearer,
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

from ..helpers.callers import result_of
from ..helpers.flows import READ
from ..helpers.procedures import defaults

pytestmark = pytest.mark.fault(46)

CANARY = "canary-7f3a"
PLAIN = TokenRecord(token_id="A" * 21, owner="x", is_admin=False, created_at=1)
RECORD = attrs.evolve(PLAIN, secret_phc=CANARY)
JWT = Jwt(Secret(CANARY), 0.0, 1.0)
CLIENTS = (AccessTokensClient("https://h", CANARY), AsyncAccessTokensClient("https://h", CANARY))


LIVE: list[Any] = [each for client in CLIENTS for each in (client, client.auth, client._session)]
RESULTS: list[Any] = [
    RECORD,
    IssueResult(CANARY, PLAIN),
    BatchLoadResult((RECORD,), ()),
    GeneratedToken(CANARY, "A" * 21, CANARY),
    Bearer(CANARY, 1),
]
INNER: list[Any] = [
    CLIENTS[0]._session.settings,
    CLIENTS[0]._session._exchange,
    CLIENTS[0].iter_tokens(),
    CLIENTS[1].iter_tokens(),
    TokenWalk(**(defaults(TokenWalk) | {"page_size": 1})),
    PendingExchange(threading.Event(), Authorization(JWT)),
    JWT,
    Send(Secret(CANARY)),
    Secret(CANARY),
]
# What the service is asked, and what it has answered, before it is a value of ours.
RAW: list[Any] = [
    attrs.evolve(READ, arguments={"body": CANARY}, known=(Secret(CANARY),)),
    Answer(200, {"set-cookie": CANARY}, CANARY.encode()),
    AuthToken(access_token=CANARY, token_type="Bearer", expires_in=1),
]


def each_of(holders: list[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("holder", holders, ids=lambda holder: type(holder).__name__)


each_holder = each_of(LIVE + RESULTS + INNER + RAW)
each_duplicate = pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])


def logged(holder: object) -> str:
    record = logging.LogRecord("x", logging.DEBUG, __file__, 1, "%s %r", (holder, holder), None)
    return logging.Formatter("%(message)s %(args)s").format(record)


def raised_with(holder: object) -> str:
    error = ValueError(f"cannot use {holder}", holder)
    error.add_note(f"{holder!r}")
    return f"{error} {error!r} {error.args} {error.__notes__}"


SHOWS: list[Callable[[Any], str]] = [
    lambda holder: f"{holder} {holder!s} {holder!r:>10} {holder!a}",
    lambda holder: f"{[holder]} {({'a': holder},)}",
    lambda holder: repr(vars(holder)) if hasattr(holder, "__dict__") else "",
    lambda holder: json.dumps(holder, default=repr),
    pprint.pformat,
    logged,
    raised_with,
]


@each_holder
def test_nothing_shows_the_secret_that_it_holds(holder):
    for show in SHOWS:
        assert CANARY not in show(holder)


@each_holder
def test_nothing_gives_its_secret_away_as_json_or_pickle(holder):
    """Not even to the encoder that looks into every object. Refused is as good as masked."""
    for encode in (lambda: json.dumps(holder, default=vars), lambda: pickle.dumps(holder)):
        assert CANARY not in str(result_of(encode))


@each_holder
def test_rich_shows_no_secret_either(holder):
    """It looks into classes of attrs by itself, also for the locals in its tracebacks."""
    assert CANARY not in pytest.importorskip("rich.pretty").pretty_repr(holder)


@each_of(LIVE + INNER)
def test_only_a_result_gives_its_secret_to_who_asks_for_all_values(holder):
    if attrs.has(type(holder)):
        assert CANARY not in repr(attrs.asdict(holder))


@each_duplicate
@each_of(LIVE)
def test_what_holds_connections_is_not_duplicated(holder, duplicate):
    with pytest.raises(TypeError, match=rf"^{type(holder).__name__} holds .* make one where it is needed$"):
        duplicate(holder)


@each_of(RESULTS)
def test_a_result_with_a_secret_is_copied_and_not_pickled(holder):
    for twin in (copy.copy(holder), copy.deepcopy(holder)):
        assert twin == holder
        assert CANARY not in repr(twin)
    with pytest.raises(TypeError, match="pass on, by name, what is needed of it"):
        pickle.dumps(holder)


@pytest.mark.parametrize(
    "value",
    [PLAIN, BatchLoadResult((PLAIN,), ("b",)), RetryPolicy(statuses=(500,)), ApiError("a", "b", {"c": 1})],
)
def test_what_holds_no_secret_is_pickled_and_copied(value):
    for twin in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert twin == value
        assert type(twin) is type(value)


@each_duplicate
def test_a_secret_is_not_duplicated(duplicate):
    with pytest.raises(TypeError, match="cannot be pickled"):
        duplicate(Secret(CANARY))


CAUSES: list[Any] = [ApiError("no", "E_NO", {"a": [1]}), "Bad Gateway", None, TimeoutError("no answer")]
CAUSES += [httpx.ReadError("h: reset"), UnreadableError("records: missing"), UnreadableBodyError("cut")]
ALL_ATTRIBUTES: dict[str, Any] = {"status_code": 502, "token_id": "A" * 21, "token_id_chosen_here": True}
ALL_ATTRIBUTES |= {"retry_after": 1.5, "attempts": 4, "outcome_unknown": True, "request_id": "r"}
ERRORS = [
    each for each in vars(access_tokens).values() if isinstance(each, type) and issubclass(each, Exception)
]


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_is_pickled_and_copied_with_all_that_it_tells(kind):
    for cause in CAUSES:
        error = kind("Failed", cause=cause, **ALL_ATTRIBUTES)
        for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
            assert type(twin) is kind
            assert (str(twin), repr(twin), twin.args) == (str(error), repr(error), error.args)
            assert {**vars(twin), "cause": repr(twin.cause)} == {**vars(error), "cause": repr(error.cause)}
            assert type(twin.__cause__) is type(error.__cause__)
