"""Whatever the service answers with a success: a value of the documented types, or one typed error."""

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

pytestmark = pytest.mark.usefixtures("each_way")

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
Call = Callable[[Any], Any]
# Each method, an answer that is right, the message when it cannot be read, and the type of the result.
WITH_BODY: list[tuple[Call, Any, str, type]] = [
    (lambda c: c.list(), {"records": [RECORD]}, "Invalid list tokens response", list),
    (lambda c: c.iter_tokens(), {"records": [RECORD]}, "Invalid list tokens response", list),
    (
        lambda c: c.batch_load([ID]),
        {"found": [RECORD], "notFound": ["x"]},
        "Invalid batch load response",
        BatchLoadResult,
    ),
    (lambda c: c.get(ID), {"found": [RECORD], "notFound": []}, "Invalid get token response", TokenRecord),
    (lambda c: c.issue("x"), {"token": "t", "record": RECORD}, "Invalid issue token response", IssueResult),
    (lambda c: c.register(ID, PHC, "x"), {"record": RECORD}, "Invalid register token response", TokenRecord),
]
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
        if found := list(places(body)):
            container, key = draw(st.sampled_from(found))
            if draw(st.booleans()):
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


def assert_unreadable(error: Any, message: str, status: int) -> None:
    assert type(error) is InvalidResponseError
    assert (error.message, error.status_code, error.attempts) == (message, status, 1)
    assert str(error).isprintable()
    assert error.__context__ is None


@pytest.mark.fault(17)
@pytest.mark.parametrize(("call", "right", "unreadable", "kind"), WITH_BODY, ids=lambda each: str(each)[:20])
@given(st.data(), st.integers(200, 299), st.sampled_from([(), ((b"Content-Type", b"text/html"),)]))
@profile(max_examples=15)
def test_any_answer_is_a_typed_value_or_unreadable(
    world, call, right, unreadable, kind, data, status, headers
):
    answer = Canned(status, data.draw(bodies(right)), headers)
    result = result_of(lambda: call(world.client(answers(answer), retry=ONCE)))
    if isinstance(result, InvalidResponseError):
        assert_unreadable(result, unreadable, status)
        assert result.outcome_unknown is (unreadable.split()[1] in {"issue", "register"})
    else:
        assert type(result) is kind
        for each in result if isinstance(result, (list, tuple)) else [result]:
            assert_typed(each, type(each))


@pytest.mark.fault(17, 23, 24)
@given(bodies(EXCHANGED), st.integers(200, 299))
@profile(max_examples=40)
def test_any_answer_to_an_exchange_is_a_jwt_with_an_end_or_unreadable(world, body, status):
    client = world.client(answers(canned_json({"records": []}), exchange=Canned(status, body)), retry=ONCE)
    result = result_of(client.list)
    if isinstance(result, Exception):
        assert_unreadable(result, "Invalid auth token response", status)
        assert len(world.requests) == 1
        assert client._session._state.cache.living(client.clock.now()) is None
    else:
        said = json.loads(body)
        [request] = world.calls
        assert request.headers["authorization"] == f"Bearer {said['access_token']}"
        life = client._session._state.cache.living(client.clock.now()).lifetime
        assert life == min(said["expires_in"], 86_400)
        assert life > 0


@pytest.mark.fault(17, 45)
@given(bodies({"found": [RECORD], "notFound": []}), st.sampled_from([409, 500]))
@profile(max_examples=40)
def test_any_answer_to_the_settling_of_a_registration_is_a_record_or_the_first_error(
    sync_world, body, status
):
    assume(b"\\ud" not in body)  # half of a pair: in test_register
    twice = RetryPolicy(retries=1, backoff=0)
    client = sync_world.client(answers(Canned(500), Canned(status), Canned(200, body)), retry=twice)
    result = result_of(lambda: client.register(ID, PHC, "user@example.com", roles=["reader"], expires_at=2))
    if isinstance(result, Exception):
        assert type(result) is {409: ConflictError, 500: UnavailableError}[status]
        assert (result.message, result.status_code) == ("Failed to register token", status)
    else:
        assert_typed(result, TokenRecord)
        assert result.secret_phc is None
