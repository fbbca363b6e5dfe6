"""Clients that are used after they were closed (case 34)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from access_tokens import ClientClosedError

from ..helpers.callers import result_of

pytestmark = pytest.mark.fault(34)

USES: dict[str, Callable[[Any], Any]] = {
    "list": lambda client: client.list(),
    "iter_tokens": lambda client: client.iter_tokens(),
    "issue": lambda client: client.issue("x"),
    "register": lambda client: client.register("a" * 21, "$scrypt$ln=14,r=8,p=1$c2FsdA$aGFzaA", "x"),
    "update": lambda client: client.update("a" * 21, owner="x"),
    "revoke": lambda client: client.revoke("a" * 21),
    "restore": lambda client: client.restore("a" * 21),
    "batch_load": lambda client: client.batch_load(["a" * 21]),
    "authenticate": lambda client: client.authenticate(),
}


@pytest.mark.parametrize("is_warm", [False, True], ids=["unused", "used"])
@pytest.mark.parametrize("name", USES)
def test_nothing_can_be_done_with_a_closed_client(victim, server, name, is_warm):
    if is_warm:
        victim.list()
    victim.close()
    sent = len(server.requests)
    error = result_of(lambda: USES[name](victim))
    assert isinstance(error, ClientClosedError)
    assert str(error).endswith(": the client is closed") or error.token_id
    assert (error.attempts, error.outcome_unknown, len(server.requests)) == (0, False, sent)


@pytest.mark.parametrize("is_warm", [False, True], ids=["unused", "used"])
def test_the_auth_of_a_closed_client_sends_nothing_to_another_api(victim, server, variant, is_warm):
    if is_warm:
        victim.list()
    auth, seen = victim.auth, list[httpx.Request]()
    victim.close()

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    transport = httpx.MockTransport(respond)

    def call() -> Any:
        with httpx.Client(auth=auth, transport=transport) as http:
            return http.get("https://other.example")

    async def call_async() -> Any:
        async with httpx.AsyncClient(auth=auth, transport=transport) as http:
            return await http.get("https://other.example")

    error = result_of(call if variant == "sync" else lambda: victim.portal.call(call_async))
    assert isinstance(error, ClientClosedError)
    assert seen == []


def test_a_mistake_in_an_argument_is_still_told_as_such(victim):
    victim.close()
    with pytest.raises(ValueError, match="limit"):
        victim.list(limit=0)
