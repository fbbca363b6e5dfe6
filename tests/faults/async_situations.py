"""What a task may be doing when it is cancelled."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import httpx
from anyio.lowlevel import checkpoint

from access_tokens import AsyncAccessTokensClient

from ..helpers.scripted import NOTHING, UNAVAILABLE
from ..helpers.suspensions import Operation
from .async_stage import Stage


async def others_have_begun() -> None:
    """Let all others go on until they wait."""
    for _ in range(2):  # trio takes who is ready in any order, but each before anybody's second turn
        await checkpoint()


# The situations: each prepares a call


async def cold(stage: Stage) -> Operation:
    """One that has to resolve a name, to connect and to get a JWT."""
    stage.client = AsyncAccessTokensClient(stage.service.by_name, "pat_x")
    stage.next_call = stage.client.list
    return stage.client.list


async def warm(stage: Stage) -> Operation:
    await stage.with_jwt()
    return stage.client.list


async def renewal(stage: Stage) -> Operation:
    await stage.with_jwt()
    stage.client._session.now = lambda: time.monotonic() + 3580
    stage.exchanges, stage.may_repeat = 2, True
    return stage.client.list


async def refused_jwt(stage: Stage) -> Operation:
    await stage.with_jwt()
    stage.service.rotate_key()
    stage.exchanges, stage.may_repeat = 2, True
    return stage.client.list


async def dead_connection(stage: Stage) -> Operation:
    await stage.with_jwt()
    stage.service.hang_up()
    return stage.client.list


async def lost_answer(stage: Stage) -> Operation:
    await stage.with_jwt()
    stage.service.answers.append(NOTHING)
    return stage.client.list


async def retry_wait(stage: Stage) -> Operation:
    await stage.with_jwt()
    stage.service.answers.append(UNAVAILABLE)
    return stage.client.list


async def trickling_answer(stage: Stage) -> Operation:
    await stage.with_jwt()
    stage.service.halfway = partial(time.sleep, 0.001)
    return stage.client.list


async def waiter(stage: Stage) -> Operation:
    """One that waits for the exchange of another."""
    go_on = stage.hold()
    stage.beside(stage.client.list)
    await others_have_begun()
    stage.may_repeat = False
    return _with_others_behind(stage, go_on)


async def leader(stage: Stage) -> Operation:
    """One whose exchange others wait for."""
    return _with_others_behind(stage, stage.hold())


async def queued(stage: Stage) -> Operation:
    """One that waits for a connection."""
    await stage.with_jwt()
    go_on = stage.hold()
    stage.beside(stage.client.list)
    await others_have_begun()
    return _with_others_behind(stage, go_on)


async def holder(stage: Stage) -> Operation:
    """One whose connection others wait for."""
    await stage.with_jwt()
    return _with_others_behind(stage, stage.hold())


def _with_others_behind(stage: Stage, go_on: Callable[[], None]) -> Operation:
    """Make a call, with two more as soon as it waits; and only then let the service answer."""

    async def release() -> bool:
        await others_have_begun()
        go_on()
        return True

    async def call() -> Any:
        for other in (stage.client.list, stage.client.list, release):
            stage.beside(other)
        return await stage.client.list()

    return call


async def http_client(stage: Stage) -> Operation:
    """One that goes through the caller's own HTTP stack."""
    own = await stage.stack.enter_async_context(httpx.AsyncClient())
    stage.client = stage.new_client(http_client=own)
    stage.next_call = stage.client.list
    return stage.client.list


async def iteration(stage: Stage) -> Operation:
    """A walk, which goes on where it was cancelled."""
    await stage.with_jwt()
    stage.service.pages = 2
    walk, seen = stage.client.iter_tokens(page_size=1), list[int]()

    async def go_on() -> bool:
        async for record in walk:
            seen.append(int(record.token_id))
        return seen == [1, 2]

    stage.next_call = go_on
    return go_on


async def closing(stage: Stage) -> Operation:
    stage.pools.reset(width=2)
    stage.client = stage.new_client()
    for _ in range(2):
        stage.beside(stage.client.list)
    while not all(stage.others):
        await checkpoint()
    stage.next_call = stage.is_closed

    async def close() -> bool:
        await stage.client.aclose()
        return True

    return close


async def leaving(stage: Stage) -> Operation:
    """A whole `async with`."""

    async def use() -> Any:
        async with stage.client:
            return await stage.client.list()

    stage.next_call = stage.is_closed
    return use


async def auth(stage: Stage) -> Operation:
    """A request to another API, which refuses the JWT at first."""
    await stage.with_jwt()
    stage.service.rotate_key()
    stage.exchanges, stage.may_repeat = 2, True
    refusals = iter([401])

    async def respond(request: httpx.Request) -> httpx.Response:
        await checkpoint()
        return httpx.Response(next(refusals, 200))

    own = await stage.stack.enter_async_context(
        httpx.AsyncClient(auth=stage.client.auth, transport=httpx.MockTransport(respond))
    )

    async def get() -> bool:
        return (await own.get("https://other.example")).is_success

    stage.next_call = get
    return get


Situation = Callable[[Stage], Awaitable[Operation]]
SITUATIONS: list[Situation] = [
    cold,
    warm,
    renewal,
    refused_jwt,
    dead_connection,
    lost_answer,
    retry_wait,
    trickling_answer,
    waiter,
    leader,
    queued,
    holder,
    http_client,
    iteration,
    closing,
    leaving,
    auth,
]
