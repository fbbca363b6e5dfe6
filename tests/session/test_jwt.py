"""How a JWT is got, how long it is used, and which is none (cases 21 to 24)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access_tokens import InvalidResponseError, generate_token

from ..helpers.fault_server import EXCHANGE, RECORD, TOKENS, FaultServer, Peer, Play
from ..helpers.plays import Issuer, grant, grant_with, grant_without

ID = RECORD["tokenId"]
MADE = generate_token()
CALLS: dict[str, Callable[[Any], Any]] = {
    "list": lambda client: client.list(),
    "iter_tokens": lambda client: client.iter_tokens(page_size=2),
    "issue": lambda client: client.issue("x"),
    "register": lambda client: client.register(ID, MADE.secret_phc, "x"),
    "update": lambda client: client.update(ID, owner="y"),
    "revoke": lambda client: client.revoke(ID),
    "restore": lambda client: client.restore(ID),
    "batch_load": lambda client: client.batch_load([ID]),
}
NO_LIFE = ["0", "-1", "-0.0", "NaN", "Infinity", "-Infinity", "1e400", "true", '"3600"', "null", "[]", "{}"]
NO_TYPE = ['"mac"', '""', '" Bearer"', '"Bearer "', '"Bearer\\r\\n"', '"Basic"', "null", "7", '["Bearer"]']
NO_TOKEN = [
    *('""', '" "', '"a b"', '" a"', '"a\\r\\nX-Evil: 1"', '"a\\n"', '"a\\u0000"', '"a\\u007f"', '"\\u00e4"'),
    *('"\\ud800"', '"a\\u2028b"', '"a\\u200bb"', "null", "7", "true", '["a"]', '{"a": "b"}'),
]


@pytest.mark.fault(21)
@pytest.mark.parametrize("name", CALLS)
def test_the_first_call_is_one_exchange_and_then_the_call(victim, server, name):
    Issuer(server)
    CALLS[name](victim)
    exchange, *calls = server.requests
    assert (exchange.method, exchange.path, exchange.body) == ("POST", EXCHANGE, b"")
    assert exchange.headers["authorization"] == "Bearer pat_x"
    assert [call.headers["authorization"] for call in calls] == ["Bearer jwt-1"]


@pytest.mark.fault(21)
@pytest.mark.parametrize("name", CALLS)
def test_pat_and_jwt_are_in_the_authorization_header_alone(victim, server, name):
    Issuer(server)
    CALLS[name](victim)
    for request in server.requests:
        assert request.headers.pop("authorization")
        assert "pat_x" not in str(request)
        assert "jwt-" not in str(request)


@pytest.mark.fault(22)
@pytest.mark.parametrize(
    ("lifetime", "age", "exchanges"),
    [
        (3600, 3569, 1),
        (3600, 3570, 2),
        (60, 29, 1),
        (60, 30, 2),
        (20, 9, 1),
        (20, 10, 2),
        (10**9, 86_369, 1),
        (10**9, 86_370, 2),
    ],
)
def test_it_is_renewed_in_time(victim, server, lifetime, age, exchanges):
    """30 seconds before its end, or at half of its life; and it lives for a day at most."""
    server.always(EXCHANGE, grant(expires_in=lifetime))
    victim.list()
    victim.clock.advance(age)
    victim.list()
    assert (server.count(EXCHANGE), server.count(TOKENS)) == (exchanges, 2)


@pytest.mark.fault(22)
@pytest.mark.parametrize(("age", "exchanges"), [(3559, 1), (3560, 2)])
def test_its_life_is_counted_from_when_the_exchange_was_sent(victim, server, age, exchanges):
    def take_ten_seconds(peer: Peer) -> None:
        victim.clock.advance(10)
        peer.answer()

    server.play(EXCHANGE, take_ten_seconds)
    victim.list()
    victim.clock.advance(age)
    victim.list()
    assert server.count(EXCHANGE) == exchanges


def assert_is_no_jwt(victim: Any, server: FaultServer, answer: Play) -> None:
    """Each call makes one exchange, fails at once with an error that says so, and sends nothing else."""
    server.always(EXCHANGE, answer)
    for exchanges in (1, 2):
        with pytest.raises(InvalidResponseError) as raised:
            victim.list()
        assert raised.value.message == "Invalid auth token response"
        assert raised.value.status_code == 200
        assert server.count(EXCHANGE) == len(server.requests) == exchanges
    assert victim.clock.waits == []


@pytest.mark.fault(23)
@pytest.mark.parametrize("literal", [*NO_LIFE, "9" * 5000])
def test_a_life_that_is_no_number_of_seconds_over_0_is_refused(victim, server, literal):
    assert_is_no_jwt(victim, server, grant_with("expires_in", literal))


@pytest.mark.fault(23)
def test_a_life_that_is_missing_is_refused(victim, server):
    assert_is_no_jwt(victim, server, grant_without("expires_in"))


@pytest.mark.fault(23)
@pytest.mark.parametrize("literal", ["1e-9", "0.5", "1"])
def test_a_short_life_costs_an_exchange_for_each_call_and_no_loop(victim, server, literal):
    server.always(EXCHANGE, grant_with("expires_in", literal))
    for calls in (1, 2, 3):
        victim.list()
        assert (server.count(EXCHANGE), server.count(TOKENS)) == (calls, calls)
        victim.clock.advance(1)


@pytest.mark.fault(23)
@pytest.mark.parametrize("literal", ["9" * 400, "1e308", "86400.5"])
def test_nothing_lives_for_ever(victim, server, literal):
    server.always(EXCHANGE, grant_with("expires_in", literal))
    victim.list()
    victim.clock.advance(86_400)
    victim.list()
    assert server.count(EXCHANGE) == 2


@pytest.mark.fault(24)
@pytest.mark.parametrize("literal", NO_TYPE)
def test_another_type_of_token_is_refused(victim, server, literal):
    assert_is_no_jwt(victim, server, grant_with("token_type", literal))


@pytest.mark.fault(24)
@pytest.mark.parametrize("literal", NO_TOKEN)
def test_a_token_that_fits_no_header_is_refused(victim, server, literal):
    assert_is_no_jwt(victim, server, grant_with("access_token", literal))


@pytest.mark.fault(24)
@pytest.mark.parametrize("name", ["token_type", "access_token"])
def test_a_token_or_type_that_is_missing_is_refused(victim, server, name):
    assert_is_no_jwt(victim, server, grant_without(name))


@pytest.mark.fault(23, 24)
@pytest.mark.parametrize(("name", "literal"), [("expires_in", "0"), ("access_token", '"a b"')])
def test_what_is_no_jwt_replaces_none(victim, server, name, literal):
    issuer = Issuer(server)
    victim.list()
    victim.clock.advance(3580)
    server.play(EXCHANGE, grant_with(name, literal))
    assert victim.list()
    assert victim.list()
    assert (server.count(EXCHANGE), issuer.bearers) == (2, ["jwt-1"] * 3)


@pytest.mark.fault(24)
@pytest.mark.parametrize("spelling", ["bearer", "BEARER", "bEaReR"])
def test_the_type_may_have_any_case(victim, server, spelling):
    server.play(EXCHANGE, grant(token_type=spelling))
    assert victim.list()
