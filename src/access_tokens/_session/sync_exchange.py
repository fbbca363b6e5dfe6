"""One exchange for all threads."""

from __future__ import annotations

import threading
from abc import abstractmethod
from typing import TypeAlias, TypeVar

from .._flow.jwt import Authorization
from .._flow.steps import Answer, Call, Flow
from .._http.interrupts import InterruptibleEvent, finally_twice
from ..errors import AccessTokensError
from .base import SessionBase
from .exchange import PendingExchange

T = TypeVar("T")
Pending: TypeAlias = PendingExchange[InterruptibleEvent]


class SyncExchanger(SessionBase):
    """The part of `SyncSession` that gets the JWT.

    Whoever needs one has a place already, in which an exchange is made. So the leader never waits for a place
    of somebody who waits for the exchange.
    """

    # By the one key None, since setting a default is a single step. A lock might be held for ever in a child.
    _under_way: dict[None, Pending]

    @property
    def _pending(self) -> Pending | None:
        return self._under_way.get(None)

    @abstractmethod
    def _call(self, call: Call[T], flow: Flow[Answer], deadline: float) -> T: ...

    def _wait_for_exchange(self, deadline: float, afresh: bool = False) -> Pending | None:
        """Wait for an exchange that another leads, and return the one that was over last before.

        It may take longer than anybody waits for a place, and failures are shared with who came before them.
        """
        last, pending = self._last, self._pending
        if pending and pending.leader != threading.get_ident() and not self._living(afresh):
            pending.done.wait(self._seconds_until(deadline))
        return last

    def _at_hand(self, afresh: bool, last: Pending | None) -> Authorization | None:
        """Return a JWT that takes no exchange: one that lives will do while another renews it."""
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
        with finally_twice(lambda: self._finish(own)):
            return self._led_or_joined(own, deadline, afresh, last)

    def _led_or_joined(
        self,
        own: Pending,
        deadline: float,
        afresh: bool,
        last: Pending | None,
    ) -> Authorization:
        while True:
            pending = self._under_way.setdefault(None, own)
            if pending is own:
                # Look again: an exchange may have been over just before this one was begun.
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
        self._last = pending
        return pending.authorization

    def _finish(self, pending: Pending) -> None:
        """Wake who waits. An interrupt may come at any time, so this is done whatever has happened."""
        if self._pending is pending:
            self._under_way.pop(None, None)
        pending.done.set()

    def _exchanged(self, deadline: float, afresh: bool) -> Authorization:
        exchanges = self._exchanges(deadline, afresh)
        while True:
            flow, until = next(exchanges)
            try:
                return self._kept(self._call(self._exchange, flow, until))
            except AccessTokensError as error:
                if going_on := self._going_on(error, afresh):
                    return going_on
                if until >= deadline:  # that was the last
                    raise
