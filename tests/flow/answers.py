"""Answers that tell of a failure, and what is read of them."""

import html
import json
from typing import Any

from access_tokens import AccessTokensError, ApiError
from access_tokens._flow.error_body import said_in_body
from access_tokens._flow.steps import Answer
from access_tokens._secret import Secret

from ..helpers.fault_server import FaultServer, Play, response
from ..helpers.operations import Operation, failure_of

PAT = "pat_An6ladUCmSoDfciDaYDE9.q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k="
JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
PHC = "$scrypt$ln=14,r=8,p=1$q83vASNFZ4mrze8BI0VniQ$q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k"
# Headers of answers.
JSON, PAGE, TEXT, XML = (
    f"Content-Type: {each}" for each in ("application/json", "text/html", "text/plain", "application/xml")
)
GZIP = "Content-Encoding: gzip"


def body_of(value: Any) -> bytes:
    """Return the body of an answer: bytes and texts as they are, anything else as JSON."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value)).encode()


def typed(status: int, body: Any, media_type: str = "text/html", reason: str = "") -> Answer:
    """Make an answer of this media type."""
    return Answer(status, {"content-type": media_type}, body_of(body), reason)


def said(body: Any, media_type: str = "application/json", *known: str) -> ApiError | str | None:
    """Return what is read of a body, where these secrets were sent."""
    secrets = tuple(map(Secret, known))
    return said_in_body(Answer(500, {"content-type": media_type}, body_of(body), known=secrets))


def express_page(message: str) -> str:
    """Return the page that Express makes of an error with its stack."""
    stack = "\n    at DynamoDBPat.store (file:///srv/pat.js:1:2)\n    at process.processTicks (node:1)"
    shown = html.escape(f"Error: {message}{stack}").replace("\n", "<br>").replace("  ", " &nbsp;")
    return f"<!DOCTYPE html>\n<html>\n<body>\n<pre>{shown}</pre>\n</body>\n</html>"


def say(status: int, body: Any = b"", *lines: str) -> Play:
    """Return what answers a request over the wire."""
    return lambda peer: peer.send(response(status, body_of(body), *lines))


def told_at_once(server: FaultServer, client: Any, operation: Operation, play: Play) -> AccessTokensError:
    """Return the error of a call that is refused by the one request that it makes."""
    server.requests.clear()
    server.always(operation.path, play)
    error = failure_of(operation, client)
    assert [each.path for each in server.requests] == [operation.path]
    assert (error.attempts, error.outcome_unknown, client.clock.waits) == (1, False, [])
    return error
