"""An HTTP client of the caller's: what it sends, and what its owner has set on it."""

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from access_tokens_api.api.tokens import list_tokens

from access_tokens import ClientClosedError

from ..helpers.api_calls import invoke
from ..helpers.fault_server import RECORD, TOKENS, Peer, response
from ..helpers.memory_service import MemoryService
from ..helpers.operations import LIST, failure_of
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


def test_what_is_changed_later_counts_as_well(service, made):
    own, client = made(headers={"X-Old": "1"}, auth=("user", "secret"))
    client.list()
    assert [each.headers["X-Old"] for each in service.requests] == ["1", "1"]
    own.headers = {"X-New": "2"}
    own.params = {"code": "3"}
    own.timeout = 9.0
    client.list()
    last = service.requests[-1]
    assert ("X-Old" in last.headers, last.headers["X-New"]) == (False, "2")
    assert "access-tokens-client/" in last.headers["User-Agent"]  # which has been removed
    assert (last.url.params["code"], last.headers["Authorization"]) == ("3", "Bearer jwt-1")
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


def test_a_secret_of_its_owner_is_not_shown(server, borrowing, caplog):
    caplog.set_level(logging.DEBUG, "access_tokens")
    server.always(TOKENS, Peer.reset)
    secrets = {"headers": {"X-Key": "key-of-the-owner"}, "params": {"code": "code-of-the-owner"}}
    client = borrowing(server.endpoint, **secrets)
    error = failure_of(LIST, client)
    ours = [repr(vars(each)) for each in caplog.records if each.name == "access_tokens"]
    assert ours
    assert "of-the-owner" not in " ".join([*ours, repr(client.client), str(error), repr(error.cause)])


def test_one_that_is_closed_is_told_so(made, variant):
    own, client = made()
    own.close() if variant == "sync" else client.portal.call(own.aclose)
    with pytest.raises(ClientClosedError):
        client.list()
