"""More callers than connections."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, UnavailableError
from access_tokens.tokens import generate_token_id

from ..helpers.callers import in_tasks
from ..helpers.fault_server import RECORD, TOKENS, FaultServer, Peer, response
from ..helpers.operations import ISSUE, failure_of, keep_jwt
from ..helpers.plays import Turnstile

Make = Callable[..., Any]


@pytest.fixture
def turnstile(server: FaultServer) -> Iterator[Turnstile]:
    made = Turnstile()
    server.always(TOKENS, made)
    yield made
    made.is_open.set()


@contextmanager
def calling(client: Any, count: int) -> Iterator[list[Any]]:
    """Make calls meanwhile. Their results are there afterwards."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.extend(client.at_once(count, lambda c: c.list())))
    thread.start()
    try:
        yield results
    finally:
        thread.join(20)


@pytest.mark.fault(8)
def test_who_finds_no_connection_free_waits_for_one(server, turnstile, narrow):
    client = narrow(2)
    with calling(client, 12) as results:
        turnstile.wait_for(2)
        turnstile.is_open.set()
    assert [len(result) for result in results] == [1] * 12
    assert (turnstile.most, server.connections, server.count(TOKENS)) == (2, 2, 12)
    assert client.clock.waits == []


@pytest.mark.fault(8)
def test_the_parts_of_a_batch_do_not_wait_for_each_others_connections(server, narrow):
    def answer_slowly(peer: Peer) -> None:
        peer.over.wait(0.05)
        peer.answer()

    server.always(f"{TOKENS}/batch", answer_slowly)
    client = narrow(1, timeout=httpx.Timeout(10, pool=0.02))
    client.batch_load(f"{number:02000}" for number in range(180))
    assert (server.count(f"{TOKENS}/batch"), client.clock.waits) == (4, [])


@pytest.mark.fault(8)
def test_who_waits_too_long_for_a_connection_tries_again_and_changes_nothing(server, turnstile, narrow):
    client = narrow(2, timeout=httpx.Timeout(10, pool=0.03))
    with calling(client, 2) as results:
        turnstile.wait_for(2)
        error = failure_of(ISSUE, client)
        turnstile.is_open.set()
    assert isinstance(error.cause, httpx.PoolTimeout)
    assert (type(error), error.attempts, error.outcome_unknown) == (UnavailableError, 4, False)
    assert client.clock.waits == [1.0, 2.0, 4.0]
    assert [len(result) for result in results] == [1] * 2
    check_width(server, client, 2)


def check_width(server: FaultServer, client: Any, width: int) -> None:
    """As many calls as ever go on at a time: each is answered when all of them are there."""
    together = threading.Barrier(width)

    def answer(peer: Peer) -> None:
        together.wait(10)
        peer.answer()

    server.play(TOKENS, *[answer] * width)
    assert [len(result) for result in client.at_once(width, lambda c: c.list())] == [1] * width


@pytest.mark.fault(8, 33)
@pytest.mark.parametrize("sent", [b"", response(200, b"x" * 9)[:-3]], ids=["before a byte", "in the body"])
@in_tasks
def test_calls_that_are_cancelled_give_their_connections_back(server, narrow, sent):
    """Those that have one, and those that wait for one."""
    client = narrow(2)
    came = threading.Semaphore(0)

    def fall_asleep(peer: Peer) -> None:
        came.release()
        peer.send(sent)
        peer.stall()

    server.play(TOKENS, *[fall_asleep] * 2)
    calls = [client.portal.start_task_soon(client.client.list) for _ in range(9)]
    assert came.acquire(timeout=10)
    assert came.acquire(timeout=10)
    for call in calls:
        call.cancel()
    check_width(server, client, 2)
    assert client.clock.waits == []


def echo(peer: Peer) -> None:
    """Answer with what was asked for."""
    asked = parse_qs(peer.request.target.partition("?")[2])["afterTokenId"][0]
    peer.send(response(200, {"records": [RECORD | {"owner": asked}]}))


def own_answers(variant: str, count: int) -> Callable[[Any], Any]:
    """Return what makes so many calls and returns how many got the answer to what they had asked."""

    async def in_a_task(client: AsyncAccessTokensClient) -> int:
        asked = [generate_token_id() for _ in range(count)]
        return sum([(await client.list(after_token_id=each))[0].owner == each for each in asked])

    def in_a_thread(client: AccessTokensClient) -> int:
        asked = [generate_token_id() for _ in range(count)]
        return sum([client.list(after_token_id=each)[0].owner == each for each in asked])

    return in_a_thread if variant == "sync" else in_a_task


@pytest.mark.fault(9)
@pytest.mark.untraced
@pytest.mark.usefixtures("hasty_threads")
def test_1000_calls_of_16_callers_over_4_connections_succeed_at_once(
    server, make_client, variant, monkeypatch
):
    """None fails, none is repeated, and none gets the answer to another."""
    monkeypatch.setattr("access_tokens._http.limits.MAX_CONNECTIONS", 4)
    server.always(TOKENS, echo)
    client = make_client(server.endpoint, "pat_x")
    keep_jwt(client)
    assert client.at_once(16, own_answers(variant, 63)) == [63] * 16
    assert client.clock.waits == []
    assert server.count(TOKENS) == len(server.requests) == 16 * 63
    assert server.connections <= 4
