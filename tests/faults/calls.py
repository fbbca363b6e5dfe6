"""Calls to be broken off, by an interrupt or a cancellation: what each of them is in the midst of.

Each function prepares a call and returns it.
"""

import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from access_tokens import ClientClosedError

from ..helpers.fault_server import RECORD, TOKENS, Peer, response, right_answer
from ..helpers.plays import refuse
from ..helpers.threads import PATIENCE
from .blocking import Call
from .harness import A_MOMENT, Harness

Prepare = Callable[[Harness], Coroutine[Any, Any, Call]]


async def a_life(harness: Harness) -> Call:
    """All that a client does: it resolves a name, connects, gets a JWT, calls and is closed."""
    harness.client = harness.new_client(harness.server.endpoint.replace("127.0.0.1", "localhost"))
    harness.next_call = lambda: is_closed(harness)

    async def use() -> Any:
        async with harness.client:
            return await harness.client.list()

    return use


async def renewal(harness: Harness) -> Call:
    await harness.with_jwt()
    harness.client._session.now = lambda: time.monotonic() + 3580
    harness.most_exchanges = 3
    return harness.list


async def misfortunes(harness: Harness) -> Call:
    """A dead connection, a JWT that is refused, a wait before a repeat, and an answer in pieces."""
    await harness.with_jwt()
    harness.server.hang_up()
    harness.issuer.rotate()
    harness.server.play(TOKENS, harness.issuer.judge, refuse(503), in_pieces)
    harness.most_exchanges = 3
    return harness.list


def in_pieces(peer: Peer) -> None:
    answer = right_answer(peer.request)
    for start in range(0, len(answer), 64):
        peer.send(answer[start : start + 64])
        time.sleep(0.001)


async def leader(harness: Harness) -> Call:
    """One whose exchange others wait for."""
    return harness.with_others(harness.list)


async def waiter(harness: Harness) -> Call:
    """One that waits for the exchange of another."""
    await harness.held(harness.list)
    harness.most_exchanges = 1
    return harness.with_others(harness.list)


async def queued(harness: Harness) -> Call:
    """One that waits for the connection of another."""
    await harness.with_jwt()
    return await waiter(harness)


async def http_client(harness: Harness) -> Call:
    """One that goes through the caller's own HTTP stack."""
    harness.client = harness.new_client(http_client=harness.http_client())
    return harness.list


async def walk(harness: Harness) -> Call:
    """All pages, one after the other."""
    await harness.with_jwt()
    harness.server.always(TOKENS, one_of_two)

    async def go() -> list[Any]:
        return list(harness.client.wrapped.iter_tokens(page_size=1))

    return go


async def walk_of_tasks(harness: Harness) -> Call:
    """One that goes on where it was broken off."""
    await harness.with_jwt()
    harness.server.always(TOKENS, one_of_two)
    records, seen = harness.client.iter_tokens(page_size=1), list[int]()

    async def go_on() -> bool:
        async for record in records:
            seen.append(int(record.token_id))
        return seen == [1, 2]

    harness.next_call = go_on
    return go_on


def one_of_two(peer: Peer) -> None:
    """Answer with the record that comes after another."""
    after = parse_qs(peer.request.target.partition("?")[2]).get("afterTokenId", ["0"])
    number = int(after[0]) + 1
    records = [RECORD | {"tokenId": f"{number:021}"}] if number <= 2 else []
    peer.send(response(200, {"records": records}))


async def auth(harness: Harness) -> Call:
    """A request to another API, which refuses the JWT at first."""
    await harness.with_jwt()
    harness.most_exchanges = 3
    refusals = iter([401])
    transport = httpx.MockTransport(lambda request: httpx.Response(next(refusals, 200)))
    own = harness.awaitable(harness.http_client(auth=harness.client.auth, transport=transport))

    async def get() -> bool:
        return bool((await own.get("https://other.example")).is_success)

    harness.next_call = get
    return get


async def closing(harness: Harness) -> Call:
    """It ends what others do, also when it is broken off and done again."""
    harness.pools.reset(width=2)
    harness.client = harness.new_client()
    for _ in range(2):
        harness.beside(harness.list)
    await harness.join()
    await harness.held(lambda: is_closed(harness))
    harness.next_call = lambda: is_closed(harness)

    async def close() -> bool:
        await harness.client.aclose()
        await harness.join()
        return True

    harness.afterwards = close
    return close


async def is_closed(harness: Harness) -> bool:
    with pytest.raises(ClientClosedError):
        await harness.client.list()
    return True


OF_BOTH: list[Prepare] = [renewal, misfortunes, leader, waiter, queued, http_client, auth, closing]
OF_THREADS: list[Prepare] = [*OF_BOTH, walk]
OF_TASKS: list[Prepare] = [*OF_BOTH, a_life, walk_of_tasks]


# Calls of threads that wait, and have something done then, such as an interrupt

Then = Callable[[], None]


async def for_an_answer(harness: Harness, then: Then) -> Call:
    harness.hold(then)
    return harness.list


async def for_the_rest_of_an_answer(harness: Harness, then: Then) -> Call:
    await harness.with_jwt()

    def stop_before_the_end(peer: Peer) -> None:
        answer = right_answer(peer.request)
        peer.send(answer[:-1])
        then()
        harness.released.wait(PATIENCE)
        peer.send(answer[-1:])

    harness.server.play(TOKENS, stop_before_the_end)
    return harness.list


async def for_a_retry(harness: Harness, then: Then) -> Call:
    await harness.with_jwt()
    harness.server.play(TOKENS, refuse(503))
    session = harness.client._session
    sleep = session._sleep

    def fall_asleep(seconds: float) -> None:
        threading.Timer(A_MOMENT, then).start()
        sleep(PATIENCE)

    session._sleep = fall_asleep
    return harness.list


async def for_an_exchange(harness: Harness, then: Then) -> Call:
    """Which another leads."""
    await harness.held(harness.list)
    harness.most_exchanges = 1

    async def wait() -> Any:
        threading.Timer(A_MOMENT, then).start()
        return await harness.client.list()

    return wait


async def for_a_connection(harness: Harness, then: Then) -> Call:
    """Which another has."""
    await harness.with_jwt()
    return await for_an_exchange(harness, then)


WAITS = [for_an_answer, for_the_rest_of_an_answer, for_a_retry, for_an_exchange, for_a_connection]
