"""Sessions without a variant, whose clock stands still."""

from typing import Any

from access_tokens import RetryPolicy
from access_tokens._calls.exchange import exchange
from access_tokens._flow.jwt import Authorization, Jwt
from access_tokens._pat import PatSource
from access_tokens._secret import Secret
from access_tokens._session.exchange import PendingExchange, failures_of
from access_tokens._session.jwt_decisions import JwtDecisions
from access_tokens._session.state import SessionState
from access_tokens._settings import settings

from .callers import Clock

NOW = 1000.0
DEADLINE = NOW + 300.0
PAT = Secret("pat_x")
CLOSED = "the client is closed"
FAILED = "Failed to authenticate"
# All settings of a client but its endpoint and its PAT.
SETTINGS: dict[str, Any] = {
    "auth_path": "/auth",
    "admin_path": "/admin",
    "timeout": 30.0,
    "deadline": 300.0,
    "retry": RetryPolicy(),
    "ssl_context": None,
    "allow_http": False,
}


def session(endpoint: str = "https://api.example.com:8443/base", **options: Any) -> JwtDecisions:
    borrowed = options.pop("borrowed", None)
    checked = settings(endpoint, PatSource(PAT), **(SETTINGS | options))
    made = JwtDecisions(checked, exchange(), borrowed, SessionState(failures_of(checked)))
    return at(NOW, made)


def at(time: float, made: JwtDecisions) -> JwtDecisions:
    """Set the clock of a session, and return the session."""
    made.now = Clock(time).now
    return made


def closed() -> JwtDecisions:
    made = session()
    made._state.is_closed = True
    return made


def jwt(left: float = 3600.0) -> Jwt:
    """A JWT with this many seconds left, of the 3600 that it had."""
    return Jwt(Secret("a.b.c"), sent_at=NOW + left - 3600.0, lifetime=3600.0)


class Landing:
    """Stands in for an event."""

    def __init__(self) -> None:
        self.is_set = False

    def set(self) -> None:
        self.is_set = True


def pending(**outcome: Any) -> PendingExchange[Landing]:
    """An exchange that somebody else leads."""
    return PendingExchange(Landing(), leader=object(), **outcome)


def new(left: float = 3600.0) -> Authorization:
    """A JWT that was got just now."""
    return Authorization(jwt(left), is_new=True)


def found(made: JwtDecisions, *, afresh: bool = False) -> Authorization | None:
    """What is found by who has just come."""
    return made._found(afresh, made._state.last)
