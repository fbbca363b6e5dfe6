"""What its owner has set on the HTTP client that the library was given."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from access_tokens_api.api.tokens import list_tokens

from access_tokens import UnavailableError

from ..helpers.canned import Canned
from ..helpers.fault_server import TOKENS, Peer
from ..helpers.operations import LIST, failure_of, keep_jwt

Make = Callable[..., Any]
ENDPOINT = "https://api.example.com"
pytestmark = pytest.mark.fault(88)


@pytest.fixture
def service() -> Canned:
    return Canned()


@pytest.fixture
def made(service: Canned, make_client: Make, variant: str) -> Make:
    """Makes an HTTP client with such options, and a client that is given it."""

    def make(**options: Any) -> tuple[Any, Any]:
        own = service.http_client(variant, **options)
        return own, make_client(ENDPOINT, "pat_x", http_client=own)

    return make


def sent(service: Canned, name: str) -> set[str | None]:
    """Return what was sent of a header, with the exchange and the call."""
    return {each.headers.get(name) for each in service.requests}


def test_headers_that_its_owner_has_set_are_sent(service, made):
    _, client = made(headers={"X-Tenant": "acme", "user-agent": "acme/1", "Accept-Language": "de"})
    client.list()
    assert len(service.requests) == 2
    assert sent(service, "X-Tenant") == {"acme"}
    assert sent(service, "User-Agent") == {"acme/1"}
    assert sent(service, "Accept-Language") == {"de"}
    assert all(each.headers.get_list("user-agent") == ["acme/1"] for each in service.requests)


def test_a_header_may_be_there_twice_and_of_any_bytes(service, made):
    _, client = made(headers=[(b"X-Via", b"a"), (b"X-Via", "ü".encode())])
    client.list()
    assert [value for name, value in service.requests[-1].headers.raw if name == b"X-Via"] == [
        b"a",
        "ü".encode(),
    ]


OURS = {
    "Authorization": "Basic b3duZXI=",
    "Accept": "text/html",
    "Accept-Encoding": "br",
    "Host": "evil.example",
    "Cookie": "a=b",
    "Proxy-Authorization": "Basic b3duZXI=",
    "Content-Type": "text/plain",
    "Content-Length": "7",
    "Content-Encoding": "gzip",
    "Transfer-Encoding": "chunked",
    "Connection": "upgrade, authorization",
    "Upgrade": "h2c",
    "Expect": "100-continue",
    "TE": "trailers",
}


def test_what_is_ours_stays_ours(service, make_client, variant, made):
    plain = make_client(ENDPOINT, "pat_x", http_client=service.http_client(variant))
    plain.batch_load(["A" * 21])
    without = [each.headers for each in service.requests]
    service.requests.clear()
    _, client = made(headers=OURS, cookies={"c": "d"})
    client.batch_load(["A" * 21])
    assert [each.headers for each in service.requests] == without
    assert sent(service, "Authorization") == {"Bearer pat_x", "Bearer the.own.jwt"}
    assert sent(service, "Host") == {"api.example.com"}


def test_what_httpx_sets_itself_does_not_count(service, made):
    _, client = made()
    client.list()
    [agent] = sent(service, "User-Agent")
    assert str(agent).startswith("access-tokens-client/")
    assert sent(service, "Connection") == {None}
    assert sent(service, "Accept") == {"application/json"}
    assert service.requests[-1].extensions["timeout"] == dict.fromkeys(("read", "write", "pool"), 30.0) | {
        "connect": 5.0
    }


def test_params_that_its_owner_has_set_are_sent_and_ours_go_first(service, made):
    _, client = made(params={"code": "a b", "tag": ["x", "y"], "limit": "7"})
    client.list(limit=5, has_role="reader")
    exchange, call = service.requests
    assert exchange.url.params == httpx.QueryParams({"code": "a b", "tag": ["x", "y"], "limit": "7"})
    assert call.url.params == httpx.QueryParams(
        {"code": "a b", "tag": ["x", "y"], "limit": "5", "hasRole": "reader"}
    )


def test_its_timeout_holds_within_the_deadline(service, made):
    _, client = made(timeout=httpx.Timeout(None, connect=2.0))
    client.list()
    assert service.requests[-1].extensions["timeout"] == {
        **dict.fromkeys(("read", "write", "pool"), 300.0),
        "connect": 2.0,
    }


def test_a_timeout_that_is_given_goes_first(service, make_client, variant):
    own = service.http_client(variant, timeout=2.0)
    make_client(ENDPOINT, "pat_x", http_client=own, timeout=7).list()
    assert set(service.requests[-1].extensions["timeout"].values()) == {7.0, 5.0}


def test_what_is_changed_later_counts_as_well(service, made):
    own, client = made(headers={"X-Old": "1"})
    client.list()
    own.headers = {"X-New": "2"}
    own.params = {"code": "3"}
    own.timeout = 9.0
    client.list()
    last = service.requests[-1]
    assert ("X-Old" in last.headers, last.headers["X-New"]) == (False, "2")
    assert last.url.params["code"] == "3"
    assert set(last.extensions["timeout"].values()) == {9.0}


def test_a_user_agent_that_is_removed_is_ours(service, made):
    own, client = made()
    del own.headers["User-Agent"]
    client.list()
    assert "access-tokens-client/" in service.requests[-1].headers["User-Agent"]


def test_generated_operations_go_the_same_way(service, made, variant):
    _, client = made(headers={"X-Tenant": "acme", "User-Agent": "acme/1"}, params={"code": "1"})
    if variant == "sync":
        list_tokens.sync(client=client.api, limit=5)
    else:
        client.portal.call(lambda: list_tokens.asyncio(client=client.api, limit=5))
    last = service.requests[-1]
    assert (last.headers["X-Tenant"], last.headers["User-Agent"]) == ("acme", "acme/1")
    assert (last.url.params["code"], last.url.params["limit"]) == ("1", "5")


def test_its_hooks_see_what_is_sent(service, variant, make_client):
    seen: list[httpx.Request] = []

    async def note(request: httpx.Request) -> None:
        seen.append(request)

    hook = seen.append if variant == "sync" else note
    own = service.http_client(variant, headers={"X-Tenant": "acme"}, event_hooks={"request": [hook]})
    make_client(ENDPOINT, "pat_x", http_client=own).list()
    assert [each.headers["X-Tenant"] for each in seen] == ["acme", "acme"]


def test_its_timeout_is_waited_for(server, make_client, variant):
    """Over a real connection."""
    server.always(TOKENS, Peer.stall)
    kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
    own = kind(timeout=0.05)
    client = make_client(server.endpoint, "pat_x", http_client=own)
    keep_jwt(client)
    error = failure_of(LIST, client)
    own.close() if variant == "sync" else client.portal.call(own.aclose)
    assert (type(error), error.attempts) == (UnavailableError, 4)
    assert isinstance(error.cause, httpx.ReadTimeout)


def test_a_secret_of_its_owner_is_not_shown(server, make_client, variant, caplog):
    caplog.set_level(logging.DEBUG, "access_tokens")
    server.always(TOKENS, Peer.reset)
    kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
    own = kind(headers={"X-Key": "key-of-the-owner"}, params={"code": "code-of-the-owner"})
    client = make_client(server.endpoint, "pat_x", http_client=own)
    error = failure_of(LIST, client)
    own.close() if variant == "sync" else client.portal.call(own.aclose)
    ours = [each.getMessage() for each in caplog.records if each.name == "access_tokens"]
    assert ours
    assert "of-the-owner" not in " ".join([*ours, repr(client.client), str(error), repr(error.cause)])
