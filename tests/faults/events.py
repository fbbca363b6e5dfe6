"""What may happen to each request of a call, on its way to the service and back; see model.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import frozen

from access_tokens import (
    AccessTokensError,
    AuthenticationError,
    ClientClosedError,
    EndpointError,
    GeneratedToken,
    InvalidResponseError,
    RateLimitedError,
    UnavailableError,
)
from access_tokens._flow.jwt import Jwt
from access_tokens._flow.steps import Answer, Failure
from access_tokens._secret import Secret

if TYPE_CHECKING:
    from .model import Run

ID = "A" * 21
OURS, THEIRS = "$scrypt$ln=14,r=8,p=1$b3Vycw$b3Vycw", "$scrypt$ln=14,r=8,p=1$dGhlaXJz$dGhlaXJz"
MADE = GeneratedToken(f"pat_{ID}.secret", ID, OURS)


@frozen
class Event:
    """What happens to one request.

    Attributes:
        name: What a failing test shows.
        processed: Whether the service carries it out, as far as it would.
        outcome: What is seen of that instead of the service's own answer.
        perhaps: Whether the service may have carried it out, for all that the client can see.
        then: What else happens before the next request.
    """

    name: str
    processed: bool = False
    outcome: Answer | Failure | None = None
    perhaps: bool = False
    then: Callable[[Run], None] | None = None


@frozen
class NoJwt:
    """What happens to an exchange: this error, or None for a new JWT."""

    error: type[AccessTokensError] | None = None


def _json(status: int, body: Any) -> Answer:
    return Answer(status, {"content-type": "application/json"}, json.dumps(body).encode())


def _record(secret_phc: str) -> dict[str, Any]:
    return {"tokenId": ID, "owner": "me", "isAdmin": False, "createdAt": 1, "secretPhc": secret_phc}


def _forget_jwt(run: Run) -> None:
    run.is_cold = True


def _run_out_of_time(run: Run) -> None:
    run.has_time = False


def _remove(run: Run) -> None:
    run.stored = None


JWT = Jwt(Secret("jwt-of-the-model"), sent_at=0.0, lifetime=3600.0)
EXCHANGED = _json(200, {"access_token": "jwt", "token_type": "Bearer", "expires_in": 3600})
FOUND: dict[str | None, Answer] = {
    None: _json(200, {"found": [], "notFound": [ID]}),
    **{phc: _json(200, {"found": [_record(phc)], "notFound": []}) for phc in (OURS, THEIRS)},
}
PAGE_OF_NONE = _json(200, {"records": []})
CREATED = _json(201, {"token": MADE.token, "record": _record(OURS)})
# The service's own refusals, which it answers with 500.
MISSING, TAKEN = (
    _json(500, {"error": {"message": f"{words}: {ID}"}})
    for words in ("Token not found", "Token ID already exists")
)
NEVER = Failure(ConnectionRefusedError("refused"), acted=False)
NO_PLACE = Failure(TimeoutError("no connection was free"), acted=False)
LOST = Failure(ConnectionResetError("reset"), acted=True)
PAGE = Answer(200, {"content-type": "text/html"}, b"<pre>Welcome</pre>")
GOES_WELL = Event("goes well", processed=True, perhaps=True)


def _status(status: int, *, processed: bool = False) -> Event:
    perhaps = status >= 500 and status not in {501, 505}
    return Event(f"{status}{', done' * processed}", processed, Answer(status), perhaps)


# What may be followed by another request.
GATEWAYS = [_status(status, processed=done) for status in (500, 502, 503, 504) for done in (False, True)]
LIMITS = [_status(status) for status in (401, 408, 429)]
CONNECTIONS = [
    Event("never sent", outcome=NEVER),
    Event("no place", outcome=NO_PLACE),
    Event("lost", outcome=LOST, perhaps=True),
    Event("lost, done", processed=True, outcome=LOST, perhaps=True),
    Event("lost, done, without a JWT", True, LOST, perhaps=True, then=_forget_jwt),
    Event("never sent, without a JWT", outcome=NEVER, then=_forget_jwt),
]
REMOVED = Event("lost, done, and removed", True, LOST, perhaps=True, then=_remove)
# One of each sort, for the requests in the middle of a history.
SORTS = [GATEWAYS[4], GATEWAYS[5], LIMITS[0], LIMITS[2], CONNECTIONS[0], *CONNECTIONS[2:]]
# What ends a call.
ENDS = [
    GOES_WELL,
    Event("out of time, never sent", outcome=NEVER, then=_run_out_of_time),
    Event("out of time", outcome=LOST, perhaps=True, then=_run_out_of_time),
    Event("out of time, done", True, LOST, perhaps=True, then=_run_out_of_time),
    Event("not sendable", outcome=Failure(ValueError("never"), acted=False, kind=EndpointError)),
    Event("closed", outcome=Failure(RuntimeError("closed"), acted=False, kind=ClientClosedError)),
    Event("closed, done", True, Failure(RuntimeError("closed"), True, ClientClosedError), perhaps=True),
    Event("too large, done", True, Failure(ValueError("large"), True, InvalidResponseError), perhaps=True),
    Event("a page", outcome=PAGE, perhaps=True),
    Event("a page, done", processed=True, outcome=PAGE, perhaps=True),
    *(_status(status) for status in (302, 400, 403, 404, 409, 413, 415, 501, 505, 599)),
    _status(599, processed=True),
]
# What may come of a request that changes nothing, one of each sort.
LOOKS = [GOES_WELL, SORTS[0], CONNECTIONS[0], CONNECTIONS[2], ENDS[1], ENDS[5], ENDS[8], _status(403)]
EXCHANGES = [
    NoJwt(),
    *map(NoJwt, (AuthenticationError, UnavailableError, RateLimitedError, ClientClosedError)),
    *map(NoJwt, (EndpointError, InvalidResponseError)),
]
