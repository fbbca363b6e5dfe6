"""The JWT: checks the service's token response, and keeps the current JWT."""

from __future__ import annotations

import math
import re
from typing import Any

from attrs import Factory, define, field, frozen

from .._secret import Secret, Unpickled, mask

# The reference client renews a JWT that is valid for fewer seconds than this.
_LARGEST_MARGIN = 30.0
# A JWT is kept for at most a day, in seconds, whatever the service says. This limits the effect of a wrong
# number, and costs only one exchange a day.
_LONGEST_LIFE = 86_400.0


@frozen(eq=False, repr=False)
class Jwt:
    """A JWT and its lifetime, in seconds of the session's clock.

    The lifetime is counted from when the exchange was sent; the service counts from a later moment.

    Attributes:
        token: The JWT itself.
        sent_at: When the exchange was sent.
        lifetime: How long the JWT lives.
        expires_at: When the JWT expires, in Unix seconds; 0 until it is kept.
    """

    token: Secret
    sent_at: float
    lifetime: float
    expires_at: float = 0.0

    def is_fresh(self, now: float) -> bool:
        """Tell whether the JWT is not yet due for renewal."""
        return now - self.sent_at < self.lifetime - min(_LARGEST_MARGIN, self.lifetime / 2)

    def seconds_left(self, now: float) -> float:
        """Return how many seconds are left until the JWT expires."""
        return self.sent_at + self.lifetime - now


@frozen(kw_only=True)
class AuthToken(Unpickled):
    """The token response of the service (RFC 6749, section 5.1)."""

    access_token: str = field(repr=mask, metadata={"json_name": "access_token"})
    token_type: str = field(metadata={"json_name": "token_type"})
    expires_in: Any = field(metadata={"json_name": "expires_in"})


def jwt_from(answer: AuthToken, sent_at: float) -> Jwt:
    """Check the token response of the service, and return the JWT.

    Raises:
        ValueError: The token cannot be sent as a bearer token, or its lifetime is not a finite number over 0.
    """
    if answer.token_type.lower() != "bearer":
        raise ValueError("token_type: not Bearer")
    if not re.fullmatch("[!-~]+", answer.access_token):
        raise ValueError("access_token: not fit for a header")
    if isinstance(answer.expires_in, bool) or not isinstance(answer.expires_in, (int, float)):
        raise ValueError("expires_in: not a number")  # noqa: TRY004 - about a response, not an argument
    if not 0 < answer.expires_in < math.inf:
        raise ValueError("expires_in: not a number of seconds over 0")
    return Jwt(Secret(answer.access_token), sent_at, bounded_life(answer.expires_in))


def bounded_life(seconds: float) -> float:
    """Return the lifetime for which a JWT is kept, in seconds."""
    return float(min(seconds, _LONGEST_LIFE))


@frozen
class Authorization:
    """A JWT for a call.

    Attributes:
        jwt: The JWT.
        is_new: Whether it was issued for this call, and lives, so that a new one would not be better.
        is_own: Whether it was issued for this call, even if it has expired since.
    """

    jwt: Jwt
    is_new: bool = False
    is_own: bool = field(default=Factory(lambda self: self.is_new, takes_self=True))

    @property
    def most_replays(self) -> int:
        """How often a request may have been repeated when this JWT is refused, and is repeated once more.

        One that another call or process had got may be out of date as well.
        """
        return 1 if self.is_own else 2


@define(eq=False, repr=False)
class _Current:
    """Holds one JWT until it is refused. Never reused, so that discarding a JWT cannot remove a newer one."""

    jwt: Jwt | None
    renew_after: float = -math.inf


class JwtCache:
    """Keeps the current JWT. Another thread or a signal handler may change it between any two lines."""

    def __init__(self) -> None:
        self._current: _Current | None = None

    def usable(self, now: float) -> Jwt | None:
        """Return the JWT unless it is due for renewal."""
        current, jwt = self._current, self.living(now)
        return jwt if jwt and current and (jwt.is_fresh(now) or now < current.renew_after) else None

    def living(self, now: float) -> Jwt | None:
        """Return the JWT unless it has expired."""
        jwt = self._current.jwt if self._current else None
        return jwt if jwt and jwt.seconds_left(now) > 0 else None

    def keep(self, jwt: Jwt) -> None:
        """Make a JWT the current one."""
        self._current = _Current(jwt)

    def discard(self, jwt: Jwt) -> None:
        """Forget a JWT that was refused, unless a newer one has taken its place."""
        current = self._current
        if current and current.jwt is jwt:
            current.jwt = None

    def current_of(self, token: Secret) -> Jwt | None:
        """Return the current JWT if this is its text."""
        jwt = self._current.jwt if self._current else None
        return jwt if jwt and jwt.token.reveal() == token.reveal() else None

    def put_off_renewal(self, until: float) -> None:
        """Do not renew the current JWT before a time, as long as the JWT is valid."""
        if self._current:
            self._current.renew_after = until
