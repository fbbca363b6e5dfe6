"""Clients that are used after they were closed."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from access_tokens import ClientClosedError

from ..helpers.callers import SyncCaller, result_of

pytestmark = pytest.mark.fault(34)


def get_elsewhere(client: Any) -> Any:
    """Send a request to another API, which the JWT of the client opens."""
    options: Any = {"auth": client.auth, "transport": httpx.MockTransport(lambda _: httpx.Response(200))}

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(**options) as http:
            return await http.get("https://other.example")

    if not isinstance(client, SyncCaller):
        return client.portal.call(get)
    with httpx.Client(**options) as http:
        return http.get("https://other.example")


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
    "auth": get_elsewhere,
}


@pytest.mark.parametrize("is_used", [False, True], ids=["unused", "used"])
@pytest.mark.parametrize("name", USES)
def test_nothing_can_be_done_with_a_closed_client(client, server, name, is_used):
    if is_used:
        client.list()
    client.close()
    client.close()
    sent = len(server.requests)
    error = result_of(lambda: USES[name](client))
    assert isinstance(error, ClientClosedError)
    assert str(error).startswith("Failed to ")
    assert ": the client is closed" in str(error)
    assert (error.attempts, error.outcome_unknown, len(server.requests)) == (0, False, sent)


def test_a_mistake_in_an_argument_is_still_told_as_such(client):
    client.close()
    with pytest.raises(ValueError, match="limit"):
        client.list(limit=0)
