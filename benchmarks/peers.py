"""The contenders, each as its users would write it: the same calls, in both variants."""

from __future__ import annotations

from typing import Any

import httpx
from access_tokens_api import AuthenticatedClient
from access_tokens_api.api.tokens import issue_token, list_tokens
from access_tokens_api.models import IssueTokenRequest
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuth2Client

from access_tokens import AccessTokensClient, AsyncAccessTokensClient

PAT = "benchmark.pat"
_OWNER = "owner@example.com"
_JWT = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmVk"
_BEARER = {"Authorization": f"Bearer {_JWT}"}
_TOKEN = {"access_token": _JWT, "token_type": "Bearer", "expires_at": 2**40}
_TOKENS = "/admin/tokens"


class Ours:
    """This library, over connections of its own."""

    def __init__(self, base: str) -> None:
        self.client = AccessTokensClient(base, PAT)

    def page(self, limit: int) -> Any:
        return self.client.list(limit=limit)

    def issue(self) -> Any:
        return self.client.issue(_OWNER)

    def close(self) -> None:
        self.client.close()


class ByHand:
    """httpx, with the path, the header and the parsing written out at each call."""

    headers = _BEARER

    def __init__(self, base: str) -> None:
        self.http = httpx.Client(base_url=base)

    def page(self, limit: int, **params: Any) -> Any:
        answer = self.http.get(_TOKENS, headers=self.headers, params={"limit": limit, **params})
        return answer.raise_for_status().json()["records"]

    def issue(self) -> Any:
        return self.http.post(_TOKENS, headers=self.headers, json={"owner": _OWNER}).raise_for_status().json()

    def batch(self, token_ids: list[str]) -> Any:
        answer = self.http.post(f"{_TOKENS}/batch", headers=self.headers, json={"tokenIds": token_ids})
        return answer.raise_for_status().json()

    def close(self) -> None:
        self.http.close()


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
        return issue_token.sync(client=self.client, body=IssueTokenRequest(_OWNER))

    def close(self) -> None:
        self.client.get_httpx_client().close()


class AsyncOurs:
    """Same as `Ours`, for tasks."""

    def __init__(self, base: str) -> None:
        self.client = AsyncAccessTokensClient(base, PAT)

    async def page(self, limit: int) -> Any:
        return await self.client.list(limit=limit)

    async def issue(self) -> Any:
        return await self.client.issue(_OWNER)

    async def aclose(self) -> None:
        await self.client.aclose()


class AsyncByHand:
    """Same as `ByHand`, for tasks."""

    headers = _BEARER

    def __init__(self, base: str) -> None:
        self.http = httpx.AsyncClient(base_url=base)

    async def page(self, limit: int, **params: Any) -> Any:
        answer = await self.http.get(_TOKENS, headers=self.headers, params={"limit": limit, **params})
        return answer.raise_for_status().json()["records"]

    async def issue(self) -> Any:
        answer = await self.http.post(_TOKENS, headers=self.headers, json={"owner": _OWNER})
        return answer.raise_for_status().json()

    async def batch(self, token_ids: list[str]) -> Any:
        answer = await self.http.post(f"{_TOKENS}/batch", headers=self.headers, json={"tokenIds": token_ids})
        return answer.raise_for_status().json()

    async def aclose(self) -> None:
        await self.http.aclose()


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
        return await issue_token.asyncio(client=self.client, body=IssueTokenRequest(_OWNER))

    async def aclose(self) -> None:
        await self.client.get_async_httpx_client().aclose()
