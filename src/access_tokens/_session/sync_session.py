"""The session of threads: performs the steps of a flow by blocking."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from copy import copy
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
    Flow,
    Outcome,
    Procedure,
    ProcedureStep,
    Send,
    Step,
    Together,
    Wait,
    Walk,
)
from .._http.fork import reset_after_fork
from .._http.request import Progress, build_request
from .._http.sync_pool import InterruptibleEvent, SyncPool
from .._secret import Secret
from .._settings import Settings
from ..errors import AccessTokensError
from .base import CleanErrors, PendingExchange, SessionBase, log_outcome, request_of

T = TypeVar("T")
Y = TypeVar("Y")


@define
class _Each(Iterator[T]):
    """The items of a walk. No generator, since one that has raised an error seems to be at its end."""

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


class SyncSession(SessionBase):
    """Carries calls out for any number of threads.

    Args:
        settings: The checked arguments of the client.
        exchange: The call that exchanges the PAT.
        http_client: The caller's own HTTP stack, which is never closed here.
    """

    def __init__(
        self, settings: Settings, exchange: Call[Jwt], http_client: httpx.Client | None = None
    ) -> None:
        super().__init__(settings, exchange, http_client)
        self._http_client = http_client
        self.reset()
        reset_after_fork(self)

    def reset(self) -> None:
        """Make what threads share: locks that nobody holds, and connections that no other process uses."""
        self._lock = threading.RLock()  # reentrant, since a signal handler may close the client
        self._closing = InterruptibleEvent()
        self._pending: PendingExchange[InterruptibleEvent] | None = None
        if inherited := getattr(self, "_pool", None):
            inherited.abandon()
        self._pool = SyncPool(self.settings, self._http_client, self._seconds_until)

    # Procedures and flows

    def run(self, procedure: Procedure[T]) -> T:
        """Carry out the calls of a procedure and return what it returns.

        Raises:
            AccessTokensError: A call failed.
        """
        deadline = self._new_deadline()
        with CleanErrors():
            return self._drive(procedure, lambda asked: self._perform(asked, deadline))

    def each(self, walk: Walk[T]) -> Iterator[T]:
        """Yield the items of a walk, page by page."""
        return _Each(self, walk)

    def authorize(self, *, afresh: bool = False) -> Authorization:
        """Return a JWT, one that was got just now with `afresh`.

        Raises:
            AccessTokensError: The exchange failed.
        """
        with CleanErrors():
            return self._authorize(self._new_deadline(), afresh)

    def discard(self, jwt: Jwt) -> None:
        """Forget a JWT that was refused."""
        with self._lock:
            self._cache.discard(jwt)

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
                return self._call(call, self._calling(call), deadline)

    def _call(self, call: Call[T], flow: Flow, deadline: float) -> T:
        request = request_of(call)
        answer: Answer = self._drive(flow, lambda step: self._take(step, request, deadline))
        return result_of(call, answer)

    def _take(self, step: Step, kwargs: dict[str, Any], deadline: float) -> Any:
        match step:
            case Send(bearer):
                return log_outcome(kwargs, self._send(kwargs, bearer, deadline))
            case Wait(seconds):
                return self._wait(seconds, deadline)
            case Authorize():
                return self._authorize(deadline)
            case Discard(jwt):
                return self.discard(jwt)

    # One exchange for all

    def _authorize(self, deadline: float, afresh: bool = False) -> Authorization:
        return self._found(afresh) or self._exchanged_by_one(deadline, afresh)

    def _exchanged_by_one(self, deadline: float, afresh: bool) -> Authorization:
        own = PendingExchange(InterruptibleEvent(), threading.get_ident())
        try:
            try:
                return self._led_or_joined(own, deadline, afresh)
            finally:
                self._finish(own)
        finally:
            self._finish(own)  # again, since an interrupt may have broken off the first

    def _led_or_joined(
        self, own: PendingExchange[InterruptibleEvent], deadline: float, afresh: bool
    ) -> Authorization:
        while True:
            with self._lock:
                # Look again: it may be done, since this thread waited for the lock.
                if found := self._found(afresh):
                    return found
                pending = self._pending = self._pending or own
            if pending is own:
                return self._lead(own, deadline, afresh)
            if pending.leader == own.leader:
                return self._exchanged(deadline, afresh)
            if not pending.done.wait(self._seconds_until(deadline)):
                raise self._deadline_error()
            if joined := self._joined(pending, afresh):
                return joined

    def _lead(
        self, pending: PendingExchange[InterruptibleEvent], deadline: float, afresh: bool
    ) -> Authorization:
        try:
            pending.authorization = self._exchanged(deadline, afresh)
        except AccessTokensError as error:
            pending.error = copy(error)  # the leader goes on to write into its own
            raise
        return pending.authorization

    def _finish(self, pending: PendingExchange[InterruptibleEvent]) -> None:
        """Wake who waits. An interrupt may come at any time, so this is done whatever has happened."""
        with self._lock:
            if self._pending is pending:
                self._pending = None
        pending.done.set()

    def _exchanged(self, deadline: float, afresh: bool) -> Authorization:
        living = None if afresh else self._cache.living(self.now())
        flow, deadline = self._exchanging(living, deadline)
        try:
            jwt = self._call(self._exchange, flow, deadline)
        except AccessTokensError as error:
            return self._go_on_with(living, error)
        with self._lock:
            return self._kept(jwt)

    # I/O

    def _send(self, kwargs: dict[str, Any], bearer: Secret, deadline: float) -> Outcome:
        progress = Progress(kwargs["method"])
        try:
            with self._pool.limiter.place(self._patience(deadline)):
                # Only now, since the wait for a place may have been long.
                return self._refusal(deadline) or self._sent(kwargs, bearer, deadline, progress)
        except Exception as error:  # noqa: BLE001 - a transport may raise anything
            return self._failed(error, deadline, bearer, *kwargs["known"], has_begun=progress.has_begun)

    def _sent(self, kwargs: dict[str, Any], bearer: Secret, deadline: float, progress: Progress) -> Answer:
        sent_at = self.now()
        request = build_request(self.settings, kwargs, bearer, deadline - sent_at)
        return self._pool.answer(request, progress, deadline, sent_at)

    def _wait(self, seconds: float, deadline: float) -> bool:
        has_time = self._has_time(seconds, deadline)
        if has_time:
            self._sleep(seconds)
        return has_time

    def _sleep(self, seconds: float) -> None:
        self._closing.wait(seconds)

    def close(self) -> None:
        """Close the connections, wake who waits, and refuse every further call."""
        self._closed = True
        self._closing.set()
        with self._lock:
            pending = self._pending
        if pending:
            pending.fail(self._closed_error())
        self._pool.close()
