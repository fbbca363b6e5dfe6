"""The client for tasks, on asyncio and trio."""

from __future__ import annotations

import builtins
import ssl
from collections.abc import AsyncIterator, Iterable
from typing import Self, Unpack

import httpx
from access_tokens_api import AuthenticatedClient

from ._calls import arguments as check
from ._calls import issuing, tokens
from ._calls.exchange import exchange
from ._calls.walk import TokenWalk
from ._environment import api_key_from_environment, endpoint_from_environment
from ._secret import Secret, Uncopied
from ._session.api import AsyncApiTransport, generated_client
from ._session.async_session import AsyncSession
from ._session.auth import AsyncAuth
from ._settings import AsyncOptions, settings
from .models import KEEP, BatchLoadResult, IssueResult, Keep, Moment, TokenRecord
from .retry import RetryPolicy


class AsyncAccessTokensClient(Uncopied):
    """Issues and manages Personal Access Tokens (PATs), from async code.

    Same as `AccessTokensClient`, with the same arguments, but its methods are awaited. It may be shared by
    tasks on asyncio and trio. It makes connections of its own in each event loop, which are closed when that
    ends.

    Args:
        http_client: An `httpx.AsyncClient` of your own, which you close. Headers, params and timeout that you
            have set on it hold as there; its auth, cookies, base_url and follow_redirects are not used.
    """

    def __init__(
        self,
        endpoint: str,
        api_key: str,
        *,
        auth_path: str = "/auth",
        admin_path: str = "/admin",
        timeout: float | httpx.Timeout | None = None,
        deadline: float = 300.0,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - a constant value
        http_client: httpx.AsyncClient | None = None,
        ssl_context: ssl.SSLContext | None = None,
        allow_http: bool = False,
    ) -> None:
        secret = Secret(api_key)
        del api_key  # so that no traceback's locals hold it
        check.http_client(http_client, httpx.AsyncClient, ssl_context)
        checked = settings(
            endpoint,
            secret,
            auth_path=auth_path,
            admin_path=admin_path,
            timeout=timeout,
            deadline=deadline,
            retry=retry,
            ssl_context=ssl_context,
            allow_http=allow_http,
        )
        self._session = AsyncSession(checked, exchange(secret), http_client)

    def __repr__(self) -> str:
        session = getattr(self, "_session", None)  # a debugger may look before there is one
        return f"{type(self).__name__}({session.settings.base if session else ''!r})"

    @classmethod
    def from_env(cls, **options: Unpack[AsyncOptions]) -> Self:
        """Same as `AccessTokensClient.from_env`."""
        endpoint = endpoint_from_environment(allow_http=bool(options.get("allow_http")))
        return cls(endpoint, api_key_from_environment(), **options)

    async def list(
        self,
        *,
        include_revoked: bool = False,
        include_expired: bool = False,
        include_secret_phc: bool = False,
        has_role: str | None = None,
        limit: int | None = None,
        after_token_id: str | None = None,
    ) -> builtins.list[TokenRecord]:
        """Same as `AccessTokensClient.list`."""
        return await self._session.run(
            tokens.list_page(
                include_revoked=include_revoked,
                include_expired=include_expired,
                include_secret_phc=include_secret_phc,
                has_role=has_role,
                limit=limit,
                after_token_id=after_token_id,
            )
        )

    def iter_tokens(
        self,
        *,
        include_revoked: bool = False,
        include_expired: bool = False,
        include_secret_phc: bool = False,
        has_role: str | None = None,
        page_size: int = 1000,
    ) -> AsyncIterator[TokenRecord]:
        """Same as `AccessTokensClient.iter_tokens`."""
        return self._session.each(
            TokenWalk(
                include_revoked=include_revoked,
                include_expired=include_expired,
                include_secret_phc=include_secret_phc,
                has_role=has_role,
                page_size=page_size,
            )
        )

    async def issue(
        self,
        owner: str,
        *,
        is_admin: bool = False,
        roles: Iterable[str] | None = None,
        expires_at: Moment | None = None,
        token_id: str | None = None,
        generate_locally: bool = False,
        prefix: str | None = None,
    ) -> IssueResult:
        """Same as `AccessTokensClient.issue`."""
        return await self._session.run(
            issuing.issue(
                owner,
                is_admin=is_admin,
                roles=roles,
                expires_at=expires_at,
                token_id=token_id,
                generate_locally=generate_locally,
                prefix=prefix,
            )
        )

    async def register(
        self,
        token_id: str,
        secret_phc: str,
        owner: str,
        *,
        is_admin: bool = False,
        roles: Iterable[str] | None = None,
        expires_at: Moment | None = None,
    ) -> TokenRecord:
        """Same as `AccessTokensClient.register`."""
        hashed = Secret(secret_phc)
        del secret_phc  # so that no traceback's locals hold it
        return await self._session.run(
            issuing.register(token_id, hashed, owner, is_admin=is_admin, roles=roles, expires_at=expires_at)
        )

    async def update(
        self,
        token_id: str,
        *,
        owner: str | None = None,
        is_admin: bool | None = None,
        roles: Iterable[str] | None = None,
        add_roles: Iterable[str] | None = None,
        remove_roles: Iterable[str] | None = None,
        secret_phc: str | None = None,
        expires_at: Moment | Keep | None = KEEP,
    ) -> None:
        """Same as `AccessTokensClient.update`."""
        phc = None if secret_phc is None else Secret(secret_phc)
        del secret_phc  # so that no traceback's locals hold it
        return await self._session.run(
            tokens.update(
                token_id,
                owner=owner,
                is_admin=is_admin,
                roles=roles,
                add_roles=add_roles,
                remove_roles=remove_roles,
                secret_phc=phc,
                expires_at=expires_at,
            )
        )

    async def revoke(self, token_id: str, *, expires_at: Moment | None = None) -> None:
        """Same as `AccessTokensClient.revoke`."""
        return await self._session.run(tokens.revoke(token_id, expires_at=expires_at))

    async def restore(self, token_id: str, *, expires_at: Moment | None = None) -> None:
        """Same as `AccessTokensClient.restore`."""
        return await self._session.run(tokens.restore(token_id, expires_at=expires_at))

    async def batch_load(
        self, token_ids: Iterable[str], *, include_secret_phc: bool = False
    ) -> BatchLoadResult:
        """Same as `AccessTokensClient.batch_load`."""
        return await self._session.run(tokens.batch_load(token_ids, include_secret_phc=include_secret_phc))

    async def authenticate(self) -> None:
        """Same as `AccessTokensClient.authenticate`."""
        await self._session.authorize(afresh=True)

    @property
    def api(self) -> AuthenticatedClient:
        """Same as `AccessTokensClient.api`, for `await rotate_token.asyncio(token_id, client=client.api)`."""
        return generated_client(self._session.settings, AsyncApiTransport(self._session))

    @property
    def auth(self) -> httpx.Auth:
        """Same as `AccessTokensClient.auth`."""
        return AsyncAuth(self._session)

    async def aclose(self) -> None:
        """Same as `AccessTokensClient.close`."""
        await self._session.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
