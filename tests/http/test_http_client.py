"""The caller's own HTTP stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from access_tokens import AccessTokensError, ClientClosedError

EXCHANGE = "/auth/token"
Make = Callable[..., Any]


class TestHttpClient:
    """The caller's own HTTP stack."""

    def test_it_sends_every_request_and_nothing_of_its_own(self, service, variant, make_client):
        seen: list[httpx.Request] = []

        def respond(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            if request.url.path == EXCHANGE:
                body = {"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 60}
                return httpx.Response(200, json=body, headers={"Set-Cookie": "a=b"})
            return httpx.Response(302, headers={"Location": "https://evil.example"})

        kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
        own = kind(
            transport=httpx.MockTransport(respond),
            auth=("user", "secret"),
            cookies={"c": "d"},
            follow_redirects=True,
        )
        client = make_client("https://api.example.com", "pat_x", http_client=own)
        with pytest.raises(AccessTokensError, match="302"):
            client.list()
        assert [str(request.url) for request in seen] == [
            "https://api.example.com/auth/token",
            "https://api.example.com/admin/tokens",
        ]
        assert [request.headers["authorization"] for request in seen] == ["Bearer pat_x", "Bearer a.b.c"]
        assert all("cookie" not in request.headers for request in seen)

    def test_its_hooks_may_read_the_answer(self, service, variant, make_client):
        async def read(response: httpx.Response) -> None:
            await response.aread()

        if variant == "sync":
            own: Any = httpx.Client(event_hooks={"response": [httpx.Response.read]})
        else:
            own = httpx.AsyncClient(event_hooks={"response": [read]})
        client = make_client(service.endpoint, service.admin_pat, http_client=own)
        assert len(client.list()) == 1
        own.close() if variant == "sync" else client.portal.call(own.aclose)

    def test_one_that_is_closed_is_told_so(self, variant, make_client):
        kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
        own = kind(transport=httpx.MockTransport(lambda request: httpx.Response(500)))
        client = make_client("https://h", "pat_x", http_client=own)
        own.close() if variant == "sync" else client.portal.call(own.aclose)
        with pytest.raises(ClientClosedError):
            client.list()

    def test_whatever_it_raises_becomes_an_error_of_ours(self, variant, make_client):
        def respond(request: httpx.Request) -> httpx.Response:
            raise LookupError("pat_x")

        kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
        client = make_client("https://h", "pat_x", http_client=kind(transport=httpx.MockTransport(respond)))
        with pytest.raises(AccessTokensError) as raised:
            client.list()
        assert "pat_x" not in str(raised.value)
