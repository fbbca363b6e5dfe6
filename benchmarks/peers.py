"""The peers, each as its users would write it: the same calls, in both variants."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import httpcore
import httpx
import httpx2
from access_tokens_api import AuthenticatedClient
from access_tokens_api.api.tokens import issue_token, list_tokens
from access_tokens_api.models import IssueTokenRequest
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuth2Client

from .ours import OWNER

_JWT = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmVk"
_BEARER = {"Authorization": f"Bearer {_JWT}"}
_TOKEN = {"access_token": _JWT, "token_type": "Bearer", "expires_at": 2**40}
_TOKENS = "/admin/tokens"


class ByHand:
    """httpx, with the path, the header and the parsing written out at each call."""

    headers = _BEARER

    def __init__(self, base: str) -> None:
        self.http: Any = httpx.Client(base_url=base)

    def page(self, limit: int, **params: Any) -> Any:
        answer = self.http.get(_TOKENS, headers=self.headers, params={"limit": limit, **params})
        return answer.raise_for_status().json()["records"]

    def issue(self) -> Any:
        return self.http.post(_TOKENS, headers=self.headers, json={"owner": OWNER}).raise_for_status().json()

    def batch(self, token_ids: list[str]) -> Any:
        answer = self.http.post(f"{_TOKENS}/batch", headers=self.headers, json={"tokenIds": token_ids})
        return answer.raise_for_status().json()

    def close(self) -> None:
        self.http.close()


class Httpx2(ByHand):
    """Same as `ByHand`, with httpx2."""

    def __init__(self, base: str) -> None:
        self.http = httpx2.Client(base_url=base)


class Authlib(ByHand):
    """Authlib's client, which sets the header itself and minds the life of its token."""

    headers: dict[str, str] = {}  # noqa: RUF012 - nothing writes to it

    def __init__(self, base: str) -> None:
        self.http = OAuth2Client(base_url=base, token=_TOKEN)


class Core:
    """The generated core alone."""

    def __init__(self, base: str) -> None:
        self.client = AuthenticatedClient(base, _JWT)

    def page(self, limit: int) -> Any:
        return list_tokens.sync(client=self.client, limit=limit)

    def issue(self) -> Any:
        return issue_token.sync(client=self.client, body=IssueTokenRequest(OWNER))

    def close(self) -> None:
        self.client.get_httpx_client().close()


class AsyncByHand:
    """Same as `ByHand`, for tasks."""

    headers = _BEARER

    def __init__(self, base: str) -> None:
        # Many tasks wait longer for a place in the pool than the 5 seconds after which httpx gives up.
        self.http: Any = httpx.AsyncClient(base_url=base, timeout=httpx.Timeout(5, pool=None))

    async def page(self, limit: int, **params: Any) -> Any:
        answer = await self.http.get(_TOKENS, headers=self.headers, params={"limit": limit, **params})
        return answer.raise_for_status().json()["records"]

    async def issue(self) -> Any:
        answer = await self.http.post(_TOKENS, headers=self.headers, json={"owner": OWNER})
        return answer.raise_for_status().json()

    async def batch(self, token_ids: list[str]) -> Any:
        answer = await self.http.post(f"{_TOKENS}/batch", headers=self.headers, json={"tokenIds": token_ids})
        return answer.raise_for_status().json()

    async def aclose(self) -> None:
        await self.http.aclose()


class AsyncHttpx2(AsyncByHand):
    """Same as `Httpx2`, for tasks."""

    def __init__(self, base: str) -> None:
        self.http = httpx2.AsyncClient(base_url=base)


class AsyncAiohttp:
    """What a user writes for speed: one session of aiohttp's, the path, params, `.json()`."""

    def __init__(self, base: str) -> None:
        self.url = base + _TOKENS
        self.http = aiohttp.ClientSession(headers=_BEARER, raise_for_status=True)

    async def page(self, limit: int) -> Any:
        async with self.http.get(self.url, params={"limit": limit}) as answer:
            return (await answer.json())["records"]

    async def issue(self) -> Any:
        async with self.http.post(self.url, json={"owner": OWNER}) as answer:
            return await answer.json()

    async def aclose(self) -> None:
        await self.http.close()


class AsyncHttpcore:
    """The floor of HTTP in pure Python: a bare connection of httpcore's for each task, and `json.loads`."""

    headers = tuple(_BEARER.items())

    def __init__(self, base: str) -> None:
        self.url = httpcore.URL(base + _TOKENS)
        self.free: list[httpcore.AsyncHTTPConnection] = []

    async def page(self, limit: int) -> Any:
        connection = self.free.pop() if self.free else httpcore.AsyncHTTPConnection(self.url.origin)
        url = httpcore.URL(
            scheme=self.url.scheme,
            host=self.url.host,
            port=self.url.port,
            target=b"%s?limit=%d" % (self.url.target, limit),
        )
        answer = await connection.request("GET", url, headers=self.headers)
        self.free.append(connection)
        return json.loads(answer.content)["records"]

    async def aclose(self) -> None:
        for connection in self.free:
            await connection.aclose()


class AsyncAuthlib(AsyncByHand):
    """Same as `Authlib`, for tasks."""

    headers: dict[str, str] = {}  # noqa: RUF012 - nothing writes to it

    def __init__(self, base: str) -> None:
        self.http = AsyncOAuth2Client(base_url=base, token=_TOKEN)


class AsyncCore:
    """Same as `Core`, for tasks."""

    def __init__(self, base: str) -> None:
        self.client = AuthenticatedClient(base, _JWT)

    async def page(self, limit: int) -> Any:
        return await list_tokens.asyncio(client=self.client, limit=limit)

    async def issue(self) -> Any:
        return await issue_token.asyncio(client=self.client, body=IssueTokenRequest(OWNER))

    async def aclose(self) -> None:
        await self.client.get_async_httpx_client().aclose()
