"""Refusals that the service words: of a value, of a PAT, of an id. And a 404, which it never means."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from typing import Any

import pytest

from access_tokens import (
    AccessTokensError,
    AuthenticationError,
    EndpointError,
    NotFoundError,
    RequestRejectedError,
    UnavailableError,
)

from ..helpers.fault_server import EXCHANGE, FaultServer, Peer, Play, response
from ..helpers.operations import (
    AUTHENTICATE,
    ISSUE,
    LIST,
    OPERATIONS,
    PHC,
    REGISTER,
    REVOKE,
    TOKEN_ID,
    Operation,
    failure_of,
    keep_jwt,
)

JSON, PAGE = "Content-Type: application/json; charset=utf-8", "Content-Type: text/html; charset=utf-8"
UPDATE = Operation(
    "update",
    f"/admin/tokens/{TOKEN_ID}",
    lambda c: c.update(TOKEN_ID, secret_phc=PHC),
    "Failed to update token",
    "Failed to update token",
)
RESTORE = Operation(
    "restore",
    f"/admin/tokens/{TOKEN_ID}/restore",
    lambda c: c.restore(TOKEN_ID),
    "Failed to restore token",
    "Failed to restore token",
)
EVERY_CALL = (*OPERATIONS, UPDATE, RESTORE)
every_call = pytest.mark.parametrize("operation", EVERY_CALL, ids=lambda each: each.name)
of_an_id = pytest.mark.parametrize("operation", [REVOKE, UPDATE, RESTORE], ids=lambda each: each.name)

# Word for word, with the blanks and the stack of the reference service.
ISSUES = json.dumps(
    [
        {
            "origin": "string",
            "code": "too_big",
            "maximum": 100,
            "inclusive": True,
            "path": ["owner"],
            "message": "Too big: expected string to have <=100 characters",
        }
    ],
    indent=2,
)
STACK = (
    "\n    at DynamoDBPat.store (file:///srv/pat.js:1:2)\n    at process.processTicksAndRejections (node:1)"
)
TOO_BIG = "owner: Too big: expected string to have <=100 characters"
REFUSED = {
    f"Cannot store invalid token record: {ISSUES}": f"Cannot store invalid token record: {TOO_BIG}",
    "Invalid secret PHC string: invalid_phc": "Invalid secret PHC string: invalid_phc",
}


def say(status: int, body: bytes | dict[str, Any], *lines: str) -> Play:
    return lambda peer: peer.send(response(status, body, *lines))


def as_json(status: int, message: str) -> Play:
    return say(status, {"error": {"message": message}}, JSON)


def as_page(status: int, message: str) -> Play:
    """Answer as Express does without an error handler."""
    shown = html.escape(f"Error: {message}{STACK}").replace("\n", "<br>").replace("  ", " &nbsp;")
    return say(status, f"<!DOCTYPE html>\n<body>\n<pre>{shown}</pre>\n</body>".encode(), PAGE)


DRESSES = pytest.mark.parametrize("dress", [as_json, as_page])
Dress = Callable[[int, str], Play]


def refusal_of(server: FaultServer, victim: Any, operation: Operation, play: Play) -> AccessTokensError:
    """Return the error of a call that is told at once."""
    if operation is not AUTHENTICATE:
        keep_jwt(victim)
    server.always(operation.path, play)
    error = failure_of(operation, victim)
    assert (server.count(operation.path), len(server.requests), error.attempts) == (1, 1, 1)
    assert victim.clock.waits == []
    return error


@pytest.mark.fault(62)
@every_call
@pytest.mark.parametrize(
    ("play", "reason"),
    [
        (
            say(404, b"<pre>Cannot PUT /wrong/tokens/x/revoke</pre>", PAGE),
            "Cannot PUT /wrong/tokens/x/revoke",
        ),
        (say(404, {"error": {"message": "No such route"}}, JSON), "No such route"),
        (say(404, b"no healthy upstream", "Content-Type: text/plain"), "no healthy upstream"),
        (say(404, b"<Error><Code>NoSuchKey</Code></Error>", "Content-Type: application/xml"), "NoSuchKey"),
        (say(404, b""), "Status"),
    ],
    ids=["a page", "JSON", "plain text", "XML", "nothing"],
)
def test_a_404_of_a_wrong_path_is_told_with_the_words_of_who_answers(server, victim, operation, play, reason):
    error = refusal_of(server, victim, operation, play)
    assert type(error) is EndpointError
    assert (error.message, error.reason, error.status_code) == (operation.failed, reason, 404)
    assert str(error).startswith(f"{operation.failed}: {reason} (HTTP 404")
    assert "check the endpoint and its paths" in str(error)
    assert not error.outcome_unknown


@pytest.mark.fault(62)
@of_an_id
@DRESSES
@pytest.mark.parametrize("status", [500, 404, 400])
def test_a_missing_token_is_told_in_words(server, victim, operation, dress, status):
    error = refusal_of(server, victim, operation, dress(status, f"Token not found: {TOKEN_ID}"))
    assert (type(error), error.reason) == (NotFoundError, f"Token not found: {TOKEN_ID}")


@pytest.mark.fault(63)
@pytest.mark.parametrize("operation", [ISSUE, REGISTER, UPDATE], ids=lambda each: each.name)
@pytest.mark.parametrize("message", REFUSED)
@pytest.mark.parametrize("status", [500, 400])
@DRESSES
def test_a_value_that_is_refused_is_told_at_once_and_in_short(
    server, victim, operation, message, status, dress
):
    error = refusal_of(server, victim, operation, dress(status, message))
    assert type(error) is RequestRejectedError
    assert (error.message, error.reason) == (operation.failed, REFUSED[message])
    assert (error.status_code, error.outcome_unknown) == (status, False)


@pytest.mark.fault(63)
@DRESSES
def test_a_pat_whose_record_is_hidden_is_refused_at_once(server, victim, dress):
    """Each exchange counts, where they are limited."""
    server.always(
        EXCHANGE, dress(500, f"Cannot load invalid record for token AAAAAAAAAAAAAAAAAAAAA: {ISSUES}")
    )
    error = failure_of(LIST, victim)
    assert type(error) is AuthenticationError
    assert (error.message, error.attempts) == ("Failed to authenticate", 1)
    assert error.reason == f"Cannot load invalid record for token AAAAAAAAAAAAAAAAAAAAA: {TOO_BIG}"
    assert len(server.requests) == 1


@pytest.mark.fault(63)
def test_a_page_of_a_service_in_production_is_told_as_the_phrase_that_it_is(server, victim):
    keep_jwt(victim)
    server.always(REVOKE.path, say(500, b"<pre>Internal Server Error</pre>", PAGE))
    error = failure_of(REVOKE, victim)
    assert (type(error), error.cause, error.attempts) == (UnavailableError, "Internal Server Error", 4)


@pytest.mark.fault(83)
@pytest.mark.parametrize(("expires_at", "unknown"), [(4_000_000_000, True), (None, False)])
def test_a_record_that_is_removed_after_its_revocation_may_have_been_revoked(
    server, victim, expires_at, unknown
):
    """Without an expiry the service never removes it."""
    keep_jwt(victim)
    server.play(REVOKE.path, Peer.reset, as_json(500, f"Token not found: {TOKEN_ID}"))
    with pytest.raises(NotFoundError) as raised:
        victim.revoke(TOKEN_ID, expires_at=expires_at)
    assert (raised.value.outcome_unknown, raised.value.attempts) == (unknown, 2)
