"""How a JWT is got, for how long it is used, and which is none."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from access_tokens import InvalidResponseError, generate_token

from ..helpers.fault_server import EXCHANGE, RECORD, TOKENS, Peer, response
from ..helpers.plays import grant

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
    "get": lambda client: client.get(ID),
}
GRANT = {"access_token": '"a.b.c"', "token_type": '"Bearer"', "expires_in": "3600"}
NO_LIFE = [
    *("0", "-1", "-0.0", "NaN", "Infinity", "-Infinity", "1e400", "9" * 5000),
    *("true", '"3600"', "null", "[]", "{}", ""),
]
NO_TYPE = [
    *('"mac"', '""', '" Bearer"', '"Bearer "', '"Bearer\\r\\n"', '"Basic"'),
    *("null", "7", '["Bearer"]', ""),
]
NO_TOKEN = [
    *('""', '" "', '"a b"', '" a"', '"a\\r\\nX-Evil: 1"', '"a\\n"', '"a\\u0000"', '"a\\u007f"', '"\\u00e4"'),
    *('"\\ud800"', '"a\\u2028b"', '"a\\u200bb"', "null", "7", "true", '["a"]', '{"a": "b"}', ""),
]


def grant_with(name: str, literal: str) -> bytes:
    """Return the answer to an exchange with a literal of JSON in some place, or with nothing there."""
    members = [f'"{key}": {value}' for key, value in (GRANT | {name: literal}).items() if value]
    return f"{{{', '.join(members)}}}".encode()


@pytest.mark.fault(21)
@pytest.mark.parametrize("name", CALLS)
def test_the_first_call_is_one_exchange_with_the_pat_and_then_the_call_with_the_jwt(
    client, server, issuer, name
):
    CALLS[name](client)
    exchange, *calls = server.requests
    assert (exchange.method, exchange.path, exchange.body) == ("POST", EXCHANGE, b"")
    assert exchange.headers.pop("authorization") == "Bearer pat_x"
    assert [call.headers.pop("authorization") for call in calls] == ["Bearer jwt-1"]
    assert "pat_x" not in str(server.requests)  # nor anywhere else
    assert "jwt-1" not in str(server.requests)


def test_authenticate_exchanges_even_with_a_jwt(client, server, issuer):
    assert client.authenticate() is None
    client.authenticate()
    client.list()
    assert (server.count(EXCHANGE), issuer.bearers) == (2, ["jwt-2"])


@pytest.mark.fault(22)
@pytest.mark.parametrize(("lifetime", "margin"), [(3600, 30), (60, 30), (20, 10)])
def test_it_is_renewed_in_time_and_not_before(client, server, lifetime, margin):
    server.always(EXCHANGE, grant(expires_in=lifetime))
    client.list()
    client.clock.advance(lifetime - margin - 1)
    client.list()
    assert server.count(EXCHANGE) == 1
    client.clock.advance(1)
    client.list()
    assert (server.count(EXCHANGE), server.count(TOKENS)) == (2, 3)


@pytest.mark.fault(22)
@pytest.mark.parametrize(("age", "exchanges"), [(3559, 1), (3560, 2)])
def test_its_life_is_counted_from_when_the_exchange_was_sent(client, server, age, exchanges):
    def take_ten_seconds(peer: Peer) -> None:
        client.clock.advance(10)
        peer.answer()

    server.play(EXCHANGE, take_ten_seconds)
    client.list()
    client.clock.advance(age)
    client.list()
    assert server.count(EXCHANGE) == exchanges


@pytest.mark.fault(23)
@pytest.mark.parametrize("literal", ["1e-9", "1"])
def test_a_short_life_costs_an_exchange_for_each_call_and_no_loop(client, server, literal):
    server.always(EXCHANGE, lambda peer: peer.send(response(200, grant_with("expires_in", literal))))
    for calls in (1, 2, 3):
        client.list()
        assert (server.count(EXCHANGE), server.count(TOKENS)) == (calls, calls)
        client.clock.advance(1)


@pytest.mark.fault(23, 24)
@pytest.mark.parametrize(
    "answer",
    [
        response(200, grant_with("expires_in", "0")),
        response(200, grant_with("expires_in", "")),
        response(200, grant_with("token_type", '"mac"')),
        response(200, grant_with("access_token", '"a b"')),
        response(200, b"<html>", "Content-Type: text/html"),
        response(200, b""),
    ],
)
def test_an_answer_that_is_no_jwt_is_told_after_one_exchange_and_nothing_is_sent(client, server, answer):
    server.always(EXCHANGE, lambda peer: peer.send(answer))
    for exchanges in (1, 2):
        with pytest.raises(InvalidResponseError) as raised:
            client.list()
        assert (raised.value.message, raised.value.status_code) == ("Invalid auth token response", 200)
        assert "a.b.c" not in str(raised.value)
        assert server.count(EXCHANGE) == len(server.requests) == exchanges
    assert client.clock.waits == []


@pytest.mark.fault(23, 24)
@pytest.mark.parametrize(
    ("name", "literal"),
    [
        *[("expires_in", literal) for literal in NO_LIFE],
        *[("token_type", literal) for literal in NO_TYPE],
        *[("access_token", literal) for literal in NO_TOKEN],
    ],
)
def test_a_grant_with_a_wrong_value_is_no_jwt(sync_world, name, literal):
    headers = {"Content-Type": "application/json"}
    client = sync_world.client(
        lambda request: httpx.Response(200, headers=headers, content=grant_with(name, literal))
    )
    with pytest.raises(InvalidResponseError, match="^Invalid auth token response"):
        client.list()
    assert len(sync_world.requests) == 1
