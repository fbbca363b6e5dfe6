"""The JWT and the exchange, when there are more callers than connections, each of which is a place."""

import logging
import threading
from typing import Any

import httpx
import pytest

from access_tokens import AsyncAccessTokensClient, AuthenticationError, UnavailableError

from ..helpers.callers import in_tasks, run
from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer, Peer
from ..helpers.logged import logged
from ..helpers.plays import Held, Turnstile, grant, refuse
from ..helpers.threads import Task
from .crowds import all_list, authorized, forget_jwt, until_waiting

pytestmark = pytest.mark.fault(78)


class ShortLived:
    """Issues JWTs that live for 8 seconds, and takes 5 for each call."""

    def __init__(self, server: FaultServer, clock: Any) -> None:
        self.issued: dict[str, float] = {}
        self.refused = 0
        self.clock = clock
        server.always(EXCHANGE, self.exchange)
        server.always(TOKENS, self.judge)

    def exchange(self, peer: Peer) -> None:
        token = f"jwt-{len(self.issued)}"
        self.issued[token] = self.clock.time
        grant(access_token=token, expires_in=8)(peer)

    def judge(self, peer: Peer) -> None:
        token = peer.request.headers["authorization"].removeprefix("Bearer ")
        is_expired = self.clock.time >= self.issued[token] + 8
        self.refused += is_expired
        self.clock.advance(5)
        refuse(401)(peer) if is_expired else peer.answer()


def test_a_jwt_does_not_expire_in_the_queue(server, narrow):
    client = forget_jwt(narrow(1))
    service = ShortLived(server, client.clock)
    assert [type(each) for each in all_list(client, 6)] == [list] * 6
    assert service.refused == 0
    assert client.clock.waits == []


def test_one_that_expires_while_a_connection_is_made_is_replaced_once(client, server):
    """Though it was got in this very call."""

    def refuse_late(peer: Peer) -> None:
        client.clock.advance(8)
        refuse(401)(peer)

    server.always(EXCHANGE, grant(expires_in=8))
    server.play(TOKENS, refuse_late)
    assert client.list()
    assert (server.count(EXCHANGE), server.count(TOKENS)) == (2, 2)
    client.clock.advance(8)
    server.play(TOKENS, refuse_late, refuse_late)
    with pytest.raises(AuthenticationError, match="^Failed to list tokens: No"):
        client.list()
    assert (server.count(EXCHANGE), server.count(TOKENS)) == (4, 4)


@pytest.mark.parametrize("width", [1, 2])
def test_an_exchange_needs_no_place_of_those_who_wait_for_it(server, issuer, narrow, width):
    client = forget_jwt(narrow(width))
    names = iter(["list", "authenticate"] * 6)
    results = client.at_once(12, lambda each: getattr(each, next(names))())
    assert [each for each in results if isinstance(each, Exception)] == []
    assert client.clock.waits == []


def test_who_waits_for_a_place_shares_the_failure_of_the_exchange(server, issuer, narrow):
    client = forget_jwt(narrow(1))

    def refuse_late(peer: Peer) -> None:
        until_waiting(client, 5)
        refuse(401)(peer)

    server.play(EXCHANGE, refuse_late)
    results = all_list(client, 6)
    assert [type(each) for each in results] == [AuthenticationError] * 6
    assert len({id(each) for each in results}) == 6
    assert (server.count(EXCHANGE), server.count(TOKENS)) == (1, 0)


def test_who_waits_for_an_exchange_waits_longer_than_for_a_place(server, issuer, narrow):
    client, held = forget_jwt(narrow(1, timeout=httpx.Timeout(10, pool=0.05))), Held(issuer.exchange)
    server.play(EXCHANGE, held)
    leader = Task(client.list)
    held.came()
    other = Task(client.list)
    threading.Event().wait(0.25)  # longer than four attempts wait for a place
    held.go_on()
    assert leader.outcome()
    assert isinstance(other.outcome(), list)


def test_a_jwt_that_lives_needs_no_place_to_be_used_elsewhere(server, narrow):
    """By `auth` of the client, while all connections are busy, and though a renewal is due."""
    client, turnstile = narrow(1), Turnstile()
    server.always(TOKENS, turnstile)
    busy = Task(client.list)
    turnstile.wait_for(1)
    client.clock.advance(3580)
    got = authorized(client)
    turnstile.is_open.set()
    assert busy.outcome()
    assert (got.jwt.token.reveal(), got.is_new, client.clock.waits) == ("jwt", False, [])


def test_who_wants_a_new_one_waits_for_a_place_by_the_policy(server, narrow, caplog):
    caplog.set_level(logging.INFO, logger="access_tokens")
    client, turnstile = narrow(1, timeout=httpx.Timeout(10, pool=0.01)), Turnstile()
    server.always(TOKENS, turnstile)
    busy = Task(client.list)
    turnstile.wait_for(1)
    with pytest.raises(UnavailableError, match="^Failed to authenticate: .*4 attempts") as raised:
        client.authenticate()
    turnstile.is_open.set()
    assert busy.outcome()
    assert isinstance(raised.value.cause, httpx.PoolTimeout)
    assert client.clock.waits == [1.0, 2.0, 4.0]
    told = [(level, fields["attempt"], fields["wait"]) for level, _, fields in logged(caplog)]
    assert told == [("INFO", 2, 1.0), ("INFO", 3, 2.0), ("INFO", 4, 4.0)]


@in_tasks
def test_a_hook_calls_in_the_place_that_its_task_has(server, variant):
    async def main() -> None:
        results = list[Any]()

        async def hook(request: httpx.Request) -> None:
            http.event_hooks = {}
            results.append(await client.list())

        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(limits=limits, event_hooks={"request": [hook]}) as http:
            client = AsyncAccessTokensClient(server.endpoint, "pat_x", http_client=http, deadline=5)
            results.append(await client.list())
            assert client._session._here().pool.limiter.held() is None
        assert [len(each) for each in results] == [1, 1]

    run(variant, main)
