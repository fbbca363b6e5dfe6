"""Shares one exchange of the PAT among all threads."""

from __future__ import annotations

import threading
from abc import abstractmethod
from typing import TypeVar

from .._flow.jwt import Authorization
from .._flow.steps import ANY_JWT, Answer, Authorize, Flow
from .._http.interrupts import InterruptibleEvent, finally_twice
from ..errors import AccessTokensError
from .base import SessionBase
from .exchange import PendingExchange
from .log import CallLog
from .sync_state import Pending, SyncState

T = TypeVar("T")


class SyncExchanger(SessionBase):
    """The part of `SyncSession` that gets the JWT.

    A caller who needs a JWT already holds a place in the pool, and makes the exchange in that place. So the
    leader of an exchange never waits for a place that a waiter for the same exchange holds.
    """

    _state: SyncState

    @property
    def _pending(self) -> Pending | None:
        return self._state.under_way.get(None)

    @abstractmethod
    def _call(self, log: CallLog[T], flow: Flow[Answer], deadline: float) -> T: ...

    def _wait_for_exchange(self, deadline: float, wanted: Authorize = ANY_JWT) -> Pending | None:
        """Wait for an exchange that another thread leads, and return the exchange that had ended last before.

        Called before the wait for a place, since an exchange may take longer than that wait may. The returned
        exchange tells later which failures came after this call began, and so are shared with it.
        """
        last, pending = self._state.last, self._pending
        will_do = not wanted.to_last and self._living(wanted.afresh)
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
        exchanges = self._exchanges(deadline, afresh)
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
