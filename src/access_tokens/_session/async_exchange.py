"""Shares one exchange of the PAT among all tasks of an event loop."""

from __future__ import annotations

from abc import abstractmethod
from typing import TypeAlias, TypeVar

import anyio

from .._flow.jwt import Authorization
from .._flow.steps import ANY_JWT, Answer, Authorize, Flow
from ..errors import AccessTokensError
from .base import SessionBase
from .event_loops import LoopState
from .exchange import PendingExchange
from .log import CallLog

T = TypeVar("T")
Pending: TypeAlias = PendingExchange[anyio.Event]


class AsyncExchanger(SessionBase):
    """The part of `AsyncSession` that gets the JWT. Same as `SyncExchanger`, but for each event loop."""

    @abstractmethod
    def _here(self) -> LoopState: ...

    @abstractmethod
    async def _call(self, log: CallLog[T], flow: Flow[Answer], deadline: float) -> T: ...

    async def _wait_for_exchange(self, deadline: float, wanted: Authorize = ANY_JWT) -> Pending | None:
        """Same as `SyncExchanger._wait_for_exchange`."""
        last, here = self._state.last, self._here()
        will_do = not wanted.to_last and self._living(wanted.afresh)
        if here.pending and here.pending.leader is not here.pool.limiter.held() and not will_do:
            await self._until_done(here.pending, deadline)
        return last

    async def _until_done(self, pending: Pending, deadline: float) -> None:
        with anyio.move_on_after(self._seconds_until(deadline)):
            await pending.done.wait()

    def _at_hand(self, afresh: bool, last: Pending | None) -> Authorization | None:
        """Same as `SyncExchanger._at_hand`."""
        return self._found(afresh, last) or (self._living(afresh) if self._here().pending else None)

    async def _authorize(
        self, deadline: float, afresh: bool = False, last: Pending | None = None
    ) -> Authorization:
        return self._at_hand(afresh, last) or await self._exchanged_by_one(deadline, afresh, last)

    async def _exchanged_by_one(self, deadline: float, afresh: bool, last: Pending | None) -> Authorization:
        here = self._here()
        own = PendingExchange(anyio.Event(), here.pool.limiter.held())
        while True:
            pending = here.pending = here.pending or own
            if pending is own:
                return await self._lead(here, own, deadline, afresh)
            if pending.leader is own.leader:
                return await self._exchanged(deadline, afresh)
            await self._until_done(pending, deadline)
            if not pending.done.is_set():
                raise self._deadline_error()
            if joined := self._joined(pending, afresh) or self._at_hand(afresh, last):
                return joined

    async def _lead(self, here: LoopState, pending: Pending, deadline: float, afresh: bool) -> Authorization:
        try:
            pending.authorization = await self._exchanged(deadline, afresh)
        except AccessTokensError as error:
            self._landed(pending, error, deadline)
            raise
        finally:
            here.pending = None
            pending.done.set()
        self._state.last = pending
        return pending.authorization

    async def _exchanged(self, deadline: float, afresh: bool) -> Authorization:
        exchanges = self._exchanges(deadline, afresh)
        while True:
            flow, until = next(exchanges)
            log = self._log_of(self._exchange)
            try:
                return log.succeeded(self._kept(await self._call(log, flow, until)))
            except AccessTokensError as error:
                if going_on := self._going_on(error, afresh):
                    return going_on
                if until >= deadline:  # this was the last exchange to try
                    raise
