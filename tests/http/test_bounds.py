"""An answer is bounded by what was asked for, in bytes and in values, before it takes memory or time."""

from __future__ import annotations

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

from access_tokens import ApiError, InvalidResponseError
from access_tokens._flow.bounds import ANY, LARGEST, Bounds, bounds_of
from access_tokens.errors import UnreadableError

from ..helpers.api_calls import invoke
from ..helpers.fault_server import RECORD, TOKENS, response
from ..helpers.operations import LIST, OPERATIONS, TOKEN_ID, failure_of, keep_jwt
from .test_framing import MIB, little_memory, say

pytestmark = pytest.mark.fault(73)
CALLS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    **{each.name: (each.path, each.call) for each in OPERATIONS},
    "a large page": (TOKENS, lambda client: client.list(limit=5000)),
    "a batch": (f"{TOKENS}/batch", lambda client: client.batch_load([TOKEN_ID])),
    "a generated operation": (TOKENS, lambda client: invoke(client, list_tokens)),
}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab",:[{\\\u20ac'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab",:[{\\'), inner, max_size=4),
    max_leaves=9,
)


def full(unit: bytes, size: int = LARGEST) -> bytes:
    return b'{"records":[' + (unit * (size // len(unit) - 9))[:-1] + b"]}"


FLOODS = {
    "empty objects": full(b"{},"),
    "empty lists": full(b"[],"),
    "numbers": full(b"1,"),
    "texts": full(b'"a",'),
    "keys": b'{"records":[{' + b",".join(b'"%d":1' % number for number in range(10**6)) + b"}]}",
    "depth": b"[" * (LARGEST - 9),
    "depth in an object": b'{"a":' * (LARGEST // 6),
    "what a text seems to hide": full(b'"\\\\",[],"\\"",'),
    "UTF-16": full(b"{},", LARGEST // 2).decode().encode("utf-16"),
}


@pytest.mark.fault(20)
@pytest.mark.parametrize("name", CALLS)
def test_a_few_packed_bytes_take_little_memory(server, victim, name):
    """Not for a moment is there what they would be made into, of 1 GiB."""
    path, call = CALLS[name]
    if name != "authenticate":
        keep_jwt(victim)
    server.play(path, say(response(200, gzip.compress(FLOODS["empty objects"], 1), "Content-Encoding: gzip")))
    most = 100 * MIB if name in {"a large page", "a generated operation"} else 16 * MIB
    unreadable = pytest.raises(InvalidResponseError, match=r"(: over \d+ values|the body is over \d+ KiB)")
    with little_memory(most), unreadable:
        call(victim)


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_no_flood_of_values_is_parsed(flood):
    with pytest.raises(UnreadableError, match="^over 250000 values$"):
        ANY.check_values(flood)


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
    server.play(TOKENS, say(response(200, b'{"records":[' + records + b"]}")))
    assert len(victim.list()) == 100
    server.play(TOKENS, say(response(200, b'{"records":[' + LARGEST_RECORD + b"]}")))
    assert len(victim.list(limit=1)) == 1
    server.play(f"{TOKENS}/batch", say(response(200, b'{"found":[' + records + b'],"notFound":[]}')))
    assert len(victim.batch_load(f"{number:021}" for number in range(100)).found) == 100
    server.play(TOKENS, say(response(201, b'{"token":"t","record":' + LARGEST_RECORD + b"}")))
    assert victim.issue("x").record.owner == "\U0001f600" * 50


def test_an_error_is_read_up_to_256_kib(server, victim):
    keep_jwt(victim)
    at_its_end, behind_it = (b'{"error": "Bad"}'.rjust(2**18 + more) for more in (0, 1))
    server.play(TOKENS, say(response(400, at_its_end)), say(response(400, behind_it)))
    assert failure_of(LIST, victim).cause == ApiError("Bad")
    assert failure_of(LIST, victim).cause == "Status"


LONG_DETAILS = {
    "objects": b'{"a":[' + b",".join([b"{}"] * 80_000) + b"]}",
    "words": b'{"a":"' + b"x " * 120_000 + b'"}',
    "keys": b"{" + b",".join(b'"%d":1' % number for number in range(20_000)) + b"}",
}


@pytest.mark.parametrize("details", LONG_DETAILS.values(), ids=LONG_DETAILS)
def test_details_that_are_long_are_an_excerpt(server, victim, details):
    keep_jwt(victim)
    server.play(TOKENS, say(response(400, b'{"error":{"message":"Bad","details":%b}}' % details)))
    with little_memory(most=12 * MIB):
        error = failure_of(LIST, victim)
    assert isinstance(error.cause, ApiError)
    assert error.cause.details == json.dumps(json.loads(details))[:4096]


def test_what_a_hook_of_the_callers_client_has_read_is_bounded_too(make_client, variant):
    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=FLOODS["empty objects"])  # which reads it

    kind = httpx.Client if variant == "sync" else httpx.AsyncClient
    client = make_client("https://h", "pat_x", http_client=kind(transport=httpx.MockTransport(respond)))
    keep_jwt(client)
    with pytest.raises(InvalidResponseError, match="over 6464 KiB"):
        client.list()


def marks_outside_texts(value: Any) -> int:
    """Count as the bounds mean it, the slow way."""
    if isinstance(value, dict):
        return 2 * len(value) + (not value) + sum(map(marks_outside_texts, value.values()))
    if isinstance(value, list):
        return len(value) + (not value) + sum(map(marks_outside_texts, value))
    return 0


@given(ANY_JSON)
@profile(max_examples=60)
def test_values_are_counted_as_they_are(value):
    content = json.dumps(value).encode().ljust(2000)
    marks = marks_outside_texts(value)
    Bounds(0, marks).check_values(content)
    if marks:
        with pytest.raises(UnreadableError, match=f"^over {marks - 1} values$"):
            Bounds(0, marks - 1).check_values(content)


def test_no_bound_is_over_32_mib():
    assert [bounds_of(records).size for records in (1, 100, 1000)] == [2**17, 101 * 2**16, 2**25]
    assert ANY.size == 2**25
