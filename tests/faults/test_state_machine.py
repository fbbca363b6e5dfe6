"""Whatever happens in whatever order: exchanges when they are due, and a client that works again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from access_tokens import AccessTokensClient, AccessTokensError, AsyncAccessTokensClient

from ..helpers.callers import AsyncCaller, SyncCaller, result_of
from .state_faults import SITUATIONS, Situation
from .state_model import PAT
from .state_rules import KINDS, NAMES, OPERATIONS, Machine

ENDPOINT = "https://api.example.com"
# Without a search for what failing examples have in common, which takes minutes.
PHASES = [Phase.generate, Phase.shrink]
MANY = settings(phases=PHASES, report_multiple_bugs=False, max_examples=80, stateful_step_count=30)
FEWER = settings(MANY, max_examples=40)  # for each event loop


class SyncMachine(Machine):
    """A client for threads, used from one."""

    def open(self) -> None:
        transport = httpx.MockTransport(self.respond)
        client = AccessTokensClient(ENDPOINT, PAT, http_client=httpx.Client(transport=transport))
        client._session.now, client._session._sleep = self.clock.now, self.clock.wait  # type: ignore[method-assign]
        self.caller = SyncCaller(client, self.clock)

    def respond(self, request: httpx.Request) -> httpx.Response:
        kind = self.model.judge(request)
        self.hook(kind)
        return self.model.answer(kind, request)

    def close_inside(self) -> None:
        self.caller.close()
        raise httpx.ReadError("the socket was shut")

    @rule(kind=KINDS, name=NAMES, situation=SITUATIONS)
    def a_call_is_interrupted(self, kind: str, name: str, situation: Situation) -> None:
        """As by Ctrl-C, in the middle of a request."""
        self.arrange(situation)
        self.hooks[kind] = interrupt
        self.begin()
        try:
            result = result_of(lambda: OPERATIONS[name](self.caller))
        except KeyboardInterrupt:
            assert not self.hooks
        else:
            self.hooks.clear()
            self.check(result)


def interrupt() -> None:
    raise KeyboardInterrupt


class AsyncMachine(Machine):
    """A client for tasks, used from several."""

    portal: BlockingPortal

    def open(self) -> None:
        transport = httpx.MockTransport(self.respond)
        client = AsyncAccessTokensClient(ENDPOINT, PAT, http_client=httpx.AsyncClient(transport=transport))
        client._session.now = self.clock.now
        client._session._sleep = self.clock.wait_async  # type: ignore[method-assign]
        self.caller = AsyncCaller(client, self.clock, self.portal)

    async def respond(self, request: httpx.Request) -> httpx.Response:
        kind = self.model.judge(request)
        self.model.is_exchanging |= kind == "exchange"
        try:
            if (hooked := self.hook(kind)) is not None:
                await hooked
            for _ in range(1 + self.model.requests % 3):  # so that one answer overtakes another
                await anyio.lowlevel.checkpoint()
            return self.model.answer(kind, request)
        finally:
            self.model.is_exchanging &= kind != "exchange"

    async def close_inside(self) -> None:
        await self.caller.client.aclose()

    @rule(count=st.integers(2, 4), situation=SITUATIONS)
    def several_call_at_once(self, count: int, situation: Situation) -> None:
        with self.several(situation):
            for result in self.caller.at_once(count, OPERATIONS["list"]):
                self.check(result)

    @rule(kind=KINDS, others=st.integers(0, 3), situation=SITUATIONS)
    def one_of_several_is_cancelled(self, kind: str, others: int, situation: Situation) -> None:
        with self.several(situation):
            for result in self.portal.call(self.cancel_one, kind, others):
                self.check(result)

    @contextmanager
    def several(self, situation: Situation) -> Iterator[None]:
        self.arrange(situation)
        self.begin()
        self.model.call_faults.clear()  # while one waited to repeat a call, the JWT of another would age
        self.model.is_shared = True
        yield
        self.model.is_shared = False

    async def cancel_one(self, kind: str, others: int) -> list[Any]:
        """Cancel a call inside a request, while others are under way, and return what comes of those."""
        inside, results = anyio.Event(), list[Any]()

        async def hold() -> None:
            inside.set()
            await anyio.sleep_forever()

        async def run() -> None:
            try:
                results.append(await self.caller.client.list())
            except AccessTokensError as error:
                results.append(error)

        async def run_first(scope: anyio.CancelScope) -> None:
            with scope:
                await run()
            inside.set()

        self.hooks[kind] = hold
        async with anyio.create_task_group() as group:
            scope = anyio.CancelScope()
            group.start_soon(run_first, scope)
            await inside.wait()
            self.hooks.clear()
            for _ in range(others):
                group.start_soon(run)
            for _ in range(10):  # until they have gone as far as they can
                await anyio.lowlevel.checkpoint()
            scope.cancel()
        assert len(results) >= others
        return results


@pytest.mark.fault(21, 22, 25, 27, 29, 34, 45)
def test_a_client_for_threads_survives_any_order_of_events():
    run_state_machine_as_test(SyncMachine, settings=MANY)


@pytest.mark.fault(21, 22, 25, 26, 27, 29, 31, 32, 34, 45)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_client_for_tasks_survives_any_order_of_events(backend):
    with start_blocking_portal(backend) as portal:
        machine = type("Machine", (AsyncMachine,), {"portal": portal})
        run_state_machine_as_test(machine, settings=FEWER)
