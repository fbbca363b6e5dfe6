"""Renewals that fail, or are late, while the JWT lives and when it does not (cases 76 and 77)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access_tokens import (
    AccessTokensError,
    AuthenticationError,
    EndpointError,
    InvalidResponseError,
    UnavailableError,
)

from ..helpers.callers import SyncCaller
from ..helpers.fault_server import EXCHANGE, TOKENS, Peer, Play, response
from ..helpers.plays import Held, grant, refuse
from ..helpers.threads import Task, until, waiting_in_the_library

LASTING: dict[str, tuple[Play, type[AccessTokensError]]] = {
    "a refused PAT": (refuse(401), AuthenticationError),
    "a redirect": (refuse(302, "Location: https://elsewhere.example"), EndpointError),
    "no route": (refuse(404), EndpointError),
    "a page": (
        lambda peer: peer.send(response(200, b"<html>", "Content-Type: text/html")),
        InvalidResponseError,
    ),
    "no JWT": (grant(expires_in=0), InvalidResponseError),
}


def keep_calling(variant: str, times: int) -> Callable[[Any], Any]:
    """Return what makes so many calls, and returns what they have raised."""

    def in_thread(client: Any) -> list[AccessTokensError]:
        errors = list[AccessTokensError]()
        for _ in range(times):
            try:
                client.list()
            except AccessTokensError as error:
                errors.append(error)
        return errors

    async def in_task(client: Any) -> list[AccessTokensError]:
        errors = list[AccessTokensError]()
        for _ in range(times):
            try:
                await client.list()
            except AccessTokensError as error:
                errors.append(error)
        return errors

    return in_thread if variant == "sync" else in_task


@pytest.mark.fault(76)
@pytest.mark.parametrize("name", LASTING)
def test_a_renewal_that_fails_for_good_costs_no_call_while_the_jwt_lives_and_no_storm_afterwards(
    victim, server, issuer, variant, name
):
    play, kind = LASTING[name]
    victim.list()
    server.always(EXCHANGE, play)
    for seconds, exchanges in [(3580, 2), (9, 2), (1, 3)]:  # with 20, 11 and 10 seconds left
        victim.clock.advance(seconds)
        assert victim.at_once(5, keep_calling(variant, 10)) == [[]] * 5
        assert server.count(EXCHANGE) == exchanges
    assert set(issuer.bearers) == {"jwt-1"}
    victim.clock.advance(10)
    for exchanges in (5, 6):
        errors = [error for each in victim.at_once(5, keep_calling(variant, 10)) for error in each]
        assert {type(error) for error in errors} == {kind}
        assert len({id(error) for error in errors}) == 50
        assert server.count(EXCHANGE) == exchanges
        victim.clock.advance(1)
    with pytest.raises(kind):
        victim.authenticate()
    server.always(EXCHANGE, issuer.exchange)
    victim.authenticate()
    assert victim.list()
    assert victim.clock.waits == []


@pytest.mark.fault(76)
def test_who_has_a_jwt_that_lives_does_not_wait_for_the_renewal_that_another_leads(victim, server, issuer):
    held = Held(issuer.exchange)
    victim.list()
    victim.clock.advance(3580)
    server.play(EXCHANGE, held)
    leader = Task(victim.list)
    held.came()
    assert victim.list()
    assert authorized(victim).jwt.token.reveal() == "jwt-1"
    held.go_on()
    assert leader.outcome()
    assert issuer.bearers == ["jwt-1", "jwt-1", "jwt-2"]


def authorized(victim: Any) -> Any:
    """Return what `auth` of the client would send."""
    authorize = victim.client._session.authorize
    return authorize() if isinstance(victim, SyncCaller) else victim.portal.call(authorize)


@pytest.mark.fault(76)
def test_who_leads_a_renewal_waits_for_half_of_what_the_jwt_has_left(victim, server, issuer):
    """Though it would wait for 30 seconds for any other answer."""
    victim.list()
    victim.clock.advance(3599)
    server.play(EXCHANGE, Peer.stall)
    assert victim.list()
    assert issuer.bearers == ["jwt-1"] * 2


@pytest.mark.fault(76)
def test_who_has_no_jwt_any_more_takes_no_renewal_that_failed_for_an_answer(victim, server, issuer, variant):
    """The JWT is refused while it is renewed, in a single attempt. The exchange that it takes has four."""
    held = Held(refuse(503))
    victim.list()
    victim.clock.advance(3580)
    server.play(EXCHANGE, held, refuse(503))
    issuer.rotate()
    leader = Task(victim.list)
    held.came()
    other = Task(victim.list)
    until(lambda: not victim.client._session._living(afresh=False))
    until(lambda: variant != "sync" or waiting_in_the_library())
    held.go_on()
    assert other.outcome()
    assert leader.outcome()
    assert issuer.bearers[2:] == ["jwt-2"] * 2
    assert victim.clock.waits == [1.0]


@pytest.mark.fault(77)
@pytest.mark.parametrize("seconds", [0.002, 0.0])
def test_a_jwt_in_its_last_moments_is_exchanged_with_all_the_time_there_is(victim, server, issuer, seconds):
    def take_a_second(peer: Peer) -> None:
        victim.clock.advance(1)
        issuer.exchange(peer)

    victim.list()
    victim.clock.advance(3600 - seconds)
    server.play(EXCHANGE, refuse(503), take_a_second)
    assert victim.list()
    assert issuer.bearers == ["jwt-1", "jwt-2"]
    assert victim.clock.waits == [1.0]


@pytest.mark.fault(77)
def test_a_jwt_in_its_last_moments_serves_when_the_pat_is_refused(victim, server, issuer):
    victim.list()
    victim.clock.advance(3599.5)
    server.play(EXCHANGE, refuse(401))
    assert victim.list()
    assert issuer.bearers == ["jwt-1"] * 2


@pytest.mark.fault(77)
def test_a_renewal_that_stands_still_until_the_jwt_has_ended_is_followed_by_an_exchange(
    victim, server, issuer
):
    """As when the event loop, or the whole machine, stands still."""

    def stand_still(peer: Peer) -> None:
        victim.clock.advance(60)
        refuse(503)(peer)

    victim.list()
    victim.clock.advance(3580)
    server.play(EXCHANGE, stand_still, refuse(503))
    assert victim.list()
    assert issuer.bearers == ["jwt-1", "jwt-2"]


@pytest.mark.fault(77)
def test_past_the_deadline_of_the_call_it_is_not(victim, server, issuer):
    def stand_still(peer: Peer) -> None:
        victim.clock.advance(301)
        refuse(503)(peer)

    victim.list()
    victim.clock.advance(3580)
    server.play(EXCHANGE, stand_still)
    with pytest.raises(UnavailableError, match="no answer within the deadline of 300 s"):
        victim.list()
    assert (server.count(EXCHANGE), server.count(TOKENS)) == (2, 1)
    assert victim.list()
