"""Shares one exchange of the PAT among all tasks of an event loop."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any, TypeAlias, TypeVar

import anyio

from .._flow.jwt import Authorization
from .._flow.steps import ANY_JWT, Answer, Authorize, Flow, Wait
from .._secret import Secret
from .._signals import suppress
from ..errors import AccessTokensError
from .event_loops import LoopState, ask
from .exchange import PendingExchange
from .jwt_decisions import JwtDecisions
from .log import CallLog
from .sharing import Ask, Exchange, SharedCache, SharedExchange, SharingStep, checked
from .time_limit import too_slow

T = TypeVar("T")
Y = TypeVar("Y")
# The least time, in seconds, for ending a lease, however slow the store was before.
_TIME_TO_RELEASE = 0.1
Pending: TypeAlias = PendingExchange[anyio.Event]


class AsyncExchanger(JwtDecisions):
    """The part of `AsyncSession` that gets the JWT. Same as `SyncExchanger`, but for each event loop."""

    @abstractmethod
    def _here(self) -> LoopState: ...

    @abstractmethod
    async def _drive(self, generator: Generator[Y, Any, T], perform: Callable[[Y], Awaitable[Any]]) -> T: ...

    @abstractmethod
    async def _read_pat(self, refused: Secret | None, deadline: float) -> Secret: ...

    @abstractmethod
    async def _sleep(self, seconds: float) -> None: ...

    @abstractmethod
    async def _call(self, log: CallLog[T], flow: Flow[Answer], deadline: float) -> T: ...

    async def _wait_for_exchange(self, deadline: float, wanted: Authorize = ANY_JWT) -> Pending | None:
        """Same as `SyncExchanger._wait_for_exchange`."""
        last, here = self._state.last, self._here()
        will_do = not wanted.renewed and self._living(wanted.afresh)
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
        """Same as `SyncExchanger._exchanged`."""
        store = self._store()
        if store is None:
            return await self._exchanged_here(deadline, afresh)
        try:
            pat = await self._read_pat(None, deadline)
        except AccessTokensError:
            return await self._exchanged_here(deadline, afresh)
        shared = SharedExchange(store)
        here = partial(self._exchanged_here, deadline, afresh, pat)
        try:
            return self._adopted(await self._shared(shared, here, deadline, afresh))
        finally:
            await self._release(shared)

    async def _shared(
        self,
        shared: SharedExchange,
        here: Callable[[], Awaitable[Authorization]],
        deadline: float,
        afresh: bool,
    ) -> Authorization:
        async def perform(step: SharingStep) -> Any:
            match step:
                case Exchange():
                    return await here()
                case Wait(seconds):
                    return await self._pause(shared, seconds, deadline)
                case Ask():
                    return await self._timed(shared, step, deadline)

        return await self._drive(shared.steps(afresh=afresh), perform)

    async def _pause(self, shared: SharedExchange, seconds: float, deadline: float) -> bool:
        if self._seconds_until(deadline) <= seconds:
            return False
        await self._sleep(seconds)
        shared.time_left = shared.cache.limit
        if self._state.is_closed:
            raise self._closed_error()
        return True

    async def _timed(self, shared: SharedExchange, step: Ask, deadline: float) -> Any:
        started = self.now()
        seconds = min(shared.time_left, self._seconds_until(deadline))
        try:
            return await self._ask_store(shared.cache, step, seconds, partial(shared.call, step))
        finally:
            shared.time_left -= self.now() - started

    async def _ask_store(self, store: SharedCache, step: Ask, seconds: float, call: Callable[[], Any]) -> Any:
        try:
            with anyio.move_on_after(seconds) as scope, self._here().cancelled_by_closing(scope):
                return checked(step, await ask(call))
        except Exception as error:  # noqa: BLE001 - a store of the caller's may raise anything
            raise self._store_failed(store, error) from None
        raise self._closed_error() if self._state.is_closed else self._store_failed(store, too_slow(seconds))

    async def _release(self, shared: SharedExchange) -> None:
        """Same as `SyncExchanger._release`, also when the task was cancelled."""
        shared.is_over = True
        if shared.has_lease:
            shared.has_lease = False
            with (
                anyio.move_on_after(max(shared.time_left, _TIME_TO_RELEASE), shield=True),
                suppress(Exception),
            ):
                await ask(shared.release)

    async def _exchanged_here(
        self, deadline: float, afresh: bool, pat: Secret | None = None
    ) -> Authorization:
        exchanges = self._exchanges(deadline, afresh, pat)
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
