"""What the sync and the async session share: everything that neither blocks nor awaits."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from copy import copy
from typing import Any, Generic, Protocol, TypeVar

import attrs
import httpx
from attrs import define

from .._flow.flow import calling, exchanging
from .._flow.jwt import Authorization, Jwt, JwtCache
from .._flow.steps import Call, Failure, Flow, Outcome
from .._http.failures import failure_of, is_foreign
from .._secret import Secret, Uncopied
from .._settings import Settings
from .._signals import mark, pass_on
from ..errors import AccessTokensError, ClientClosedError, RateLimitedError, UnavailableError

log = logging.getLogger("access_tokens")
_PASSING = (UnavailableError, RateLimitedError)
# Between two tries to renew a JWT that still lives, in seconds.
_RENEWAL_PAUSE = 1.0
# Between two new JWTs for another API that refuses them, in seconds.
_REFUSER_PAUSE = 60.0


class Event(Protocol):
    """What the events of threading and of anyio have in common."""

    def set(self) -> None: ...


class Closable(Protocol):
    """What the clients of httpx have in common."""

    @property
    def is_closed(self) -> bool: ...


E = TypeVar("E", bound=Event)
T = TypeVar("T")


@define(eq=False)
class PendingExchange(Generic[E]):
    """An exchange under way. Who began it leads it; who else needs a JWT waits until it is done.

    The leader must not wait for itself when a hook, a signal handler or a finalizer calls in the midst of its
    exchange. A thread is known by `leader`, and a task by its context, which those that it begins inherit.
    """

    done: E
    leader: object = None
    authorization: Authorization | None = None
    error: AccessTokensError | None = None

    def fail(self, error: AccessTokensError) -> None:
        """Land with an error."""
        self.error = error
        self.done.set()

    def outcome(self) -> Authorization | None:
        """Return or raise what came of it; None when the leader was cancelled and another must lead."""
        if self.error:
            # Each waiter raises a copy, since raising writes a traceback into the exception.
            raise copy(self.error)
        return self.authorization


class SessionBase(Uncopied):
    """What the sessions of threads and of tasks have in common.

    Args:
        settings: The checked arguments of the client.
        exchange: The call that exchanges the PAT.
        borrowed: The caller's own HTTP stack.
    """

    def __init__(self, settings: Settings, exchange: Call[Jwt], borrowed: Closable | None) -> None:
        self.settings = settings
        self.now: Callable[[], float] = time.monotonic  # a test puts another clock in its place
        self._exchange = exchange
        self._cache = JwtCache()
        self._closed = False
        self._borrowed = borrowed
        self._refusers: dict[str, float] = {}

    def may_replace(self, authorization: Authorization, host: str) -> bool:
        """Tell whether a 401 from another API may be cured by another JWT.

        A host that refuses a new one has reasons of its own. For a while no other is got for it, or each
        request to it would cost an exchange, of which the service grants few.
        """
        now = self.now()
        self._refusers = {each: until for each, until in self._refusers.items() if now < until}
        if authorization.is_new:
            self._refusers[host] = now + _REFUSER_PAUSE
        return host not in self._refusers

    def _new_deadline(self) -> float:
        return self.now() + self.settings.deadline

    def _calling(self, call: Call[Any]) -> Flow:
        if call.api_key:
            return exchanging(call, call.api_key, self.settings.retry)
        return calling(call, self.settings.retry, self.settings.api_key)

    def _found(self, afresh: bool) -> Authorization | None:
        if self._closed:
            raise self._closed_error()
        jwt = None if afresh else self._cache.usable(self.now())
        return Authorization(jwt) if jwt else None

    def _exchanging(self, living: Jwt | None, deadline: float) -> tuple[Flow, float]:
        """Return how to exchange the PAT, and until when.

        A renewal gets one attempt and half of the time left, to the JWT and to the call, so that the call can
        go on with the JWT it has.
        """
        policy, api_key = self.settings.retry, self.settings.api_key
        if living is None:
            return exchanging(self._exchange, api_key, policy), deadline
        now = self.now()
        once = exchanging(self._exchange, api_key, attrs.evolve(policy, retries=0))
        return once, now + min(deadline - now, living.seconds_left(now)) / 2

    def _kept(self, jwt: Jwt) -> Authorization:
        self._cache.keep(jwt)
        return Authorization(jwt, is_new=True)

    def _joined(self, pending: PendingExchange[E], afresh: bool) -> Authorization | None:
        """Return what came of an exchange that another led, or None when there must be one more."""
        try:
            outcome = pending.outcome()
        except AccessTokensError as error:
            return self._go_on_with(None if afresh else self._cache.living(self.now()), error)
        return outcome if outcome and (outcome.is_new or not afresh) else None

    def _go_on_with(self, living: Jwt | None, error: AccessTokensError) -> Authorization:
        """Return the JWT that still lives when its renewal failed for a passing reason, else raise."""
        now = self.now()
        if living is None or not isinstance(error, _PASSING) or living.seconds_left(now) <= 0:
            raise error
        log.debug("the JWT could not be renewed and lives on for %.0f s", living.seconds_left(now))
        self._cache.put_off_renewal(now + max(error.retry_after or 0.0, _RENEWAL_PAUSE))
        return Authorization(living)

    def _deadline_error(self) -> UnavailableError:
        return UnavailableError(self._exchange.failed, cause=self._out_of_time(acted=False).cause)

    def _out_of_time(self, acted: bool) -> Failure:
        return Failure(TimeoutError(f"no answer within the deadline of {self.settings.deadline:g} s"), acted)

    def _seconds_until(self, deadline: float) -> float:
        return deadline - self.now()

    def _has_time(self, seconds: float, deadline: float) -> bool:
        return self._seconds_until(deadline) > seconds

    def _patience(self, deadline: float) -> float:
        """Return how long to wait for a connection that is free."""
        patience = self.settings.timeout.pool
        left = self._seconds_until(deadline)
        return left if patience is None else min(left, patience)

    def _refusal(self, deadline: float) -> Failure | None:
        """Return why a request must not be sent."""
        if self._closed or (self._borrowed is not None and self._borrowed.is_closed):
            return self._closed_during(acted=False)
        return None if self._has_time(0, deadline) else self._out_of_time(acted=False)

    def _failed(self, error: Exception, deadline: float, *known: Secret, has_begun: bool = True) -> Failure:
        """Sort an exception of the transport, which may come of our own doing.

        Raises:
            Exception: It is none of a transport: a hook or a signal handler has broken the call off.
        """
        pass_on(error)
        if is_foreign(error):
            raise error
        host = httpx.URL(self.settings.base).netloc.decode()
        failure = failure_of(error, host, *known, self.settings.api_key, has_begun=has_begun)
        if self._closed:
            return self._closed_during(failure.acted)
        if isinstance(error, TimeoutError) or not self._has_time(0, deadline):
            return self._out_of_time(failure.acted)
        return failure

    def _closed_error(self) -> ClientClosedError:
        return ClientClosedError(self._exchange.failed, cause="the client is closed")

    def _closed_during(self, acted: bool) -> Failure:
        return Failure(RuntimeError("the client is closed"), acted, ClientClosedError)


def request_of(call: Call[Any]) -> dict[str, Any]:
    """Return the request of a call, with what is to be hidden and how much may be answered."""
    return {**call.request(), "known": call.known, "bounds": call.bounds}


def log_outcome(kwargs: dict[str, Any], outcome: Outcome) -> Outcome:
    """Write what came of a request to the log, and return it."""
    result = outcome.cause if isinstance(outcome, Failure) else outcome.status_code
    log.debug("%s %s: %s", kwargs["method"].upper(), kwargs["url"], result)
    return outcome


class CleanErrors:
    """Where errors leave the library.

    They do so without the frames and exceptions below, whose locals hold requests and answers; so does what
    breaks a call off. Another exception would be a mistake of ours, and tells where it was made.
    """

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, AccessTokensError) or (error and is_foreign(error)):
            mark(error)
            error.__context__ = error.__traceback__ = None
