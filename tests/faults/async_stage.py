"""A client whose calls are cancelled, and what must hold afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import anyio
import pytest
from attrs import Factory, define

from access_tokens import AsyncAccessTokensClient, ClientClosedError, RetryPolicy

from ..helpers.pools import Pools
from ..helpers.scripted import PATIENCE, ScriptedService
from ..helpers.suspensions import Cut, Operation, unwatched

# Waits that are cancelled are real ones.
_SOON = RetryPolicy(backoff=0.001)


@define(eq=False)
class Stage:
    """Where a call is cancelled, and what must hold afterwards.

    Attributes:
        exchanges: How many exchanges there may be in all when the call is not cancelled.
        may_repeat: Whether there may be one more when it is.
        next_call: Is made afterwards, and must return something.
    """

    service: ScriptedService
    pools: Pools
    group: anyio.abc.TaskGroup
    stack: AsyncExitStack
    client: AsyncAccessTokensClient = Factory(lambda self: self.new_client(), takes_self=True)
    others: list[Any] = Factory(list)
    exchanges: int = 1
    may_repeat: bool = True
    next_call: Operation = Factory(lambda self: self.client.list, takes_self=True)

    def new_client(self, **options: Any) -> AsyncAccessTokensClient:
        return AsyncAccessTokensClient(self.service.endpoint, "pat_x", retry=_SOON, **options)

    async def with_jwt(self) -> None:
        await self.client.authenticate()
        self.may_repeat = False

    def beside(self, operation: Operation) -> None:
        """Start a call that must succeed, whatever happens to the one that is cancelled."""
        self.others.append(None)
        with unwatched():
            self.group.start_soon(self._run, len(self.others) - 1, operation)

    async def _run(self, number: int, operation: Operation) -> None:
        self.others[number] = await operation()

    def hold(self) -> Callable[[], None]:
        """Let the service answer nothing until what this returns is called."""
        released = threading.Event()
        self.service.before = lambda _: released.wait(PATIENCE)
        return released.set

    def check(self, cut: Cut) -> None:
        """Check that the cancellation was passed on, and that nothing is under way any more."""
        assert cut.outcome
        assert cut.is_cancelled or not cut.thrown
        assert all(self.others)
        here = self.client._session._here()
        assert here.pending is None
        assert not here.sending
        self.pools.check()
        assert self.service.exchanges <= self.exchanges + (self.may_repeat and cut.is_cancelled)

    async def is_closed(self) -> bool:
        """Check that the client is closed, without closing it once more."""
        self.pools.check(most=0)
        with pytest.raises(ClientClosedError):
            await self.client.list()
        return True
