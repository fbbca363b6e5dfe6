"""The sync session: performs the steps of a flow by blocking the thread."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any, TypeVar

import httpx
from attrs import Factory, define

from .._flow.error_mapping import result_of
from .._flow.jwt import Authorization, Jwt
from .._flow.steps import (
    Answer,
    Authorize,
    Call,
    Compute,
    Discard,
    Failure,
    Flow,
    Outcome,
    Procedure,
    ProcedureStep,
    ReadPat,
    Send,
    SendWithJwt,
    Sent,
    Step,
    Together,
    Wait,
    Walk,
)
from .._http.request import Progress, build_request
from .._http.sync_pool import SyncPool
from .._secret import Secret
from .._settings import Settings
from .._signals import suppress
from ..bearer import Bearer
from ..errors import AccessTokensError
from . import waiting
from .base import CleanErrors, bearer_of
from .exchange import failures_of
from .log import CallLog
from .sharing import StoreError
from .sync_exchange import SyncExchanger
from .sync_state import SyncState

T = TypeVar("T")
Y = TypeVar("Y")


@define(eq=False, repr=False)
class _Each(Iterator[T]):
    """The items of a walk. Not a generator: after an error, a generator would look exhausted."""

    session: SyncSession
    walk: Walk[T]
    page: Iterator[T] = Factory(lambda: iter(()))

    def __next__(self) -> T:
        while True:
            if (item := next(self.page, None)) is not None:
                return item
            if self.walk.is_over:
                raise StopIteration
            self.page = iter(self.session.run(self.walk.next_page()))


class SyncSession(SyncExchanger):
    """Carries out calls for any number of threads.

    Args:
        settings: The checked arguments of the client.
        exchange: The call that exchanges the PAT for a JWT.
        http_client: The caller's own httpx client to send through, which is never closed here.
    """

    def __init__(
        self, settings: Settings, exchange: Call[Jwt], http_client: httpx.Client | None = None
    ) -> None:
        new_pool = partial(SyncPool, settings, http_client, self._seconds_until)
        # By name, since attrs before 25.4 takes no inherited field by place here.
        state = SyncState(failures=failures_of(settings), new_pool=new_pool)
        super().__init__(settings, exchange, http_client, state)

    # Procedures and flows

    def run(self, procedure: Procedure[T]) -> T:
        """Carry out the calls of a procedure, and return its result.

        Raises:
            AccessTokensError: A call failed.
        """
        deadline = self._new_deadline()
        with CleanErrors():
            return self._drive(procedure, lambda asked: self._perform(asked, deadline))

    def each(self, walk: Walk[T]) -> Iterator[T]:
        """Return an iterator over the items of a walk, which fetches them page by page."""
        return _Each(self, walk)

    def authorize(self, *, afresh: bool = False, renewed: bool = False) -> Authorization:
        """Return a JWT.

        Args:
            afresh: Whether it must be obtained since the start of this call.
            renewed: Whether to wait for a renewal that is under way, rather than take the JWT that it renews.

        Raises:
            AccessTokensError: The exchange failed.
        """
        wanted, last = Authorize(afresh, renewed), self._state.last
        with CleanErrors():
            if found := self._found(afresh, last) if renewed else self._at_hand(afresh, last):
                return found
            log, deadline = self._log_of(self._exchange), self._new_deadline()
            return self._drive(self._authorizing(wanted), lambda step: self._take(step, log, deadline))

    def bearer(self) -> Bearer:
        """Return the JWT for the caller."""
        return bearer_of(self.authorize(renewed=True).jwt)

    def discard(self, jwt: Jwt) -> None:
        """Forget a JWT that was refused, also in the store if it is the one there."""
        self._state.cache.discard(jwt)
        if (store := self._state.shared) and (step := store.drop(jwt)):
            with suppress(StoreError):
                self._ask_store(store, step, store.limit, partial(store.call, step))

    def discard_token(self, token: Secret) -> None:
        """Same as `discard`, for the text of a JWT that another API has refused."""
        if jwt := self._state.cache.current_of(token):
            self.discard(jwt)

    def _drive(self, generator: Generator[Y, Any, T], perform: Callable[[Y], Any]) -> T:
        """Drive a generator: perform each step that it yields, send back the reply, and return its result."""
        try:
            step = next(generator)
            while True:
                try:
                    reply = perform(step)
                except AccessTokensError as error:
                    step = generator.throw(error)
                else:
                    step = generator.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result

    def _perform(self, asked: ProcedureStep, deadline: float) -> Any:
        match asked:
            case Compute(work):
                return work()
            case Together(calls):
                return [self._perform(each, deadline) for each in calls]
            case call:
                log = self._log_of(call)
                return log.succeeded(self._call(log, self._calling(call), deadline))

    def _call(self, log: CallLog[T], flow: Flow[Answer], deadline: float) -> T:
        answer = self._drive(flow, lambda step: self._take(step, log, deadline))
        return result_of(log.call, answer)

    def _take(self, step: Step, log: CallLog[Any], deadline: float) -> Any:
        match step:
            case SendWithJwt():
                return self._send_with_jwt(log, deadline)
            case Send(bearer):
                send = partial(self._send, log, bearer, deadline)
                return log.ended(self._in_place(self._patience(deadline), deadline, send))
            case ReadPat(refused):
                return self._read_pat(refused)
            case Authorize():
                got = self._authorize_in_place(deadline, step)
                return log.ended(got) if isinstance(got, Failure) else got
            case Wait(seconds):
                return self._wait(log, seconds, deadline)
            case Discard(jwt, is_replaced):
                self.discard(jwt)
                return log.repeating(0.0) if is_replaced else None

    # I/O

    def _in_place(self, seconds: float, deadline: float, work: Callable[[], T]) -> T | Failure:
        """Wait for a place in the pool and do the work, or return a failure if none is free in time."""
        try:
            return self._state.pool.limiter.in_place(seconds, work)
        except httpx.PoolTimeout as error:
            return self._failed(error, deadline)

    def _send_with_jwt(self, log: CallLog[Any], deadline: float) -> Sent:
        last = self._wait_for_exchange(deadline)

        def send() -> Sent:
            # Authorize only now, since a JWT may expire during the wait for a place.
            authorization = self._authorize(deadline, last=last)
            return self._sent(self._send(log, authorization.jwt.token, deadline), authorization)

        sent = self._in_place(self._patience(deadline), deadline, send)
        sent = Sent(sent) if isinstance(sent, Failure) else sent
        log.ended(sent.outcome)
        return sent

    def _authorize_in_place(self, deadline: float, wanted: Authorize) -> Authorization | Failure:
        last, living = self._wait_for_exchange(deadline, wanted), self._living(wanted.afresh)
        seconds = 0.0 if living else self._patience(deadline)
        got = self._in_place(seconds, deadline, lambda: self._authorize(deadline, wanted.afresh, last))
        return living if living and isinstance(got, Failure) else got

    def _read_pat(self, refused: Secret | None) -> Secret:
        pat = self.settings.pat
        if pat.ask is None:
            return pat.held(refused)
        try:
            return pat.taken(Secret(pat.ask()))
        except Exception as error:  # noqa: BLE001 - a function of the caller's may raise anything
            unread = self._unread(error)
            raise unread from unread.__cause__

    def _send(self, log: CallLog[Any], bearer: Secret, deadline: float) -> Outcome:
        if refusal := self._refusal(deadline):
            return refusal
        progress = Progress(log.request["method"], log.sending(), deadline)
        try:
            return self._answer(log.request, bearer, progress)
        except Exception as error:  # noqa: BLE001 - a transport may raise anything
            return self._failed(error, deadline, bearer, *log.request["known"], progress=progress)

    def _answer(self, kwargs: dict[str, Any], bearer: Secret, progress: Progress) -> Answer:
        left = progress.deadline - progress.sent_at
        return self._state.pool.answer(
            build_request(self.settings, kwargs, bearer, left, self._borrowed), progress
        )

    def _wait(self, log: CallLog[Any], seconds: float, deadline: float) -> bool:
        wait = waiting.wait_before(seconds, deadline, self.now())
        if wait is not None:
            log.repeating(seconds)
            self._sleep(wait)
        return wait is not None

    def _sleep(self, seconds: float) -> None:
        self._state.closing.wait(seconds)

    def close(self) -> None:
        """Close the connections, wake the waiting threads, and refuse every further call."""
        self._state.is_closed = True
        self._state.closing.set()
        if pending := self._pending:
            pending.fail(self._closed_error())
        self._state.pool.close()
