"""What a 401 comes to, and a refused exchange."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from access_tokens import ApiError, AuthenticationError

from ..helpers.fault_server import EXCHANGE, TOKENS, Peer, Play
from ..helpers.plays import Issuer, refuse
from ..helpers.threads import PATIENCE, until
from .crowds import all_list

CALLS: dict[str, Callable[[Any], Any]] = {
    "list": lambda client: client.list(),
    "issue": lambda client: client.issue("x"),
    "batch_load": lambda client: client.batch_load(["A" * 21]),
    "get": lambda client: client.get("A" * 21),
}


@pytest.mark.fault(25)
@pytest.mark.parametrize("name", CALLS)
def test_a_401_on_a_cached_jwt_costs_one_exchange_and_one_replay(client, server, issuer, name):
    CALLS[name](client)
    issuer.rotate()
    assert CALLS[name](client)
    assert server.count(EXCHANGE) == 2
    assert issuer.bearers == ["jwt-1", "jwt-1", "jwt-2"]
    refused, replayed = server.requests[-3], server.requests[-1]
    assert (refused.target, refused.body) == (replayed.target, replayed.body)
    assert client.clock.waits == []


@pytest.mark.fault(25)
def test_a_401_on_a_jwt_got_in_this_very_call_is_an_error_at_once_each_time(client, server, issuer):
    server.play(TOKENS, refuse(401), refuse(401))
    for calls in (1, 2):
        with pytest.raises(AuthenticationError, match="^Failed to list tokens: No") as raised:
            client.list()
        assert (raised.value.status_code, raised.value.attempts) == (401, 1)
        assert (server.count(EXCHANGE), server.count(TOKENS)) == (calls, calls)
    assert client.list()
    assert issuer.bearers == ["jwt-1", "jwt-2", "jwt-3"]


def once_all_have_come(
    issuer: Issuer, count: int, others_are_done: threading.Semaphore | None = None
) -> Play:
    """Refuse a JWT once so many requests have come with it, and, if so, the others have been answered."""

    def play(peer: Peer) -> None:
        until(lambda: issuer.bearers[1:].count("jwt-1") >= count)
        for _ in range(count - 1 if others_are_done else 0):
            assert others_are_done
            assert others_are_done.acquire(timeout=PATIENCE)
        issuer.judge(peer)

    return play


@pytest.mark.fault(26)
def test_late_401s_for_one_jwt_cost_one_exchange(client, server, issuer):
    """All twenty are under way with the old JWT before the first is refused."""
    client.list()
    issuer.rotate()
    server.play(TOKENS, *[once_all_have_come(issuer, 20)] * 20)
    assert all(isinstance(each, list) for each in all_list(client, 20))
    assert server.count(EXCHANGE) == 2
    assert issuer.bearers[1:] == ["jwt-1"] * 20 + ["jwt-2"] * 20


@pytest.mark.fault(26)
def test_a_401_that_comes_after_the_new_jwt_does_not_drop_it(client, server, issuer):
    """The last of five is refused when the other four are done."""

    def answer_and_tell(peer: Peer) -> None:
        peer.answer()
        others_are_done.release()

    client.list()
    issuer.rotate()
    others_are_done = threading.Semaphore(0)
    server.play(TOKENS, *[once_all_have_come(issuer, 5)] * 4, once_all_have_come(issuer, 5, others_are_done))
    server.always(TOKENS, answer_and_tell)
    assert all(isinstance(each, list) for each in all_list(client, 5))
    client.list()
    assert (server.count(EXCHANGE), issuer.bearers[-1]) == (2, "jwt-2")


@pytest.mark.fault(27)
@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("name", ["list", "authenticate"])
def test_a_refused_exchange_is_told_in_the_services_words_and_not_remembered(
    client, server, issuer, status, name
):
    server.play(EXCHANGE, refuse(status))
    with pytest.raises(AuthenticationError, match="^Failed to authenticate: No") as raised:
        getattr(client, name)()
    assert (raised.value.status_code, raised.value.attempts) == (status, 1)
    assert raised.value.cause == ApiError("No")
    assert (len(server.requests), client.clock.waits) == (1, [])
    getattr(client, name)()
    assert server.count(EXCHANGE) == 2


@pytest.mark.fault(27)
def test_a_second_refusal_in_quick_succession_stands_for_a_second_unless_a_jwt_is_asked_for(
    client, server, issuer
):
    server.play(EXCHANGE, *[refuse(401)] * 2)
    for _ in range(5):
        with pytest.raises(AuthenticationError, match="^Failed to authenticate: No"):
            client.list()
    assert server.count(EXCHANGE) == 2
    client.authenticate()
    assert client.list()
