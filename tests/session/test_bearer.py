"""The JWT as the caller gets it, by `bearer()`: the one of the client's own calls, and as good."""

import pprint
from typing import Any

import pytest

from access_tokens import AuthenticationError, Bearer, ClientClosedError, UnavailableError

from ..helpers.fault_server import EXCHANGE, Peer
from ..helpers.plays import Held, grant, refuse
from ..helpers.threads import Task
from .crowds import CROWD, until_waiting

pytestmark = pytest.mark.fault(103)

# With 20 seconds left of its 3600.
DUE = 3580
NOW = 1_700_000_000.0


@pytest.fixture
def client(client: Any) -> Any:
    client.client._session.wall = lambda: NOW
    return client


def all_ask(client: Any, count: int) -> set[str]:
    """Return the JWTs that so many callers get at once."""
    return {each.access_token for each in client.at_once(count, lambda each: each.bearer())}


def test_a_crowd_costs_one_exchange_cold_at_a_renewal_and_after_a_discard(client, server, issuer, variant):
    """All of it is under way before the answer."""
    count = CROWD[variant]

    def answer_late(peer: Peer) -> None:
        until_waiting(client, count - 1)
        issuer.exchange(peer)

    server.play(EXCHANGE, answer_late, answer_late, answer_late)
    assert all_ask(client, count) == {"jwt-1"}
    client.clock.advance(DUE)
    assert all_ask(client, count) == {"jwt-2"}
    client.discard(client.bearer())
    assert all_ask(client, count) == {"jwt-3"}
    assert server.count(EXCHANGE) == len(server.requests) == 3


def test_it_is_that_of_the_other_calls_and_the_same_until_it_is_renewed(client, server, issuer):
    first = client.bearer()
    client.list()
    client.clock.advance(DUE - 11)
    assert client.bearer() == first
    client.clock.advance(1)
    second = client.bearer()
    assert second != first
    client.list()
    assert issuer.bearers == [first.access_token, second.access_token] == ["jwt-1", "jwt-2"]
    assert (second.header, second.claims, client.whoami()) == ("Bearer jwt-2", None, None)


def test_its_expiry_is_counted_from_when_the_exchange_was_sent(client, server):
    def answer_late(peer: Peer) -> None:
        client.clock.advance(7)
        grant(expires_in=60)(peer)

    server.play(EXCHANGE, answer_late)
    assert client.bearer().expires_at == NOW + 60 - 7


def test_who_asks_while_another_renews_waits_for_the_new_one(client, server, issuer):
    held = Held(issuer.exchange)
    client.bearer()
    client.clock.advance(DUE)
    server.play(EXCHANGE, held)
    leader = Task(client.list)
    held.came()
    asking = Task(client.bearer)
    until_waiting(client, 1)
    assert client.list()  # which goes on with the old one
    held.go_on()
    assert (asking.outcome().access_token, leader.outcome() != []) == ("jwt-2", True)
    assert issuer.bearers == ["jwt-1", "jwt-2"]


@pytest.mark.parametrize("status", [401, 503])
def test_one_that_cannot_be_renewed_is_handed_out_as_long_as_it_lives(client, server, issuer, status):
    first = client.bearer()
    client.clock.advance(DUE)
    server.always(EXCHANGE, refuse(status))
    assert [client.bearer() for _ in range(3)] == [first] * 3
    assert server.count(EXCHANGE) == 2
    client.clock.advance(20)
    with pytest.raises(AuthenticationError if status == 401 else UnavailableError) as caught:
        client.bearer()
    assert (caught.value.message, caught.value.status_code) == ("Failed to authenticate", status)
    server.always(EXCHANGE, issuer.exchange)
    assert client.bearer().access_token == "jwt-2"


def test_what_may_pass_is_repeated_as_in_any_call(client, server, issuer):
    server.play(EXCHANGE, refuse(503), Peer.reset)
    assert client.bearer().access_token == "jwt-1"
    assert client.clock.waits == [1.0, 2.0]


def test_a_discard_concerns_the_current_one_alone(client, server, issuer):
    first = client.bearer()
    twin = Bearer(first.access_token, 0)
    client.discard(twin)
    second = client.bearer()
    client.discard(first)
    client.discard(Bearer("somebody-elses", first.expires_at))
    assert client.bearer() == second
    assert (second.access_token, server.count(EXCHANGE)) == ("jwt-2", 2)


def test_a_discard_before_anything_else_does_nothing(client, server):
    client.discard(Bearer("jwt-1", 0))
    assert server.requests == []


@pytest.mark.parametrize(
    "wrong", [None, "jwt-1", b"jwt-1", ("jwt-1", 0), Bearer], ids=["None", "str", "bytes", "tuple", "type"]
)
def test_a_discard_of_something_else_is_an_error(client, server, wrong):
    with pytest.raises(TypeError, match=f"^bearer must be a Bearer, not {type(wrong).__name__}$"):
        client.discard(wrong)
    assert client.bearer()


def test_a_closed_client_gives_none(client, server):
    bearer = client.bearer()
    client.close()
    for call in (client.bearer, client.whoami):
        with pytest.raises(ClientClosedError):
            call()
    client.discard(bearer)
    assert server.count(EXCHANGE) == 1


def test_it_is_shown_masked(client, server):
    bearer = client.bearer()
    assert repr(bearer) == str(bearer) == f"Bearer(access_token=[hidden], expires_at={bearer.expires_at})"
    assert pprint.pformat({"bearer": [bearer]}) == f"{{'bearer': [{bearer!r}]}}"
