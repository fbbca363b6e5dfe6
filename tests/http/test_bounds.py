"""An answer is bounded by what was asked for, in bytes and in values, before it takes memory or time."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from access_tokens_api.api.tokens import list_tokens
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens import InvalidResponseError
from access_tokens._flow.bounds import ANY, Bounds, bounds_of
from access_tokens.errors import UnreadableError

from ..helpers.api_calls import invoke
from ..helpers.fault_server import RECORD, TOKENS, response
from ..helpers.operations import AUTHENTICATE, OPERATIONS, TOKEN_ID, keep_jwt
from .answers import MIB, little_memory, say

pytestmark = pytest.mark.fault(73)


def test_no_bound_is_over_32_mib():
    assert [bounds_of(records).size for records in (1, 100, 1000)] == [2**17, 101 * 2**16, 2**25]
    assert ANY.size == 2**25


def full(unit: bytes, size: int = 3 * MIB) -> bytes:
    return b'{"records":[' + (unit * (size // len(unit) - 9))[:-1] + b"]}"


FLOODS = {
    "empty objects": full(b"{},"),
    "empty lists": full(b"[],"),
    "numbers": full(b"1,"),
    "texts": full(b'"a",'),
    "keys": b'{"records":[{' + b",".join(b'"%d":1' % number for number in range(10**6)) + b"}]}",
    "depth": b"[" * 3 * MIB,
    "depth in an object": b'{"a":' * MIB,
    "what a text seems to hide": full(b'"\\\\",[],"\\"",'),
    "UTF-16": full(b"{},").decode().encode("utf-16"),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_no_flood_of_values_is_parsed(flood):
    with pytest.raises(UnreadableError, match="^over 250000 values$"):
        ANY.check_values(flood)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab",:[{\\\u20ac'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab",:[{\\'), inner, max_size=4),
    max_leaves=9,
)


def marks_outside_texts(value: Any) -> int:
    """Count as the bounds mean it, the slow way."""
    if isinstance(value, dict):
        return 2 * len(value) + (not value) + sum(map(marks_outside_texts, value.values()))
    if isinstance(value, list):
        return len(value) + (not value) + sum(map(marks_outside_texts, value))
    return 0


@given(ANY_JSON)
@profile(max_examples=50)
def test_values_are_counted_as_they_are(value):
    content = json.dumps(value).encode().ljust(2000)
    marks = marks_outside_texts(value)
    Bounds(0, marks).check_values(content)
    if marks:
        with pytest.raises(UnreadableError, match=f"^over {marks - 1} values$"):
            Bounds(0, marks - 1).check_values(content)


# What is read of the answer to a call at most.
CALLS: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    **{each.name: (each.path, each.call, "the body is over 128 KiB") for each in OPERATIONS},
    "list": (TOKENS, lambda client: client.list(), "the body is over 6464 KiB"),
    "a large page": (TOKENS, lambda client: client.list(limit=5000), "over 100100 values"),
    "a batch": (f"{TOKENS}/batch", lambda client: client.batch_load([TOKEN_ID]), "the body is over 128 KiB"),
    "a generated operation": (TOKENS, lambda client: invoke(client, list_tokens), "over 250000 values"),
}


@pytest.mark.fault(20)
def test_a_few_packed_bytes_take_little_memory(server, victim):
    """Not for a moment is there what they would be made into, of hundreds of megabytes."""
    packed = gzip.compress(full(b"{},", 8 * MIB), 1)
    for path, call, reason in CALLS.values():
        if call is not AUTHENTICATE.call:
            keep_jwt(victim)
        server.play(path, say(response(200, packed, "Content-Encoding: gzip")))
        with little_memory(most=30 * MIB), pytest.raises(InvalidResponseError) as raised:
            call(victim)
        assert raised.value.reason == reason


def test_what_a_hook_of_the_callers_client_has_read_is_bounded_too(borrowing):
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=bytes(8 * MIB)))
    client = borrowing("https://h", transport=transport)  # where the body is read at once
    keep_jwt(client)
    with pytest.raises(InvalidResponseError, match="over 6464 KiB"):
        client.list()


# Each character of a text takes six bytes, as does half an emoji.
LARGEST_RECORD = json.dumps(
    RECORD
    | {
        "owner": "\U0001f600" * 50,
        "roles": [f"{number:04}" + '"\\,:[{' * 8 + "\u20ac" * 48 for number in range(50)],
        "secretPhc": "$scrypt$" + "h" * 192,
        **dict.fromkeys(("createdAt", "lastUsedAt", "expiresAt", "revokedAt"), 2**53),
        "fieldToCome": ["\u20ac" * 100] * 20,
    }
).encode()


def test_the_largest_answers_that_were_asked_for_are_read(server, victim):
    records = b",".join([LARGEST_RECORD] * 100)
    keep_jwt(victim)
    server.play(TOKENS, say(response(200, b'{"records":[%b]}' % records)))
    assert len(victim.list()) == 100
    server.play(TOKENS, say(response(200, b'{"records":[%b]}' % LARGEST_RECORD)))
    assert len(victim.list(limit=1)) == 1
    server.play(f"{TOKENS}/batch", say(response(200, b'{"found":[%b],"notFound":[]}' % records)))
    assert len(victim.batch_load(f"{number:021}" for number in range(100)).found) == 100
    server.play(TOKENS, say(response(201, b'{"token":"t","record":%b}' % LARGEST_RECORD)))
    assert victim.issue("x").record.owner == "\U0001f600" * 50
