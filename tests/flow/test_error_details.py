"""The details of an error, however deep or odd they are, break nothing that is done with it."""

import json
import sys
import threading
from typing import Any

import pytest

from access_tokens import ApiError

from ..helpers.consequences import check_is_usable
from ..helpers.operations import AUTHENTICATE, LIST, REVOKE, failure_of
from .answers import said, say

pytestmark = pytest.mark.fault(74)


def nested(depth: int, opening: bytes = b'{"a":', closing: bytes = b"}", core: bytes = b'"core"') -> bytes:
    return opening * depth + core + closing * depth


DETAILS = {
    "900 objects deep": nested(900),
    "900 lists deep": b'{"a":%b}' % nested(900, b"[", b"]"),
    "900 of both deep": nested(450, b'{"a":[', b"]}"),
    "deep at its end": b'{"a":1,"b":[%b]}' % nested(900),
    "wide and deep": b'{"a":[%b]}' % b",".join([nested(90)] * 90),
    "10,000 keys": b"{%b}" % b",".join(b'"key %d":1' % number for number in range(10_000)),
    "no numbers": b'{"a":NaN,"b":-Infinity,"c":1e999,"d":-1e999}',
    "a number of 5,000 digits": b'{"a":-%b,"b":[%b]}' % (b"9" * 5000, b"1" * 5000),
    "a number of 4,000 digits": b'{"a":%b}' % (b"9" * 4000),
    "halves of emoji": b'{"\\ud800":"\\udfff","a":["\\ud83d","\\ude00"]}',
    "a half of an emoji": b'"\\ud800"',
    "half an emoji in UTF-8": b'{"\xed\xa0\x80":1}',
    "control characters": b'{"\\u0000\\u001b[31m":"\\u0000\\u009b"}',
    "twice the same key": b'{"a":1,"a":{"b":1}}',
    "a long text": b'"%b"' % (b"x" * 9999),
    "a number": b"7",
}


def body_with(details: bytes) -> bytes:
    return b'{"error":{"message":"Bad","details":%b}}' % details


def details_of(details: bytes) -> Any:
    error = said(body_with(details))
    assert isinstance(error, ApiError)
    return error.details


@pytest.mark.parametrize("details", DETAILS.values(), ids=DETAILS)
def test_an_error_is_usable_whatever_its_details(server, client, details):
    for operation in (AUTHENTICATE, LIST, REVOKE):
        server.play(operation.path, say(400, body_with(details)))
        error = failure_of(operation, client)
        assert isinstance(error.cause, ApiError)
        assert error.reason == "Bad"
        check_is_usable(error)


def test_details_down_to_20_levels_are_kept_and_deeper_ones_are_an_excerpt():
    assert details_of(nested(20)) == json.loads(nested(20))
    assert details_of(nested(21)) == '{"a": ' * 20 + '"…"' + "}" * 20
    assert details_of(b'{"a":%b}' % nested(19, b"[", b"]")) == {"a": json.loads(nested(19, b"[", b"]"))}
    assert details_of(b'{"b":"c","a":%b}' % nested(900, b"[", b"]")).startswith('{"b": "c", "a": [[[')


def test_details_of_more_than_2048_values_are_an_excerpt():
    assert len(details_of(b'{"":[%b]}' % b",".join([b"1"] * 1300))[""]) == 1300
    assert details_of(b'{"":[%b]}' % b",".join([b"1"] * 3000)) == ('{"": [' + "1, " * 3000)[:4096]


def test_half_an_emoji_is_told_as_what_no_text_can_hold():
    assert details_of(b'{"\\ud800":["a\\udfff"]}') == {"\ufffd": ["a\ufffd"]}
    assert details_of(b'"\\ud83d\\ude00\\ud83d"') == "\U0001f600\ufffd"


def test_a_thread_that_is_deep_already_reads_what_it_can():
    found: list[Any] = []

    def fall(depth: int) -> None:
        if depth:
            fall(depth - 1)
        else:
            found.append(said(body_with(DETAILS["900 objects deep"])))

    thread = threading.Thread(target=fall, args=(sys.getrecursionlimit() - 100,))
    thread.start()
    thread.join()
    assert found in ([None], [ApiError("Bad", None, '{"a": ' * 20 + '"…"' + "}" * 20)])
