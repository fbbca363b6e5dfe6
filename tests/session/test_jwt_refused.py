"""What a 401 or 403 comes to (cases 25 to 27)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from access_tokens import AuthenticationError, PermissionDeniedError

from ..helpers.fault_server import EXCHANGE, TOKENS, Peer, Play
from ..helpers.plays import Issuer, refuse
from ..helpers.threads import PATIENCE, Task, until

BATCH = f"{TOKENS}/batch"
CALLS: dict[str, Callable[[Any], Any]] = {
    "list": lambda client: client.list(),
    "issue": lambda client: client.issue("x"),
    "batch_load": lambda client: client.batch_load(["A" * 21]),
}


@pytest.mark.fault(25)
@pytest.mark.parametrize("name", CALLS)
def test_a_401_on_a_cached_jwt_costs_one_exchange_and_one_replay(victim, server, issuer, name):
    CALLS[name](victim)
    issuer.rotate()
    assert CALLS[name](victim)
    assert server.count(EXCHANGE) == 2
    assert issuer.bearers == ["jwt-1", "jwt-1", "jwt-2"]
    refused, replayed = server.requests[-3], server.requests[-1]
    assert (refused.target, refused.body) == (replayed.target, replayed.body)
    assert victim.clock.waits == []


@pytest.mark.fault(25)
def test_a_401_on_a_jwt_got_in_this_very_call_is_an_error_at_once(victim, server, issuer):
    server.play(TOKENS, refuse(401))
    with pytest.raises(AuthenticationError, match="^Failed to list tokens: No") as raised:
        victim.list()
    assert (raised.value.status_code, raised.value.attempts) == (401, 1)
    assert (server.count(EXCHANGE), issuer.bearers) == (1, ["jwt-1"])


@pytest.mark.fault(25)
def test_a_jwt_that_was_refused_is_not_used_again(victim, server, issuer):
    server.play(TOKENS, refuse(401))
    with pytest.raises(AuthenticationError):
        victim.list()
    assert victim.list()
    assert (server.count(EXCHANGE), issuer.bearers) == (2, ["jwt-1", "jwt-2"])


@pytest.mark.fault(25)
def test_a_second_401_is_an_error_and_leaves_no_jwt(victim, server, issuer):
    victim.list()
    server.play(TOKENS, refuse(401), refuse(401))
    with pytest.raises(AuthenticationError, match="^Failed to list tokens: No") as raised:
        victim.list()
    assert (raised.value.status_code, raised.value.attempts) == (401, 2)
    assert (server.count(EXCHANGE), issuer.bearers) == (2, ["jwt-1", "jwt-1", "jwt-2"])
    assert victim.list()
    assert (server.count(EXCHANGE), issuer.bearers[-1]) == (3, "jwt-3")


@pytest.mark.fault(25)
def test_a_second_401_is_an_error_also_when_another_call_has_got_the_new_jwt(victim, server, issuer):
    def refuse_late(peer: Peer) -> None:
        Task(victim.authenticate).outcome()
        refuse(401)(peer)

    victim.list()
    server.play(TOKENS, refuse_late, refuse(401))
    with pytest.raises(AuthenticationError):
        victim.list()
    assert (server.count(EXCHANGE), issuer.bearers) == (2, ["jwt-1", "jwt-1", "jwt-2"])
    assert victim.list()
    assert server.count(EXCHANGE) == 3


@pytest.mark.fault(25)
def test_a_service_that_refuses_every_jwt_is_asked_for_one_in_each_call(victim, server, issuer):
    server.always(TOKENS, refuse(401))
    for calls in (1, 2, 3):
        with pytest.raises(AuthenticationError):
            victim.list()
        assert (server.count(EXCHANGE), server.count(TOKENS)) == (calls, calls)


@pytest.mark.fault(25)
def test_a_machine_that_slept_while_its_jwt_expired_makes_up_for_it(client, service):
    """Its clock stood still meanwhile, so that the JWT looks fresh."""
    client.list()
    service.advance(3601)
    assert client.list()
    assert (service.exchanges, len(service.requests)) == (2, 5)


@pytest.mark.fault(25)
def test_a_replay_that_fails_for_now_is_repeated_like_any_request(victim, server, issuer):
    victim.list()
    server.play(TOKENS, refuse(503), refuse(401), refuse(503), Peer.answer)
    assert victim.list()
    assert issuer.bearers == ["jwt-1", "jwt-1", "jwt-1", "jwt-2", "jwt-2"]
    assert victim.clock.waits == [1.0, 2.0]


@pytest.mark.fault(25, 28)
def test_a_replay_for_which_there_is_no_jwt_fails_as_the_exchange_did(victim, server, issuer):
    victim.list()
    issuer.rotate()
    server.play(EXCHANGE, *[refuse(503)] * 4)
    with pytest.raises(Exception, match="^Failed to authenticate: No .HTTP 503, 4 attempts"):
        victim.list()
    assert (server.count(EXCHANGE), issuer.bearers) == (5, ["jwt-1", "jwt-1"])


@pytest.mark.fault(26)
def test_late_401s_for_one_jwt_cost_one_exchange(victim, server, issuer):
    """All twenty are under way with the old JWT before the first is refused."""
    victim.list()
    issuer.rotate()
    server.play(TOKENS, *[together(issuer, 20)] * 20)
    assert all(isinstance(each, list) for each in victim.at_once(20, lambda client: client.list()))
    assert (server.count(EXCHANGE), server.count(TOKENS)) == (2, 41)
    assert issuer.bearers[1:] == ["jwt-1"] * 20 + ["jwt-2"] * 20


@pytest.mark.fault(26)
def test_a_401_that_comes_after_the_new_jwt_does_not_drop_it(victim, server, issuer):
    """The last of five is refused when the other four are done."""
    victim.list()
    issuer.rotate()
    others_are_done = threading.Semaphore(0)
    server.play(TOKENS, *[together(issuer, 5)] * 4, together(issuer, 5, after=others_are_done))
    server.always(TOKENS, answer_and(others_are_done.release))
    assert all(isinstance(each, list) for each in victim.at_once(5, lambda client: client.list()))
    assert (server.count(EXCHANGE), issuer.bearers[-1]) == (2, "jwt-2")
    victim.list()
    assert server.count(EXCHANGE) == 2


def answer_and(tell: Callable[[], Any]) -> Play:
    def play(peer: Peer) -> None:
        peer.answer()
        tell()

    return play


def together(issuer: Issuer, count: int, after: threading.Semaphore | None = None) -> Play:
    """Refuse a JWT once so many requests have come with it, and the others have been answered."""

    def play(peer: Peer) -> None:
        until_all_have_come(issuer, count)
        for _ in range(count - 1 if after else 0):
            assert after
            assert after.acquire(timeout=PATIENCE)
        issuer.judge(peer)

    return play


def until_all_have_come(issuer: Issuer, count: int) -> None:
    until(lambda: issuer.bearers[1:].count("jwt-1") >= count)


@pytest.mark.fault(27)
def test_a_403_gets_no_other_jwt(victim, server, issuer):
    victim.list()
    server.always(TOKENS, refuse(403))
    for _ in range(2):
        with pytest.raises(PermissionDeniedError, match="^Failed to list tokens: No") as raised:
            victim.list()
        assert (raised.value.status_code, raised.value.attempts) == (403, 1)
    assert (server.count(EXCHANGE), issuer.bearers) == (1, ["jwt-1"] * 3)


@pytest.mark.fault(27)
@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("name", ["list", "authenticate"])
def test_a_refused_exchange_is_an_authentication_error_and_is_not_remembered(
    victim, server, issuer, status, name
):
    server.play(EXCHANGE, refuse(status))
    with pytest.raises(AuthenticationError, match="^Failed to authenticate: No") as raised:
        getattr(victim, name)()
    assert (raised.value.status_code, raised.value.attempts) == (status, 1)
    assert (server.count(EXCHANGE), len(server.requests), victim.clock.waits) == (1, 1, [])
    getattr(victim, name)()
    assert server.count(EXCHANGE) == 2


@pytest.mark.fault(27)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_exchange_in_quick_succession_stands_for_a_second_unless_one_is_asked_for(
    victim, server, issuer, status
):
    server.play(EXCHANGE, *[refuse(status)] * 2)
    for _ in range(5):
        with pytest.raises(AuthenticationError, match="^Failed to authenticate: No"):
            victim.list()
    assert server.count(EXCHANGE) == 2
    victim.authenticate()
    assert victim.list()
