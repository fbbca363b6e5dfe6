"""Exchanges that fail (cases 28 to 30)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from access_tokens import RateLimitedError, RetryPolicy, UnavailableError

from ..helpers.fault_server import EXCHANGE, TOKENS, Peer, Play
from ..helpers.plays import refuse
from ..helpers.threads import Task, until

Make = Callable[..., Any]
NETWORK: dict[str, Play] = {"closed": Peer.close, "reset": Peer.reset}
PASSING: dict[str, Play] = {
    **{str(status): refuse(status) for status in (408, 429, 500, 502, 503, 504)},
    **NETWORK,
}


@pytest.mark.fault(28)
@pytest.mark.parametrize("name", PASSING)
def test_an_exchange_that_fails_for_now_is_repeated_by_the_policy_once(victim, server, issuer, name):
    """Four requests, and not four for each attempt of the call; the error says that it was the exchange."""
    server.play(EXCHANGE, *[PASSING[name]] * 4)
    with pytest.raises((UnavailableError, RateLimitedError)) as raised:
        victim.list()
    assert raised.value.message == "Failed to authenticate"
    assert raised.value.attempts == 4
    assert "4 attempts" in str(raised.value)
    assert (server.count(EXCHANGE), len(server.requests)) == (4, 4)
    assert victim.clock.waits == [1.0, 2.0, 4.0]
    assert victim.list()
    assert (server.count(EXCHANGE), issuer.bearers) == (5, ["jwt-1"])


@pytest.mark.fault(28)
@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("name", ["429", "503", "reset"])
def test_an_exchange_that_fails_now_and_then_succeeds(victim, server, issuer, name, times):
    server.play(EXCHANGE, *[PASSING[name]] * times)
    assert victim.list()
    assert (server.count(EXCHANGE), issuer.bearers) == (times + 1, ["jwt-1"])
    assert victim.clock.waits == [1.0, 2.0, 4.0][:times]


@pytest.mark.fault(28)
def test_the_retries_of_the_exchange_are_not_those_of_the_call(victim, server, issuer):
    server.play(EXCHANGE, *[refuse(503)] * 3)
    server.play(TOKENS, *[refuse(503)] * 3)
    assert victim.list()
    assert (server.count(EXCHANGE), server.count(TOKENS)) == (4, 4)
    assert victim.clock.waits == [1.0, 2.0, 4.0] * 2


@pytest.mark.fault(28)
def test_an_exchange_is_limited_as_long_as_the_service_asks(victim, server):
    server.play(EXCHANGE, refuse(429, "Retry-After: 17"), refuse(429, "Retry-After: 121"))
    with pytest.raises(RateLimitedError, match="^Failed to authenticate") as raised:
        victim.list()
    assert (raised.value.retry_after, victim.clock.waits, len(server.requests)) == (121.0, [17.0], 2)


@pytest.mark.fault(28)
def test_an_issue_whose_exchange_fails_was_not_done(victim, server):
    server.play(EXCHANGE, *[Peer.reset] * 4)
    with pytest.raises(UnavailableError, match="^Failed to authenticate") as raised:
        victim.issue("x")
    assert not raised.value.outcome_unknown


@pytest.mark.fault(29)
@pytest.mark.parametrize("name", PASSING)
def test_a_renewal_that_fails_for_now_leaves_a_jwt_with_20_seconds_in_use(victim, server, issuer, name):
    victim.list()
    victim.clock.advance(3580)
    server.play(EXCHANGE, PASSING[name])
    assert victim.list()
    assert (server.count(EXCHANGE), issuer.bearers) == (2, ["jwt-1", "jwt-1"])
    assert victim.clock.waits == []


@pytest.mark.fault(29)
def test_a_renewal_that_is_not_answered_leaves_the_jwt_in_use(server, issuer, make_client):
    victim = make_client(server.endpoint, "pat_x", timeout=0.1)
    victim.list()
    victim.clock.advance(3580)
    server.play(EXCHANGE, Peer.stall)
    assert victim.list()
    assert (server.count(EXCHANGE), issuer.bearers) == (2, ["jwt-1", "jwt-1"])


@pytest.mark.fault(29)
@pytest.mark.parametrize("name", PASSING)
def test_with_no_second_left_a_failed_exchange_is_the_calls_error(victim, server, issuer, name):
    victim.list()
    victim.clock.advance(3600)
    server.play(EXCHANGE, *[PASSING[name]] * 4)
    with pytest.raises((UnavailableError, RateLimitedError), match="^Failed to authenticate"):
        victim.list()
    assert (server.count(EXCHANGE), issuer.bearers) == (5, ["jwt-1"])


@pytest.mark.fault(29, 77)
def test_a_jwt_that_ends_during_its_renewal_is_not_sent_but_exchanged(victim, server, issuer):
    def fail_late(peer: Peer) -> None:
        victim.clock.advance(20)
        refuse(503)(peer)

    victim.list()
    victim.clock.advance(3580)
    server.play(EXCHANGE, fail_late, refuse(503), refuse(503))
    assert victim.list()
    assert issuer.bearers == ["jwt-1", "jwt-2"]
    assert victim.clock.waits == [1.0, 2.0]


@pytest.mark.fault(29)
def test_many_callers_go_on_with_the_jwt_after_one_failed_renewal(victim, server, issuer):
    victim.list()
    victim.clock.advance(3580)
    server.play(EXCHANGE, refuse(503))
    assert all(isinstance(each, list) for each in victim.at_once(20, lambda client: client.list()))
    assert (server.count(EXCHANGE), set(issuer.bearers)) == (2, {"jwt-1"})


@pytest.mark.fault(30)
def test_a_new_key_under_100_busy_callers_costs_one_exchange_and_fails_none(service, make_client, variant):
    client = make_client(service.endpoint, service.admin_pat, retry=RetryPolicy(retries=0))
    client.list()
    done: list[None] = []
    with busy(client, 100, keeps_calling(variant, done)):
        until(lambda: len(done) >= 50)
        service.rotate_key()
        so_far = len(done)
        until(lambda: len(done) >= so_far + 100)
    assert service.exchanges == 2


@contextmanager
def busy(client: Any, count: int, run: Callable[[threading.Event], Any]) -> Iterator[None]:
    """Have so many callers call meanwhile, none of which may fail."""
    over = threading.Event()
    crowd = Task(lambda: client.at_once(count, run(over)))
    try:
        yield
    finally:
        over.set()
    assert crowd.outcome() == [None] * count


def keeps_calling(variant: str, done: list[None]) -> Callable[[threading.Event], Any]:
    """Return what a caller does until it is over."""

    def in_thread(over: threading.Event, client: Any) -> None:
        while not over.is_set():
            client.list()
            done.append(None)

    async def in_task(over: threading.Event, client: Any) -> None:
        while not over.is_set():
            await client.list()
            done.append(None)

    return partial(partial, in_thread if variant == "sync" else in_task)
