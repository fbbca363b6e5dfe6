"""A JWT that is due for renewal: it serves while it lives, whatever comes of the renewal."""

from typing import Any

import pytest

from access_tokens import AccessTokensError, AuthenticationError, EndpointError, UnavailableError

from ..helpers.fault_server import EXCHANGE, TOKENS, Peer, Play
from ..helpers.plays import Held, refuse
from ..helpers.threads import Task, until
from .crowds import all_list, authorized, until_waiting

# With 20 seconds left of its 3600.
DUE = 3580
PASSING: dict[str, Play] = {"429": refuse(429), "503": refuse(503), "closed": Peer.close, "reset": Peer.reset}
LASTING: dict[str, tuple[Play, type[AccessTokensError]]] = {
    "a refused PAT": (refuse(401), AuthenticationError),
    "a redirect": (refuse(302, "Location: https://elsewhere.example"), EndpointError),
}


@pytest.mark.fault(29)
@pytest.mark.parametrize("name", PASSING)
def test_one_that_fails_for_now_leaves_the_jwt_in_use(client, server, issuer, name):
    client.list()
    client.clock.advance(DUE)
    server.play(EXCHANGE, PASSING[name])
    assert client.list()
    assert client.list()
    assert (server.count(EXCHANGE), issuer.bearers) == (2, ["jwt-1"] * 3)
    client.clock.advance(1)
    assert client.list()
    assert (server.count(EXCHANGE), issuer.bearers[-1], client.clock.waits) == (3, "jwt-2", [])


def list_20_times(client: Any) -> list[Any]:
    return [each for _ in range(4) for each in all_list(client, 5)]


@pytest.mark.fault(76)
@pytest.mark.parametrize("name", LASTING)
def test_one_that_fails_for_good_costs_no_call_while_the_jwt_lives_and_no_storm_afterwards(
    client, server, issuer, name
):
    play, kind = LASTING[name]
    client.list()
    server.always(EXCHANGE, play)
    for seconds, exchanges in [(DUE, 2), (9, 2), (1, 3)]:  # with 20, 11 and 10 seconds left
        client.clock.advance(seconds)
        assert all(isinstance(each, list) for each in list_20_times(client))
        assert server.count(EXCHANGE) == exchanges
    client.clock.advance(10)
    for exchanges in (5, 6):
        errors = list_20_times(client)
        assert {type(error) for error in errors} == {kind}
        assert len({id(error) for error in errors}) == 20
        assert server.count(EXCHANGE) == exchanges
        client.clock.advance(1)
    assert (set(issuer.bearers), client.clock.waits) == ({"jwt-1"}, [])


@pytest.mark.fault(76)
def test_who_has_a_jwt_that_lives_does_not_wait_for_the_renewal_that_another_leads(client, server, issuer):
    held = Held(issuer.exchange)
    client.list()
    client.clock.advance(DUE)
    server.play(EXCHANGE, held)
    leader = Task(client.list)
    held.came()
    assert client.list()
    assert authorized(client).jwt.token.reveal() == "jwt-1"
    held.go_on()
    assert leader.outcome()
    assert issuer.bearers == ["jwt-1", "jwt-1", "jwt-2"]


@pytest.mark.fault(76)
def test_who_leads_one_waits_for_half_of_what_the_jwt_has_left(client, server, issuer):
    """Though it would wait for 30 seconds for any other answer."""
    client.list()
    client.clock.advance(3599)
    server.play(EXCHANGE, Peer.stall)
    assert client.list()
    assert issuer.bearers == ["jwt-1"] * 2


@pytest.mark.fault(76)
def test_who_has_no_jwt_any_more_takes_no_renewal_that_failed_for_an_answer(client, server, issuer):
    """The JWT is refused while it is renewed, in a single attempt. The exchange that it takes has four."""
    held = Held(refuse(503))
    client.list()
    client.clock.advance(DUE)
    server.play(EXCHANGE, held, refuse(503))
    issuer.rotate()
    leader = Task(client.list)
    held.came()
    other = Task(client.list)
    until(lambda: not client.client._session._living(afresh=False))
    until_waiting(client, 1)
    held.go_on()
    assert other.outcome()
    assert leader.outcome()
    assert issuer.bearers[2:] == ["jwt-2"] * 2
    assert client.clock.waits == [1.0]


@pytest.mark.fault(29, 77)
@pytest.mark.parametrize("seconds", [20, 60])
def test_a_jwt_that_ends_during_its_renewal_is_not_sent_but_exchanged(client, server, issuer, seconds):
    """Also when the event loop, or the whole machine, has stood still meanwhile."""

    def fail_late(peer: Peer) -> None:
        client.clock.advance(seconds)
        refuse(503)(peer)

    client.list()
    client.clock.advance(DUE)
    server.play(EXCHANGE, fail_late, refuse(503), refuse(503))
    assert client.list()
    assert issuer.bearers == ["jwt-1", "jwt-2"]
    assert client.clock.waits == [1.0, 2.0]


@pytest.mark.fault(77)
def test_past_the_deadline_of_the_call_it_is_not(client, server, issuer):
    def fail_late(peer: Peer) -> None:
        client.clock.advance(301)
        refuse(503)(peer)

    client.list()
    client.clock.advance(DUE)
    server.play(EXCHANGE, fail_late)
    with pytest.raises(UnavailableError, match="no answer within the deadline of 300 s"):
        client.list()
    assert (server.count(EXCHANGE), server.count(TOKENS)) == (2, 1)
    assert client.list()
