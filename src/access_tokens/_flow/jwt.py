"""The JWT: how long it is good for, and which one is current."""

from __future__ import annotations

import math
import re
from typing import Any

from attrs import define, field, frozen

from .._secret import Secret, Unpickled, mask

# The reference client renews a JWT with less than this many seconds left.
_LARGEST_MARGIN = 30.0
# No answer makes a JWT live for ever: a day costs one exchange, and bounds what a wrong number can do.
_LONGEST_LIFE = 86_400.0


@frozen(eq=False)
class Jwt:
    """A JWT and its life, in seconds of the session's clock.

    Its life is counted from when the exchange was sent, since the service counts from some later moment.
    """

    token: Secret
    sent_at: float
    lifetime: float

    def is_fresh(self, now: float) -> bool:
        """Tell whether it is good for a while yet, and needs no renewal."""
        return now - self.sent_at < self.lifetime - min(_LARGEST_MARGIN, self.lifetime / 2)

    def seconds_left(self, now: float) -> float:
        """Return how long it still lives."""
        return self.sent_at + self.lifetime - now


@frozen(kw_only=True)
class AuthToken(Unpickled):
    """The service's answer to an exchange (RFC 6749, section 5.1)."""

    access_token: str = field(repr=mask, metadata={"json_name": "access_token"})
    token_type: str = field(metadata={"json_name": "token_type"})
    expires_in: Any = field(metadata={"json_name": "expires_in"})


def jwt_from(answer: AuthToken, sent_at: float) -> Jwt:
    """Judge the service's answer to an exchange.

    Raises:
        ValueError: It is no JWT that could be sent, or its life is not a finite number over 0.
    """
    if answer.token_type.lower() != "bearer":
        raise ValueError("token_type: not Bearer")
    if not re.fullmatch("[!-~]+", answer.access_token):
        raise ValueError("access_token: not fit for a header")
    if isinstance(answer.expires_in, bool) or not isinstance(answer.expires_in, (int, float)):
        raise ValueError("expires_in: not a number")  # noqa: TRY004 - an answer's fault, not an argument's
    if not 0 < answer.expires_in < math.inf:
        raise ValueError("expires_in: not a number of seconds over 0")
    return Jwt(Secret(answer.access_token), sent_at, float(min(answer.expires_in, _LONGEST_LIFE)))


@frozen
class Authorization:
    """A JWT, and whether it was got for the call that asked, so that another would be no better."""

    jwt: Jwt
    is_new: bool = False


@define
class _Current:
    """A JWT until it is refused. Each has one of its own, so that who removes it never removes the next."""

    jwt: Jwt | None
    renew_after: float = -math.inf


class JwtCache:
    """The current JWT. It may change between any two lines, by another thread or a signal handler."""

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

    def put_off_renewal(self, until: float) -> None:
        """Use the current JWT as long as it lives, or until the renewal may be tried again."""
        if self._current:
            self._current.renew_after = until
