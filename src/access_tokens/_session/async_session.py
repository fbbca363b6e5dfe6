"""The async session, for asyncio and trio: performs the steps of a flow by awaiting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from functools import partial
from typing import Any, TypeVar

import anyio
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
from .._http.async_pool import AsyncPool
from .._http.request import Progress, build_request
from .._secret import Secret
from .._settings import Settings
from .._signals import suppress
from ..bearer import Bearer
from ..errors import AccessTokensError, UnavailableError
from . import waiting
from .async_exchange import AsyncExchanger
from .base import CleanErrors, bearer_of
from .event_loops import LoopState, ask, compute, current_loop, together
from .exchange import failures_of
from .log import CallLog
from .sharing import StoreError
from .state import SessionState

# In seconds after the deadline. A timeout of the connection comes first, and tells more than a cancellation:
# whether the service could have acted.
_GRACE = 0.1
T = TypeVar("T")
Y = TypeVar("Y")


@define(eq=False, repr=False)
class _Each(AsyncIterator[T]):
    """The items of a walk. Not an async generator: the user would have to close it after leaving it early."""

    session: AsyncSession
    walk: Walk[T]
    page: Iterator[T] = Factory(lambda: iter(()))

    async def __anext__(self) -> T:
        while True:
            if (item := next(self.page, None)) is not None:
                return item
            if self.walk.is_over:
                raise StopAsyncIteration
            self.page = iter(await self.session.run(self.walk.next_page()))


class AsyncSession(AsyncExchanger):
    """Carries out calls for any number of tasks. Same as `SyncSession`, but awaits instead of blocking."""

    def __init__(
        self,
        settings: Settings,
        exchange: Call[Jwt],
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        super().__init__(settings, exchange, http_client, SessionState(failures_of(settings)))
        self._http_client = http_client
        self._places: dict[object, LoopState] = {}
        with suppress(RuntimeError, OSError):  # no event loop is running; no file descriptor is free
            current_loop()  # makes anyio import its backend now instead of in the first call

    def _here(self) -> LoopState:
        try:
            loop = current_loop()
        except OSError as error:  # anyio cannot import its backend without a free file descriptor
            cause = OSError(str(error))
            raise UnavailableError(self._exchange.failed, cause=cause) from cause
        return self._places.get(loop) or self._new_place(loop)

    def _new_place(self, loop: object) -> LoopState:
        for other, place in list(self._places.items()):
            if place.pool.is_over:
                self._places.pop(other, None)
        place = self._places[loop] = LoopState(AsyncPool(self.settings, self._http_client))
        return place

    # Procedures and flows

    async def run(self, procedure: Procedure[T]) -> T:
        """Same as `SyncSession.run`."""
        deadline = self._new_deadline()
        with CleanErrors():
            return await self._drive(procedure, lambda asked: self._perform(asked, deadline))

    def each(self, walk: Walk[T]) -> AsyncIterator[T]:
        """Same as `SyncSession.each`."""
        return _Each(self, walk)

    async def authorize(self, *, afresh: bool = False, renewed: bool = False) -> Authorization:
        """Same as `SyncSession.authorize`."""
        wanted, last = Authorize(afresh, renewed), self._state.last
        with CleanErrors():
            if found := self._found(afresh, last) if renewed else self._at_hand(afresh, last):
                return found
            log, deadline = self._log_of(self._exchange), self._new_deadline()
            return await self._drive(self._authorizing(wanted), lambda step: self._take(step, log, deadline))

    async def bearer(self) -> Bearer:
        """Same as `SyncSession.bearer`."""
        return bearer_of((await self.authorize(renewed=True)).jwt)

    async def discard(self, jwt: Jwt) -> None:
        """Same as `SyncSession.discard`."""
        self._state.cache.discard(jwt)
        if (store := self._state.shared) and (step := store.drop(jwt)):
            with suppress(StoreError):
                await self._ask_store(store, step, store.limit, partial(store.call, step))

    async def discard_token(self, token: Secret) -> None:
        """Same as `SyncSession.discard_token`."""
        if jwt := self._state.cache.current_of(token):
            await self.discard(jwt)

    async def _drive(self, generator: Generator[Y, Any, T], perform: Callable[[Y], Awaitable[Any]]) -> T:
        try:
            step = next(generator)
            while True:
                try:
                    reply = await perform(step)
                except AccessTokensError as error:
                    step = generator.throw(error)
                else:
                    step = generator.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _perform(self, asked: ProcedureStep, deadline: float) -> Any:
        match asked:
            case Compute(work):
                return await compute(work, self._here().computing)
            case Together(calls):
                works = [partial(self._perform, each, deadline) for each in calls]
                return await together(works, self._here().pool.width)
            case call:
                log = self._log_of(call)
                return log.succeeded(await self._call(log, self._calling(call), deadline))

    async def _call(self, log: CallLog[T], flow: Flow[Answer], deadline: float) -> T:
        answer = await self._drive(flow, lambda step: self._take(step, log, deadline))
        return result_of(log.call, answer)

    async def _take(self, step: Step, log: CallLog[Any], deadline: float) -> Any:
        match step:
            case SendWithJwt():
                return await self._send_with_jwt(log, deadline)
            case Send(bearer):
                send = partial(self._send, log, bearer, deadline)
                return log.ended(await self._in_place(self._patience(deadline), deadline, send))
            case ReadPat(refused):
                return await self._read_pat(refused, deadline)
            case Authorize():
                got = await self._authorize_in_place(deadline, step)
                return log.ended(got) if isinstance(got, Failure) else got
            case Wait(seconds):
                return await self._wait(log, seconds, deadline)
            case Discard(jwt, is_replaced):
                await self.discard(jwt)
                return log.repeating(0.0) if is_replaced else None

    # I/O

    async def _in_place(
        self, seconds: float, deadline: float, work: Callable[[], Awaitable[T]]
    ) -> T | Failure:
        """Same as `SyncSession._in_place`."""
        try:
            async with self._here().pool.limiter.place(seconds):
                return await work()
        except httpx.PoolTimeout as error:
            return self._failed(error, deadline)

    async def _send_with_jwt(self, log: CallLog[Any], deadline: float) -> Sent:
        last = await self._wait_for_exchange(deadline)

        async def send() -> Sent:
            # Authorize only now, since a JWT may expire during the wait for a place.
            authorization = await self._authorize(deadline, last=last)
            return self._sent(await self._send(log, authorization.jwt.token, deadline), authorization)

        sent = await self._in_place(self._patience(deadline), deadline, send)
        sent = Sent(sent) if isinstance(sent, Failure) else sent
        log.ended(sent.outcome)
        return sent

    async def _authorize_in_place(self, deadline: float, wanted: Authorize) -> Authorization | Failure:
        last, living = await self._wait_for_exchange(deadline, wanted), self._living(wanted.afresh)
        seconds = 0.0 if living else self._patience(deadline)
        got = await self._in_place(seconds, deadline, lambda: self._authorize(deadline, wanted.afresh, last))
        return living if living and isinstance(got, Failure) else got

    async def _read_pat(self, refused: Secret | None, deadline: float) -> Secret:
        pat, here = self.settings.pat, self._here()
        if pat.ask is None:
            return pat.held(refused)
        try:
            with (
                anyio.move_on_after(self._seconds_until(deadline)) as scope,
                here.cancelled_by_closing(scope),
            ):
                return pat.taken(Secret(await ask(pat.ask)))
        except Exception as error:  # noqa: BLE001 - a function of the caller's may raise anything
            unread = self._unread(error)
            raise unread from unread.__cause__
        raise self._closed_error() if self._state.is_closed else self._unread_in_time()

    async def _send(self, log: CallLog[Any], bearer: Secret, deadline: float) -> Outcome:
        if refusal := self._refusal(deadline):
            return refusal
        here, progress = self._here(), Progress(log.request["method"], log.sending(), deadline)
        try:
            with (
                anyio.move_on_after(self._seconds_until(deadline) + _GRACE) as scope,
                here.cancelled_by_closing(scope),
            ):
                return await self._answer(here.pool, log.request, bearer, progress)
        except Exception as error:  # noqa: BLE001 - a transport may raise anything
            return self._failed(error, deadline, bearer, *log.request["known"], progress=progress)
        return self._failed(TimeoutError(), deadline, bearer, progress=progress)

    async def _answer(
        self, pool: AsyncPool, kwargs: dict[str, Any], bearer: Secret, progress: Progress
    ) -> Answer:
        left = progress.deadline - progress.sent_at
        return await pool.answer(build_request(self.settings, kwargs, bearer, left, self._borrowed), progress)

    async def _wait(self, log: CallLog[Any], seconds: float, deadline: float) -> bool:
        wait = waiting.wait_before(seconds, deadline, self.now())
        if wait is not None:
            log.repeating(seconds)
            await self._sleep(wait)
        return wait is not None

    async def _sleep(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            await self._here().closing.wait()

    async def aclose(self) -> None:
        """Same as `SyncSession.close`."""
        self._state.is_closed = True
        here = self._here()
        here.close()
        await here.pool.aclose()
