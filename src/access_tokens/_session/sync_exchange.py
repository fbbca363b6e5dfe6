"""Shares one exchange of the PAT among all threads."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, TypeVar

from .._flow.jwt import Authorization
from .._flow.steps import ANY_JWT, Answer, Authorize, Flow, Wait
from .._http.interrupts import InterruptibleEvent, finally_twice
from .._secret import Secret
from .._signals import suppress
from ..errors import AccessTokensError
from .exchange import PendingExchange
from .jwt_decisions import JwtDecisions
from .log import CallLog
from .sharing import Ask, Exchange, SharedCache, SharedExchange, SharingStep, checked
from .sync_state import Pending, SyncState
from .time_limit import not_awaited, within

T = TypeVar("T")
Y = TypeVar("Y")


class SyncExchanger(JwtDecisions):
    """The part of `SyncSession` that gets the JWT.

    A caller who needs a JWT already holds a place in the pool, and makes the exchange in that place. So the
    leader of an exchange never waits for a place that a waiter for the same exchange holds.
    """

    _state: SyncState

    @property
    def _pending(self) -> Pending | None:
        return self._state.under_way.get(None)

    @abstractmethod
    def _drive(self, generator: Generator[Y, Any, T], perform: Callable[[Y], Any]) -> T: ...

    @abstractmethod
    def _read_pat(self, refused: Secret | None) -> Secret: ...

    @abstractmethod
    def _sleep(self, seconds: float) -> None: ...

    @abstractmethod
    def _call(self, log: CallLog[T], flow: Flow[Answer], deadline: float) -> T: ...

    def _wait_for_exchange(self, deadline: float, wanted: Authorize = ANY_JWT) -> Pending | None:
        """Wait for an exchange that another thread leads, and return the exchange that had ended last before.

        Called before the wait for a place, since an exchange may take longer than that wait may. The returned
        exchange tells later which failures came after this call began, and so are shared with it.
        """
        last, pending = self._state.last, self._pending
        will_do = not wanted.renewed and self._living(wanted.afresh)
        if pending and pending.leader != threading.get_ident() and not will_do:
            pending.done.wait(self._seconds_until(deadline))
        return last

    def _at_hand(self, afresh: bool, last: Pending | None) -> Authorization | None:
        """Return a JWT that needs no exchange: while another thread renews the JWT, the old one will do."""
        return self._found(afresh, last) or (self._living(afresh) if self._pending else None)

    def _authorize(
        self,
        deadline: float,
        afresh: bool = False,
        last: Pending | None = None,
    ) -> Authorization:
        return self._at_hand(afresh, last) or self._exchanged_by_one(deadline, afresh, last)

    def _exchanged_by_one(self, deadline: float, afresh: bool, last: Pending | None) -> Authorization:
        own = PendingExchange(InterruptibleEvent(), threading.get_ident())
        return finally_twice(
            lambda: self._led_or_joined(own, deadline, afresh, last), lambda: self._finish(own)
        )

    def _led_or_joined(
        self,
        own: Pending,
        deadline: float,
        afresh: bool,
        last: Pending | None,
    ) -> Authorization:
        while True:
            pending = self._state.under_way.setdefault(None, own)
            if pending is own:
                # Look again: another exchange may have ended just before this one was started.
                return self._found(afresh, last) or self._lead(own, deadline, afresh)
            if pending.leader == own.leader:
                return self._exchanged(deadline, afresh)
            if not pending.done.wait(self._seconds_until(deadline)):
                raise self._deadline_error()
            if joined := self._joined(pending, afresh) or self._at_hand(afresh, last):
                return joined

    def _lead(self, pending: Pending, deadline: float, afresh: bool) -> Authorization:
        try:
            pending.authorization = self._exchanged(deadline, afresh)
        except AccessTokensError as error:
            self._landed(pending, error, deadline)
            raise
        self._state.last = pending
        return pending.authorization

    def _finish(self, pending: Pending) -> None:
        """End the exchange and wake the waiters. Called in any case, even after an interrupt."""
        if self._pending is pending:
            self._state.under_way.pop(None, None)
        pending.done.set()

    def _exchanged(self, deadline: float, afresh: bool) -> Authorization:
        """Get a JWT from the store if there is one, and otherwise by an exchange."""
        store = self._store()
        if store is None:
            return self._exchanged_here(deadline, afresh)
        try:
            pat = self._read_pat(None)
        except AccessTokensError:
            return self._exchanged_here(deadline, afresh)
        shared = SharedExchange(store)
        here = partial(self._exchanged_here, deadline, afresh, pat)
        return finally_twice(
            lambda: self._adopted(self._shared(shared, here, deadline, afresh)), lambda: self._release(shared)
        )

    def _shared(
        self, shared: SharedExchange, here: Callable[[], Authorization], deadline: float, afresh: bool
    ) -> Authorization:
        def perform(step: SharingStep) -> Any:
            match step:
                case Exchange():
                    return here()
                case Wait(seconds):
                    return self._pause(shared, seconds, deadline)
                case Ask():
                    return self._timed(shared, step, deadline)

        return self._drive(shared.steps(afresh=afresh), perform)

    def _pause(self, shared: SharedExchange, seconds: float, deadline: float) -> bool:
        if self._seconds_until(deadline) <= seconds:
            return False
        self._sleep(seconds)
        shared.time_left = shared.cache.limit
        if self._state.is_closed:
            raise self._closed_error()
        return True

    def _timed(self, shared: SharedExchange, step: Ask, deadline: float) -> Any:
        started = self.now()
        seconds = min(shared.time_left, self._seconds_until(deadline))
        try:
            return self._ask_store(shared.cache, step, seconds, partial(shared.call, step))
        finally:
            shared.time_left -= self.now() - started

    def _ask_store(self, store: SharedCache, step: Ask, seconds: float, call: Callable[[], Any]) -> Any:
        try:
            return checked(step, not_awaited(within(seconds, call)))
        except Exception as error:  # noqa: BLE001 - a store of the caller's may raise anything
            raise self._store_failed(store, error) from None

    def _release(self, shared: SharedExchange) -> None:
        """End the lease, if there is one. What takes longer than the time left goes on in a thread."""
        shared.is_over = True
        if shared.has_lease:
            with suppress(Exception):
                within(shared.time_left, shared.release)
            shared.has_lease = False

    def _exchanged_here(self, deadline: float, afresh: bool, pat: Secret | None = None) -> Authorization:
        exchanges = self._exchanges(deadline, afresh, pat)
        while True:
            flow, until = next(exchanges)
            log = self._log_of(self._exchange)
            try:
                return log.succeeded(self._kept(self._call(log, flow, until)))
            except AccessTokensError as error:
                if going_on := self._going_on(error, afresh):
                    return going_on
                if until >= deadline:  # this was the last exchange to try
                    raise
