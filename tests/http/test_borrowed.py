"""An HTTP client of the caller's: what it sends, and what its owner has set on it."""

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from access_tokens_api.api.tokens import list_tokens

from access_tokens import AccessTokensError, ClientClosedError, UnavailableError

from ..helpers.api_calls import invoke
from ..helpers.fault_server import RECORD, TOKENS, Peer, response
from ..helpers.memory_service import MemoryService
from ..helpers.operations import LIST, failure_of, keep_jwt
from .answers import say

Make = Callable[..., Any]
ENDPOINT = "https://api.example.com"
pytestmark = pytest.mark.fault(88)


@pytest.fixture
def service() -> MemoryService:
    return MemoryService()


@pytest.fixture
def made(service: MemoryService, make_client: Make, variant: str) -> Make:
    """Makes an HTTP client with such options, and a client that is given it."""

    def make(**options: Any) -> tuple[Any, Any]:
        own = service.http_client(variant, **options)
        return own, make_client(ENDPOINT, "pat_x", http_client=own)

    return make


def sent(service: MemoryService, name: str) -> set[str | None]:
    """Return what was sent of a header, with the exchange and the call."""
    return {each.headers.get(name) for each in service.requests}


def test_headers_that_its_owner_has_set_are_sent(service, made):
    _, client = made(headers={"X-Tenant": "acme", "user-agent": "acme/1", "Accept-Language": "de"})
    client.list()
    assert len(service.requests) == 2
    assert sent(service, "X-Tenant") == {"acme"}
    assert sent(service, "Accept-Language") == {"de"}
    assert all(each.headers.get_list("user-agent") == ["acme/1"] for each in service.requests)


def test_a_header_may_be_there_twice_and_of_any_bytes(service, made):
    _, client = made(headers=[(b"X-Via", b"a"), (b"X-Via", "ü".encode())])
    client.list()
    raw = service.requests[-1].headers.raw
    assert [value for name, value in raw if name == b"X-Via"] == [b"a", "ü".encode()]


OURS = (
    *("Authorization", "Accept", "Accept-Encoding", "Host", "Cookie", "Proxy-Authorization", "Content-Type"),
    *("Content-Length", "Content-Encoding", "Transfer-Encoding", "Connection", "Upgrade", "Expect", "TE"),
)


def test_what_is_ours_stays_ours(service, made):
    _, plain = made()
    plain.batch_load(["A" * 21])
    without = [each.headers for each in service.requests]
    service.requests.clear()
    service.exchanges = 0
    _, client = made(headers=dict.fromkeys(OURS, "7"), cookies={"c": "d"}, auth=("user", "secret"))
    client.batch_load(["A" * 21])
    assert [each.headers for each in service.requests] == without
    assert sent(service, "Authorization") == {"Bearer pat_x", "Bearer jwt-1"}
    assert sent(service, "Host") == {"api.example.com"}
    assert sent(service, "Cookie") == {None}


def test_what_httpx_sets_itself_does_not_count(service, made):
    _, client = made()
    client.list()
    [agent] = sent(service, "User-Agent")
    assert str(agent).startswith("access-tokens-client/")
    assert sent(service, "Connection") == {None}
    assert sent(service, "Accept") == {"application/json"}


def test_params_that_its_owner_has_set_are_sent_and_ours_go_first(service, made):
    theirs = {"code": "a b", "tag": ["x", "y"], "limit": "7"}
    _, client = made(params=theirs)
    client.list(limit=5, has_role="reader")
    exchange, call = service.requests
    assert exchange.url.params == httpx.QueryParams(theirs)
    assert call.url.params == httpx.QueryParams(theirs | {"limit": "5", "hasRole": "reader"})


@pytest.mark.parametrize(
    ("theirs", "ours", "connect", "others"),
    [
        ({}, {}, 5.0, 30.0),
        ({"timeout": httpx.Timeout(None, connect=2.0)}, {}, 2.0, 300.0),  # the deadline
        ({"timeout": 2.0}, {"timeout": 7}, 5.0, 7.0),
    ],
)
def test_its_timeout_holds_within_the_deadline_unless_one_is_given(
    service, make_client, variant, theirs, ours, connect, others
):
    own = service.http_client(variant, **theirs)
    make_client(ENDPOINT, "pat_x", http_client=own, **ours).list()
    timeout = service.requests[-1].extensions["timeout"]
    assert timeout == {"connect": connect, "read": others, "write": others, "pool": others}


