"""The exchange that one caller leads for all, and what is remembered of those that have failed."""

from __future__ import annotations

import math
from copy import copy
from typing import Generic, Protocol, TypeVar

from attrs import define

from .._flow.jwt import Authorization
from ..errors import AccessTokensError, RateLimitedError, UnavailableError

_PASSING = (UnavailableError, RateLimitedError)
# Between two exchanges that fail, in seconds.
PAUSE = 1.0


class Event(Protocol):
    """What the events of threading and of anyio have in common."""

    def set(self) -> None: ...


E = TypeVar("E", bound=Event)


@define(eq=False)
class PendingExchange(Generic[E]):
    """An exchange under way. Who began it leads it; who else needs a JWT waits until it is done.

    The leader must not wait for itself when a hook, a signal handler or a finalizer calls in the midst of its
    exchange. A thread is known by itself, and a task by its place, which those that it begins share.
    """

    done: E
    leader: object = None
    authorization: Authorization | None = None
    error: AccessTokensError | None = None

    def fail(self, error: AccessTokensError) -> None:
        """Land with an error."""
        self.error = error
        self.done.set()


def may_pass(error: AccessTokensError) -> bool:
    """Tell whether the same may succeed later, without anybody changing anything."""
    return isinstance(error, _PASSING)


@define
class FailedExchanges:
    """Sees to it that exchanges which fail at once do not follow each other as fast as calls do.

    The first failure stands for nobody else, so that who mends its cause is served at once. The second in
    quick succession stands for the calls that follow, for a second, or for as long as the service asks. A
    failure that may pass has had the waits of the policy, unless the service asks for more than those.

    Attributes:
        longest: For how long the service may ask, in seconds.
    """

    longest: float
    _error: AccessTokensError | None = None
    _at: float = -math.inf
    _until: float = -math.inf

    def note(self, error: AccessTokensError, now: float) -> None:
        """Take note of a failure."""
        asked = error.retry_after or 0.0
        if may_pass(error) and asked <= self.longest:
            return
        is_repeated = now - self._at < 2 * PAUSE
        self._error, self._at = error, now
        self._until = now + max(PAUSE, min(asked, self.longest)) if is_repeated else now

    def forget(self) -> None:
        """Take note of a success."""
        self._error, self._at = None, -math.inf

    def standing(self, now: float) -> AccessTokensError | None:
        """Return the error that stands for an exchange which is not made."""
        if self._error is None or now >= self._until:
            return None
        error = copy(self._error)
        if error.retry_after is not None:
            error.retry_after = max(0.0, error.retry_after - (now - self._at))
        return error
