"""What is around a call that is broken off, by an interrupt or a cancellation, and what must hold then."""

import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio
import httpx
from anyio.lowlevel import checkpoint
from attrs import Factory, define

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, RetryPolicy

from ..helpers.fault_server import EXCHANGE, FaultServer, Peer
from ..helpers.plays import Issuer
from ..helpers.pools import Pools
from ..helpers.threads import PATIENCE, Task
from .blocking import Awaitable, Call, driven, in_thread
from .cancelling import unwatched

# How long others get to come so far. When they do not, the test is another one, and no wrong one.
A_MOMENT = 0.002
# Waits that are broken off are real ones. Nothing is helped on by the deadline.
OPTIONS: dict[str, Any] = {"retry": RetryPolicy(backoff=0.001), "deadline": 3 * PATIENCE}


@define(eq=False)
class Harness(ABC):
    """What is around a call. Its parts are told for tasks; in threads, their methods block.

    Attributes:
        most_exchanges: How many exchanges there may be in all.
        meanwhile: What happens just before an interrupt.
        afterwards: What ends the calls beside, if answers do not.
        next_call: Is made twice afterwards, and must return something.
        arrived, released: Whether a request has come that is held, and whether it may go on.
    """

    pools: Pools
    server: FaultServer
    issuer: Issuer = Factory(lambda self: Issuer(self.server), takes_self=True)
    client: Any = Factory(lambda self: self.new_client(), takes_self=True)
    most_exchanges: int = 2
    meanwhile: Callable[[], object] = lambda: None
    afterwards: Call = Factory(lambda self: self.go_on, takes_self=True)
    next_call: Call = Factory(lambda self: self.list, takes_self=True)
    others: list[Any] = Factory(list)
    owned: list[Any] = Factory(list)
    arrived: threading.Event = Factory(threading.Event)
    released: threading.Event = Factory(threading.Event)

    @abstractmethod
    def new_client(self, endpoint: str | None = None, **options: Any) -> Any: ...

    @abstractmethod
    def http_client(self, **options: Any) -> Any:
        """Make an HTTP client of the caller's."""

    @abstractmethod
    def awaitable(self, client: Any) -> Any:
        """Return a client whose methods can be awaited."""

    @abstractmethod
    def beside(self, call: Call) -> Any:
        """Start a call that must return something, whatever happens to the one that is broken off."""

    @abstractmethod
    async def wait_for(self, event: threading.Event) -> None: ...

    @abstractmethod
    async def join(self) -> None:
        """Wait for the calls beside, and check that they have succeeded."""

    @abstractmethod
    def with_others(self, call: Call) -> Call:
        """Return a call for which others wait when it is broken off, and whose own wait comes to an end."""

    @abstractmethod
    def is_at_rest(self) -> bool:
        """Tell whether no exchange and no request is under way."""

    async def list(self) -> Any:
        return await self.client.list()

    async def with_jwt(self) -> None:
        await self.client.authenticate()
        self.most_exchanges = 1

    def hold(self, then: Callable[[], None] = lambda: None) -> None:
        """Let the service answer nothing until `go_on`, and do something when a request has come."""

        def before(peer: Peer) -> None:
            self.arrived.set()
            then()
            self.released.wait(PATIENCE)

        self.server.before = before

    async def held(self, call: Call) -> None:
        """Start a call beside, and let it come as far as the service, which holds it."""
        self.hold()
        self.beside(call)
        await self.wait_for(self.arrived)

    async def go_on(self) -> bool:
        self.released.set()
        return True

    def check(self) -> None:
        """Check that nothing is under way, and no connection in use."""
        assert self.is_at_rest()
        self.pools.check()
        assert self.server.count(EXCHANGE) <= self.most_exchanges

    async def finish(self) -> None:
        """Check that the call has left nothing behind, and that the next ones succeed."""
        await self.afterwards()
        await self.go_on()
        await self.join()
        self.check()
        self.beside(self.next_call)
        await self.join()
        assert await self.next_call()
        self.check()
        for each in (self.client, *map(self.awaitable, self.owned)):
            await each.aclose()
        self.pools.check(most=0)


