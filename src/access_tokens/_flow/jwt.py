"""The JWT: how long it is good for, and which one is current."""

from __future__ import annotations

import math
import re
from typing import Any

from attrs import field, frozen

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
    """A JWT, and whether it was got for the call that asked, rather than found in the cache."""

    jwt: Jwt
    is_new: bool = False


class JwtCache:
    """The current JWT. Its owner sees to it that one thread or task at a time changes which it is."""

    def __init__(self) -> None:
        self._current: Jwt | None = None
        self._renew_after = -math.inf

    def usable(self, now: float) -> Jwt | None:
        """Return the JWT unless it is due for renewal."""
        jwt = self.living(now)
        return jwt if jwt and (jwt.is_fresh(now) or now < self._renew_after) else None

    def living(self, now: float) -> Jwt | None:
        """Return the JWT unless it has expired."""
        current = self._current  # once: another thread may change it between two looks
        return current if current and current.seconds_left(now) > 0 else None

    def keep(self, jwt: Jwt) -> None:
        """Make a JWT the current one."""
        self._current, self._renew_after = jwt, -math.inf

    def discard(self, jwt: Jwt) -> None:
        """Forget a JWT that was refused, unless a newer one has taken its place."""
        if self._current is jwt:
            self._current = None

    def put_off_renewal(self, until: float) -> None:
        """Use the current JWT as long as it lives, or until the renewal may be tried again."""
        self._renew_after = until
