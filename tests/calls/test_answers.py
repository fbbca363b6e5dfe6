"""Whatever the service answers with a success: a value of the documented types, or one typed error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens import (
    BatchLoadResult,
    ConflictError,
    InvalidResponseError,
    IssueResult,
    RetryPolicy,
    TokenRecord,
    UnavailableError,
)

from ..helpers.callers import result_of
from ..helpers.world import ID, JWT, ONCE, PHC, Canned, answers, canned_json

RECORD = {
    "tokenId": ID,
    "owner": "user@example.com",
    "isAdmin": False,
    "roles": ["reader"],
    "secretPhc": PHC,
    "createdAt": 1,
    "lastUsedAt": None,
    "expiresAt": 2,
    "revokedAt": 3,
}


@attrs.frozen
class Operation:
    """A method, an answer that is close to a right one, and the message when it cannot be read."""

    call: Callable[[Any], Any]
    answer: Any
    unreadable: str
    result: Any


OPERATIONS = [
    Operation(lambda c: c.list(), {"records": [RECORD]}, "Invalid list tokens response", list),
    Operation(lambda c: c.iter_tokens(), {"records": [RECORD]}, "Invalid list tokens response", list),
    Operation(
        lambda c: c.batch_load([ID]),
        {"found": [RECORD], "notFound": ["x"]},
        "Invalid batch load response",
        BatchLoadResult,
    ),
    Operation(
        lambda c: c.issue("x"), {"token": "t", "record": RECORD}, "Invalid issue token response", IssueResult
    ),
    Operation(
        lambda c: c.register(ID, PHC, "x"), {"record": RECORD}, "Invalid register token response", TokenRecord
    ),
]
TWICE = RetryPolicy(retries=1, backoff=0)
EXCHANGED = {"access_token": JWT, "token_type": "Bearer", "expires_in": 3600, "state": None}

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
ODD_NUMBERS = st.sampled_from([0, -1, True, 1.5, 1e308, float("inf"), float("nan"), 10**400, 2**63, "3600"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | ODD_NUMBERS
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container inside a value, and each key or index of it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from places(inner)


@st.composite
def nearly(draw: st.DrawFn, right: Any) -> Any:
    """Draw an answer that is right but for up to two places."""
    body = json.loads(json.dumps(right))
    for _ in range(draw(st.integers(0, 2))):
        found = list(places(body))
        if found:
            container, key = draw(st.sampled_from(found))
            change = draw(st.sampled_from(["replace", "remove"]))
            if change == "remove":
                del container[key]
            else:
                container[key] = draw(ANYTHING)
    return body


def bodies(right: Any) -> st.SearchStrategy[bytes]:
    """Make any JSON value, mostly close to a right one, or any bytes."""
    as_json = (nearly(right) | ANYTHING).map(lambda body: json.dumps(body).encode())
    return as_json | st.binary(max_size=20) | st.sampled_from([b"[" * 99_999, b"\xff\xfe", b"\xef\xbb\xbf{}"])


def assert_typed(value: Any, kind: Any) -> None:
    """Check that a value has exactly the documented types, all the way down."""
    if attrs.has(type(value)):
        for each in attrs.fields(attrs.resolve_types(type(value))):
            assert_typed(getattr(value, each.name), each.type)
    elif getattr(kind, "__origin__", None) is tuple:
        assert type(value) is tuple
        for each in value:
            assert_typed(each, kind.__args__[0])
    else:
        assert isinstance(value, kind)
        assert type(value) in {str, int, bool, type(None)}
        assert type(value) is not bool or kind is bool


@pytest.mark.fault(17)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.unreadable)
@given(st.data(), st.integers(200, 299), st.sampled_from([(), ((b"Content-Type", b"text/html"),)]))
@profile(max_examples=30)
def test_any_answer_is_a_typed_value_or_unreadable(world, operation, data, status, headers):
    canned = Canned(status, data.draw(bodies(operation.answer)), headers)
    client = world.client(answers(canned), retry=ONCE)
    result = result_of(lambda: operation.call(client))
    if isinstance(result, InvalidResponseError):
        assert_unreadable(result, operation.unreadable, status)
        assert result.outcome_unknown is (operation.result in {IssueResult, TokenRecord})
    else:
        assert type(result) is operation.result
        for each in result if isinstance(result, (list, tuple)) else [result]:
            assert_typed(each, type(each))


def assert_unreadable(error: Any, message: str, status: int) -> None:
    assert type(error) is InvalidResponseError
    assert (error.message, error.status_code, error.attempts) == (message, status, 1)
    assert str(error).isprintable()
    assert error.__context__ is None


@pytest.mark.fault(17, 23, 24)
@given(bodies(EXCHANGED), st.integers(200, 299))
@profile(max_examples=60)
def test_any_answer_to_an_exchange_is_a_jwt_with_an_end_or_unreadable(world, body, status):
    client = world.client(answers(canned_json({"records": []}), exchange=Canned(status, body)), retry=ONCE)
    result = result_of(client.list)
    if isinstance(result, Exception):
        assert_unreadable(result, "Invalid auth token response", status)
        assert len(world.requests) == 1
        assert client._session._cache.living(client.clock.now()) is None
    else:
        said = json.loads(body)
        [call] = world.calls
        assert call.headers["authorization"] == f"Bearer {said['access_token']}"
        [life] = [client._session._cache.living(client.clock.now()).lifetime]
        assert life == min(said["expires_in"], 86_400)
        assert life > 0


WITHOUT_BODY: dict[str, Callable[[Any], Any]] = {
    "Failed to update token": lambda client: client.update(ID, owner="x"),
    "Failed to revoke token": lambda client: client.revoke(ID),
    "Failed to restore token": lambda client: client.restore(ID),
}


@pytest.mark.fault(17)
@given(st.sampled_from(sorted(WITHOUT_BODY)), bodies(RECORD), st.just(204) | st.integers(200, 299))
@profile(max_examples=30)
def test_where_no_body_is_due_none_is_read(world, failed, body, status):
    client = world.client(answers(Canned(status, body)), retry=ONCE)
    result = result_of(lambda: WITHOUT_BODY[failed](client))
    if status == 204:
        assert result is None
    else:
        assert_unreadable(result, failed, status)


@pytest.mark.fault(17, 45)
@given(bodies({"found": [RECORD], "notFound": []}), st.sampled_from([409, 500]))
@profile(max_examples=50)
def test_any_answer_to_the_settling_of_a_registration_is_a_record_or_the_first_error(world, body, status):
    assume(b"\\ud" not in body)  # see below
    client = world.client(answers(Canned(500), Canned(status), Canned(200, body)), retry=TWICE)
    result = result_of(lambda: client.register(ID, PHC, "user@example.com", roles=["reader"], expires_at=2))
    if isinstance(result, Exception):
        assert type(result) is {409: ConflictError, 500: UnavailableError}[status]
        assert (result.message, result.status_code) == ("Failed to register token", status)
    else:
        assert_typed(result, TokenRecord)
        assert result.secret_phc is None


@pytest.mark.fault(17, 45)
def test_a_stored_hash_that_is_no_text_does_not_break_the_settling(world):
    stored = canned_json({"found": [RECORD | {"secretPhc": "\ud800"}], "notFound": []})
    client = world.client(answers(Canned(500), stored), retry=ONCE)
    with pytest.raises(UnavailableError, match="^Failed to register token"):
        client.register(ID, PHC, "x")


@pytest.mark.fault(17, 44)
@pytest.mark.parametrize("cursor", ["", ".", "..", "\ud800", "x" * 2049], ids=range(5))
def test_a_page_whose_last_id_cannot_be_a_cursor_is_the_answers_fault(world, cursor):
    client = world.client(answers(canned_json({"records": [RECORD | {"tokenId": cursor}]})))
    with pytest.raises(InvalidResponseError, match="^Invalid list tokens response"):
        client.iter_tokens(page_size=1)
