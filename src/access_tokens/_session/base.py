"""The base class of the sync and the async session: everything that neither blocks nor awaits."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Self, TypeVar

import httpx

from .._flow.flow import authorizing, calling, exchanging
from .._flow.jwt import Authorization, Jwt
from .._flow.request_id import request_id_in
from .._flow.steps import Answer, Authorize, Call, Failure, Flow, Outcome, Sent
from .._http.borrowed import Borrowed, timeout_of
from .._http.failures import failure_of, is_foreign
from .._http.request import Progress
from .._secret import Secret, Uncopied, view_of
from .._settings import Settings
from .._signals import mark, pass_on
from ..bearer import Bearer
from ..errors import AccessTokensError, AuthenticationError, ClientClosedError, UnavailableError
from .causes import cause_of
from .log import CallLog
from .sharing import SharedCache
from .state import SessionState

T = TypeVar("T")
# The time between two new JWTs for another API that refuses them, in seconds.
_REFUSER_PAUSE = 60.0
_UNREAD = "Failed to read the PAT"


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
        if settings.jwt_store is not None:
            endpoint = settings.url(exchange.request()["url"])
            state.shared = SharedCache(settings.jwt_store, endpoint, settings.pat, state.cache, self)

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

    def note_answer(self, host: str, status: int) -> None:
        """Note that another API has answered other than by 401: with a success, it takes our JWTs again."""
        if status < HTTPStatus.BAD_REQUEST:
            self._state.refusers.pop(host, None)

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
        return AuthenticationError(_UNREAD, cause=cause_of(error, self.settings.pat.known))

    def _unread_in_time(self) -> UnavailableError:
        return UnavailableError(_UNREAD, cause=self._out_of_time(acted=False).cause)

    def _is_still_new(self, authorization: Authorization) -> bool:
        """Tell whether a JWT is new and has not expired since, for example while connecting took long."""
        return authorization.is_new and authorization.jwt.seconds_left(self.now()) > 0

    def _sent(self, outcome: Outcome, authorization: Authorization) -> Sent:
        is_new = self._is_still_new(authorization)
        return Sent(outcome, Authorization(authorization.jwt, is_new, authorization.is_own))

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
