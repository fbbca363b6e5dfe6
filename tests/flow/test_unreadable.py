"""Answers that say of themselves that all is well, and are not what is due."""

import json

import pytest

from access_tokens import InvalidResponseError

from ..helpers.fault_server import RECORD, TOKENS, Play
from ..helpers.operations import AUTHENTICATE, ISSUE, LIST, REGISTER, REVOKE, failure_of
from .answers import PAGE, say

NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
NOT_THE_SERVICES: dict[str, Play] = {
    "a page": say(200, "<html><title>Welcome</title></html>", PAGE),
    "nothing": say(200),
    "null": say(200, "null"),
    "a list": say(200, "[]"),
    "a text": say(200, '"records"'),
    "another object": say(200, {"canary": [{"canary": 1}]}),
    "null everywhere": say(200, dict.fromkeys(["records", "token", "record", "access_token"])),
    "a number too large for Python": say(200, '{"records": ' + "9" * 5000 + "}"),
    "NaN": say(200, "NaN"),
    "half a surrogate": say(200, '"\\ud800"'),
    "a list of lists": say(200, "[" * 100_000),
    "not UTF-8": say(200, b'{"records": "\xff"}'),
    "UTF-16 with its mark": say(200, '{"canary": 1}'.encode("utf-16")),
    "no content": lambda peer: peer.send(NO_CONTENT),
}


@pytest.mark.fault(17)
@pytest.mark.parametrize("operation", [LIST, ISSUE, REGISTER, AUTHENTICATE], ids=lambda each: each.name)
def test_an_answer_that_is_not_the_services_is_told_after_one_request(server, client, operation):
    for name, play in NOT_THE_SERVICES.items():
        server.requests.clear()
        server.play(operation.path, play)
        error = failure_of(operation, client)
        assert type(error) is InvalidResponseError, name
        assert (error.message, error.attempts, server.count(operation.path)) == (operation.invalid, 1, 1)
        assert error.status_code == (204 if name == "no content" else 200)
        assert error.outcome_unknown == operation.changes
        assert "canary" not in str(error)
        assert str(error).isprintable()


@pytest.mark.fault(17)
def test_a_page_is_no_success_where_no_body_is_due(server, client):
    """A gateway that greets everybody has revoked nothing."""
    server.play(REVOKE.path, NOT_THE_SERVICES["a page"])
    error = failure_of(REVOKE, client)
    assert (type(error), error.message) == (InvalidResponseError, "Failed to revoke token")
    assert error.outcome_unknown


@pytest.mark.fault(12)
def test_a_success_by_another_number_is_one(server, client):
    for status in (201, 202, 203, 206, 299):
        server.play(TOKENS, say(status, {"records": []}))
        assert client.list() == []
    server.play(TOKENS, say(200, {"token": "pat_x", "record": RECORD}))
    assert client.issue("x").token == "pat_x"


@pytest.mark.fault(17)
def test_a_success_without_the_body_that_is_due_is_none(server, client):
    for status in (205, 226):
        server.play(TOKENS, say(status))
        assert type(failure_of(LIST, client)) is InvalidResponseError


def with_numbers(spelling: str) -> str:
    """Return a record whose times are spelled like this."""
    return json.dumps(RECORD | {"createdAt": "N", "expiresAt": "N"}).replace('"N"', spelling)


WHOLE = {"1700000000.0": 1_700_000_000, "1.7e9": 1_700_000_000, "17E+8": 1_700_000_000, "0.0": 0, "-1e0": -1}


@pytest.mark.fault(92)
def test_a_whole_number_may_have_a_point_or_an_exponent(server, client):
    for spelling, number in WHOLE.items():
        record = with_numbers(spelling)
        server.play(TOKENS, say(201, f'{{"token": "pat_new", "record": {record}}}'))
        server.play(TOKENS, say(200, f'{{"records": [{record}]}}'))
        for got in (client.issue("x").record, *client.list()):
            assert (got.created_at, got.expires_at) == (number, number)
            assert type(got.created_at) is int


@pytest.mark.fault(92)
def test_what_is_no_whole_number_is_refused(server, client):
    for spelling in ("1.5", "1e-1", "NaN", "Infinity", "1e999", "true", '"5"', "[5]"):
        server.play(TOKENS, say(200, f'{{"records": [{with_numbers(spelling)}]}}'))
        assert type(failure_of(LIST, client)) is InvalidResponseError, spelling