class ThreadHarness(Harness):
    """Around a call of a thread; those beside are made by threads of their own."""

    def new_client(self, endpoint: str | None = None, **options: Any) -> Any:
        made = AccessTokensClient(endpoint or self.server.endpoint, "pat_x", **OPTIONS | options)
        return self.awaitable(made)

    def http_client(self, **options: Any) -> Any:
        self.owned.append(httpx.Client(**options))
        return self.owned[-1]

    def awaitable(self, client: Any) -> Any:
        return Awaitable(client)

    def beside(self, call: Call) -> Any:
        self.others.append(Task(in_thread(call)))
        return self.others[-1]

    async def wait_for(self, event: threading.Event) -> None:
        assert event.wait(PATIENCE)

    async def join(self) -> None:
        for outcome in [each.outcome() for each in self.others]:
            assert outcome, outcome
            assert not isinstance(outcome, BaseException), outcome
        self.others.clear()

    def with_others(self, call: Call) -> Call:
        self.meanwhile = lambda: self.beside(self.list).join(A_MOMENT)

        async def made() -> Any:
            if self.arrived.is_set():
                threading.Timer(A_MOMENT, self.released.set).start()
            return await call()

        return made

    def is_at_rest(self) -> bool:
        return self.client._session._pending is None


@define(eq=False)
class TaskHarness(Harness):
    """Around a call of a task; those beside are made by tasks of the same event loop."""

    group: anyio.abc.TaskGroup = Factory(anyio.create_task_group)

    def new_client(self, endpoint: str | None = None, **options: Any) -> Any:
        return AsyncAccessTokensClient(endpoint or self.server.endpoint, "pat_x", **OPTIONS | options)

    def http_client(self, **options: Any) -> Any:
        self.owned.append(httpx.AsyncClient(**options))
        return self.owned[-1]

    def awaitable(self, client: Any) -> Any:
        return client

    def beside(self, call: Call) -> None:
        self.others.append(None)
        with unwatched():
            self.group.start_soon(self._run, len(self.others) - 1, call)

    async def _run(self, number: int, call: Call) -> None:
        self.others[number] = await call()
        assert self.others[number]

    async def wait_for(self, event: threading.Event) -> None:
        while not event.is_set():
            await checkpoint()

    async def join(self) -> None:
        while not all(self.others):
            await checkpoint()

    def with_others(self, call: Call) -> Call:
        if not self.arrived.is_set():
            self.hold()

        async def made() -> Any:
            for other in (self.list, self.list, self._go_on_when_others_wait):
                self.beside(other)
            return await call()

        return made

    async def _go_on_when_others_wait(self) -> bool:
        for _ in range(2):  # trio takes who is ready in any order, but each before anybody's second turn
            await checkpoint()
        return await self.go_on()

    def is_at_rest(self) -> bool:
        here = self.client._session._here()
        return here.pending is None and not here.sending


@contextmanager
def around_a_thread(pools: Pools) -> Iterator[ThreadHarness]:
    """Look at what is left of a call that was broken off meanwhile."""
    pools.reset()
    with FaultServer() as server:
        yield (harness := ThreadHarness(pools, server))
        driven(harness.finish())
        server.wait_until_left()


@asynccontextmanager
async def around_a_task(pools: Pools) -> AsyncIterator[TaskHarness]:
    """Same as `around_a_thread`, for a task."""
    pools.reset()
    tasks = len(anyio.get_running_tasks())
    with anyio.fail_after(PATIENCE), FaultServer() as server:
        harness = TaskHarness(pools, server)
        async with harness.group:
            yield harness
            await harness.finish()
        assert len(anyio.get_running_tasks()) == tasks
        await checkpoint()  # asyncio closes a socket soon after it was asked to
        server.wait_until_left()
