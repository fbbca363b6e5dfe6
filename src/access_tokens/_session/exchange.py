"""The state of an exchange of the PAT that one caller makes for all, and a record of failed exchanges."""

from __future__ import annotations

import math
from copy import copy
from typing import Generic, Protocol, TypeVar

from attrs import define

from .._flow.jwt import Authorization
from .._settings import Settings
from ..errors import AccessTokensError, RateLimitedError, UnavailableError

_PASSING = (UnavailableError, RateLimitedError)
# The least time between two exchanges that fail, in seconds.
PAUSE = 1.0


class Event(Protocol):
    """The common part of `InterruptibleEvent` and `anyio.Event`."""

    def set(self) -> None: ...


E = TypeVar("E", bound=Event)


@define(eq=False, repr=False)
class PendingExchange(Generic[E]):
    """An exchange under way. The caller who started it leads it; others who need a JWT wait until it is done.

    The leader must not wait for itself when a hook, a signal handler or a finalizer makes a call during the
    exchange. So the leader is recorded: a thread by its id, a task by its place in the pool, which the tasks
    that it starts share.

    Attributes:
        done: Set at the end.
        leader: The caller who makes the exchange.
        authorization: The JWT, after a success.
        error: The error, after a failure.
        settings: The settings of the leader who failed. A caller with other patience may not fail.
    """

    done: E
    leader: object = None
    authorization: Authorization | None = None
    error: AccessTokensError | None = None
    settings: Settings | None = None

    def fail(self, error: AccessTokensError) -> None:
        """End the exchange with an error, and wake the waiters."""
        self.error = error
        self.done.set()


def may_pass(error: AccessTokensError) -> bool:
    """Tell whether the same exchange may succeed later without any change by the user."""
    return isinstance(error, _PASSING)


@define(eq=False, repr=False)
class FailedExchanges:
    """Limits the rate of exchanges that fail at once, when many calls follow each other.

    The first failure affects only its own call, so that a call succeeds as soon as the user has fixed the
    cause. After a second failure in quick succession, the following calls raise the same error without an
    exchange, for a second or for as long as the service asks (Retry-After). A failure that may pass is not
    counted, since the retry policy has waited already, unless the service asks for a longer wait. Nor is one
    without a request, as when the PAT cannot be read.

    Attributes:
        longest: The longest wait that the service may ask for, in seconds.
    """

    longest: float
    _error: AccessTokensError | None = None
    _at: float = -math.inf
    _until: float = -math.inf

    def note(self, error: AccessTokensError, now: float) -> None:
        """Record a failure."""
        asked = error.retry_after or 0.0
        if not error.attempts or (may_pass(error) and asked <= self.longest):
            return
        is_repeated = now - self._at < 2 * PAUSE
        self._error, self._at = error, now
        self._until = now + max(PAUSE, min(asked, self.longest)) if is_repeated else now

    def forget(self) -> None:
        """Forget the failures after a success."""
        self._error, self._at = None, -math.inf

    def standing(self, now: float) -> AccessTokensError | None:
        """Return the error to raise instead of making an exchange, if there is one."""
        if self._error is None or now >= self._until:
            return None
        error = copy(self._error)
        if error.retry_after is not None:
            error.retry_after = max(0.0, error.retry_after - (now - self._at))
        return error


def failures_of(settings: Settings) -> FailedExchanges:
    """Return the empty record of a client with these settings."""
    return FailedExchanges(settings.retry.retry_after_max)
