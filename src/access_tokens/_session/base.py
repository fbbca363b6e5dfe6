"""The base class of the sync and the async session: everything that neither blocks nor awaits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any, Self, TypeVar

import attrs
import httpx

from .._flow.flow import authorizing, calling, exchanging
from .._flow.jwt import Authorization, Jwt
from .._flow.request_id import request_id_in
from .._flow.steps import Answer, Authorize, Call, Failure, Flow, Outcome, Sent
from .._http.borrowed import Borrowed, timeout_of
from .._http.failures import failure_of, is_foreign
from .._http.request import Progress
from .._secret import Secret, Uncopied, redact, view_of
from .._settings import Settings
from .._signals import mark, pass_on
from ..bearer import Bearer
from ..errors import AccessTokensError, AuthenticationError, ClientClosedError, UnavailableError
from .exchange import PAUSE, PendingExchange, may_pass
from .log import CallLog, log_renewal
from .state import SessionState

T = TypeVar("T")
# The longest time, in seconds, that a call waits for the early renewal of a JWT that is still valid. An
# exchange usually takes a fraction of a second.
_LONGEST_RENEWAL = 5.0
# A JWT that is valid for fewer seconds is not renewed early: half of that time is too short for an exchange.
_LEAST_LIFE = 1.0
# The time between two new JWTs for another API that refuses them, in seconds.
_REFUSER_PAUSE = 60.0


class SessionBase(Uncopied):
    """The common part of `SyncSession` and `AsyncSession`.

    Args:
        settings: The checked arguments of the client.
        exchange: The call that exchanges the PAT for a JWT.
        borrowed: The caller's own httpx client, if there is one.
        state: What the session shares with its views.
    """

    def __init__(
        self, settings: Settings, exchange: Call[Jwt], borrowed: Borrowed | None, state: SessionState
    ) -> None:
        self.settings = settings
        self.now: Callable[[], float] = time.monotonic  # tests replace it
        self.wall: Callable[[], float] = time.time
        self._exchange = exchange
        self._state = state
        self._borrowed = borrowed

    def with_settings(self, settings: Settings) -> Self:
        """Return a view of this session with other settings. It shares everything else, also the closing."""
        return view_of(self, settings=settings)

    def may_replace(self, authorization: Authorization, host: str) -> bool:
        """Tell whether a new JWT may help after a 401 from another API.

        A host that refuses even a new JWT has other reasons. For a while no further JWT is requested for it:
        otherwise each request to it would cost an exchange, and the service limits their rate.
        """
        now, state = self.now(), self._state
        state.refusers = {each: until for each, until in state.refusers.items() if now < until}
        if self._is_still_new(authorization):
            state.refusers[host] = now + _REFUSER_PAUSE
        return host not in state.refusers

    def _new_deadline(self) -> float:
        return self.now() + self.settings.deadline

    def _log_of(self, call: Call[T]) -> CallLog[T]:
        return CallLog(call, request_of(call), self.now)

    def _calling(self, call: Call[Any]) -> Flow[Answer]:
        perform = exchanging if call.is_exchange else calling
        return perform(call, self.settings.retry)

    def _authorizing(self, step: Authorize) -> Flow[Authorization]:
        return authorizing(self._exchange, self.settings.retry, step)

    def _unread(self, error: Exception) -> AuthenticationError:
        """Return the error for a PAT that cannot be read: a function has raised, or a file is not there.

        Raises:
            BaseException: A signal handler has ended the call.
        """
        pass_on(error)
        known = self.settings.pat.known
        shown = redact(str(error), *known) == str(error)
        cause = error if shown else type(error)(redact(str(error), *known))
        return AuthenticationError("Failed to read the PAT", cause=cause)

    def _is_still_new(self, authorization: Authorization) -> bool:
        """Tell whether a JWT is new and has not expired since, for example while connecting took long."""
        return authorization.is_new and authorization.jwt.seconds_left(self.now()) > 0

    def _sent(self, outcome: Outcome, authorization: Authorization) -> Sent:
        return Sent(outcome, Authorization(authorization.jwt, self._is_still_new(authorization)))

    def _living(self, afresh: bool) -> Authorization | None:
        """Return the JWT if it is still valid, even if it is due for renewal."""
        jwt = None if afresh else self._state.cache.living(self.now())
        return Authorization(jwt) if jwt else None

    def _found(self, afresh: bool, last: PendingExchange[Any] | None) -> Authorization | None:
        """Return the JWT if no exchange is needed.

        Args:
            afresh: Whether the caller wants a JWT that was obtained since the start of the call.
            last: The exchange that had ended last when the caller came.

        Raises:
            AccessTokensError: The client is closed; or an exchange failed while the caller waited for a
                place, or so recently that its error is used instead of trying again.
        """
        if self._state.is_closed:
            raise self._closed_error()
        if jwt := None if afresh else self._state.cache.usable(self.now()):
            return Authorization(jwt)
        ended = self._state.last
        if ended is not None and ended is not last:
            shared = self._joined(ended, afresh)
            if shared and afresh and shared.jwt is self._state.cache.living(self.now()):
                return shared
        if (
            not afresh
            and not self._living(afresh=False)
            and (error := self._state.failures.standing(self.now()))
        ):
            raise error
        return None

    def _exchanges(self, deadline: float, afresh: bool) -> Iterator[tuple[Flow[Answer], float]]:
        """Yield the exchanges to try one after the other, each with its deadline.

        A JWT that is still valid is renewed in a single attempt, which may take half of the time that is left
        to the JWT and to the call. If the JWT has expired by then, an exchange with all retries and with the
        deadline of the call follows.
        """
        policy, now = self.settings.retry, self.now()
        left = 0.0 if afresh else self._seconds_left(now)
        if left >= _LEAST_LIFE:
            once = exchanging(self._exchange, attrs.evolve(policy, retries=0))
            yield once, now + min(_LONGEST_RENEWAL, left / 2, (deadline - now) / 2)
        yield exchanging(self._exchange, policy), deadline

    def _seconds_left(self, now: float) -> float:
        living = self._state.cache.living(now)
        return living.seconds_left(now) if living else 0.0

    def _kept(self, jwt: Jwt) -> Authorization:
        # Counted from now on, since the machine may have been asleep, or its clock set, since the start.
        kept = attrs.evolve(jwt, expires_at=self.wall() + jwt.seconds_left(self.now()))
        self._state.cache.keep(kept)
        self._state.failures.forget()
        return Authorization(kept, is_new=True)

    def _going_on(self, error: AccessTokensError, afresh: bool) -> Authorization | None:
        """After a failed renewal, return the JWT if it is still valid, and put off the next renewal."""
        now, living = self.now(), self._living(afresh)
        if living is None or self._state.is_closed:
            return None
        left = living.jwt.seconds_left(now)
        pause = max(error.retry_after or 0.0 if may_pass(error) else left / 2, PAUSE)
        log_renewal(self._exchange, error, left, pause)
        self._state.cache.put_off_renewal(now + pause)
        return living

    def _landed(self, pending: PendingExchange[Any], error: AccessTokensError, deadline: float) -> None:
        """Share the failure of an exchange with its waiters, unless the leader's own deadline has passed."""
        now = self.now()
        self._state.failures.note(error, now)
        if now < deadline:
            # A copy, since raising writes into the leader's own exception.
            pending.error, pending.settings = copy(error), self.settings
            self._state.last = pending

    def _joined(self, pending: PendingExchange[Any], afresh: bool) -> Authorization | None:
        """Return the JWT, or raise the error, of an exchange that another caller led.

        Returns None when another exchange is needed.
        """
        if pending.error and not self._living(afresh):
            if may_pass(pending.error) and pending.settings != self.settings:
                return None
            # Each waiter raises a copy, since raising writes a traceback into the exception.
            raise copy(pending.error)
        outcome = pending.authorization
        return outcome if outcome and outcome.is_new else None

    def _deadline_error(self) -> UnavailableError:
        return UnavailableError(self._exchange.failed, cause=self._out_of_time(acted=False).cause)

    def _out_of_time(self, acted: bool) -> Failure:
        return Failure(TimeoutError(f"no answer within the deadline of {self.settings.deadline:g} s"), acted)

    def _seconds_until(self, deadline: float) -> float:
        return deadline - self.now()

    def _has_time(self, deadline: float) -> bool:
        return self._seconds_until(deadline) > 0

    def _patience(self, deadline: float) -> float:
        """Return how many seconds to wait for a free connection."""
        patience = timeout_of(self._borrowed, self.settings).pool
        left = self._seconds_until(deadline)
        return left if patience is None else min(left, patience)

    def _refusal(self, deadline: float) -> Failure | None:
        """Return why a request must not be sent, or None if it may be sent."""
        if self._state.is_closed or (self._borrowed is not None and self._borrowed.is_closed):
            return self._closed_during(acted=False)
        return None if self._has_time(deadline) else self._out_of_time(acted=False)

    def _failed(
        self, error: Exception, deadline: float, *known: Secret, progress: Progress | None = None
    ) -> Failure:
        """Turn an exception of the transport into a failure.

        The cause may be this client: `close` or the deadline ends connections.

        Raises:
            Exception: The exception is not the transport's: a hook or a signal handler has ended the call.
        """
        pass_on(error)
        if is_foreign(error):
            raise error
        host = httpx.URL(self.settings.base).netloc.decode()
        known = (*known, *self.settings.pat.known, *(progress.known if progress else ()))
        failure = failure_of(
            error,
            progress.whose(error, host) if progress else host,
            *known,
            has_begun=progress is None or progress.has_begun,
            statuses=self.settings.retry.statuses,
            request_id=request_id_in(progress.headers, known) if progress else None,
        )
        if self._state.is_closed:
            return self._closed_during(failure.acted)
        if isinstance(error, TimeoutError) or not self._has_time(deadline):
            return self._out_of_time(failure.acted)
        return failure

    def _closed_error(self) -> ClientClosedError:
        return ClientClosedError(self._exchange.failed, cause="the client is closed")

    def _closed_during(self, acted: bool) -> Failure:
        return Failure(RuntimeError("the client is closed"), acted, ClientClosedError)


def bearer_of(jwt: Jwt) -> Bearer:
    """Return a JWT as the caller gets it."""
    return Bearer(jwt.token.reveal(), int(jwt.expires_at))


def request_of(call: Call[Any]) -> dict[str, Any]:
    """Return the request of a call, with the secrets to hide and the bounds of the response."""
    return {**call.request(), "known": call.known, "bounds": call.bounds}


class CleanErrors:
    """Removes traceback and context from errors where they leave the library.

    The frames in them have locals with requests and answers, and so secrets. Exceptions of hooks and signal
    handlers are treated alike. Any other exception is a bug of this library, and keeps its traceback.
    """

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, AccessTokensError) or (error and is_foreign(error)):
            mark(error)
            error.__context__ = error.__traceback__ = None