def test_what_is_changed_later_counts_as_well(service, made):
    own, client = made(headers={"X-Old": "1"})
    client.list()
    own.headers = {"X-New": "2"}
    own.params = {"code": "3"}
    own.timeout = 9.0
    client.list()
    last = service.requests[-1]
    assert ("X-Old" in last.headers, last.headers["X-New"]) == (False, "2")
    assert "access-tokens-client/" in last.headers["User-Agent"]  # which has been removed
    assert last.url.params["code"] == "3"
    assert set(last.extensions["timeout"].values()) == {9.0}


def test_generated_operations_go_the_same_way(service, made):
    _, client = made(headers={"X-Tenant": "acme", "User-Agent": "acme/1"}, params={"code": "1"})
    invoke(client, list_tokens, limit=5)
    last = service.requests[-1]
    assert (last.headers["X-Tenant"], last.headers["User-Agent"]) == ("acme", "acme/1")
    assert (last.url.params["code"], last.url.params["limit"]) == ("1", "5")


def test_its_hooks_see_what_is_sent_and_may_read_the_answer(server, borrowing, variant):
    seen: list[str] = []

    async def note_in_a_task(request: httpx.Request) -> None:
        seen.append(request.headers["X-Tenant"])

    hooks: dict[str, Any] = {"request": [note_in_a_task], "response": [httpx.Response.aread]}
    if variant == "sync":
        note = lambda request: seen.append(request.headers["X-Tenant"])  # noqa: E731
        hooks = {"request": [note], "response": [httpx.Response.read]}
    client = borrowing(server.endpoint, headers={"X-Tenant": "acme"}, event_hooks=hooks)
    assert len(client.list()) == 1
    assert seen == ["acme", "acme"]


def test_its_cookies_are_not_sent_and_none_is_kept(server, reach):
    """Nor by connections of our own."""
    records = response(200, {"records": [RECORD]}, "Set-Cookie: session=1")
    server.always(TOKENS, say(records))
    client = reach(server.endpoint)
    assert len(client.list()) == len(client.list()) == 1
    assert [each.headers.get("cookie") for each in server.requests] == [None] * 3


def test_its_timeout_is_waited_for(server, borrowing):
    """Over a real connection."""
    server.always(TOKENS, Peer.stall)
    client = borrowing(server.endpoint, timeout=0.05)
    keep_jwt(client)
    error = failure_of(LIST, client)
    assert (type(error), error.attempts) == (UnavailableError, 4)
    assert isinstance(error.cause, httpx.ReadTimeout)


def test_a_secret_of_its_owner_is_not_shown(server, borrowing, caplog):
    caplog.set_level(logging.DEBUG, "access_tokens")
    server.always(TOKENS, Peer.reset)
    secrets = {"headers": {"X-Key": "key-of-the-owner"}, "params": {"code": "code-of-the-owner"}}
    client = borrowing(server.endpoint, **secrets)
    error = failure_of(LIST, client)
    ours = [each.getMessage() for each in caplog.records if each.name == "access_tokens"]
    assert ours
    assert "of-the-owner" not in " ".join([*ours, repr(client.client), str(error), repr(error.cause)])


def test_one_that_is_closed_is_told_so(made, variant):
    own, client = made()
    own.close() if variant == "sync" else client.portal.call(own.aclose)
    with pytest.raises(ClientClosedError):
        client.list()


def test_whatever_it_raises_becomes_an_error_of_ours(borrowing):
    def respond(request: httpx.Request) -> httpx.Response:
        raise LookupError("pat_x")

    client = borrowing(ENDPOINT, transport=httpx.MockTransport(respond))
    with pytest.raises(AccessTokensError) as raised:
        client.list()
    assert "pat_x" not in str(raised.value)
