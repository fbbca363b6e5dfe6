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
    """Issues and manages Personal Access Tokens (PATs), from tasks on asyncio and trio.

    The PAT is exchanged for a JWT on the first call, once however many tasks call; it is renewed in time.
    A client may be shared by tasks and by event loops; its connections are closed when their loop ends. Every
    method raises an `AccessTokensError` when the call fails, and, before any request, a `ValueError` or
    `TypeError` when an argument makes no sense. Times go in as Unix seconds or aware datetimes.

    Args:
        endpoint: The base URL of the service, https:// unless it is on loopback.
        api_key: The PAT. It is sent to the token endpoint only.
        auth_path: Where the deployment has the token endpoint.
        admin_path: Where the deployment has the management of tokens.
        timeout: How many seconds may pass without a byte; at most 5 to connect. Or an `httpx.Timeout`. 30 by
            default.
        deadline: How many seconds a whole call may take: exchange, attempts and waits.
        retry: When a failed request is repeated.
        http_client: An `httpx.AsyncClient` of your own, which you close. What holds of it, and what does not:
            see `AccessTokensClient`.
        ssl_context: How TLS is done, say with a CA or a certificate of your own. Not with `http_client`.
        allow_http: Send secrets in the clear to an http:// endpoint that is not on loopback.
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
        """Make one from the environment variables `ACCESS_TOKENS_ENDPOINT` and `ACCESS_TOKENS_API_KEY`.

        Raises:
            ValueError: One is not set, empty, or of no use; the message names it, and shows nothing of it.
        """
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
        """List one page of token records, as the service gives it. `iter_tokens` gets all.

        Even an empty page is not the end, for records are dropped after the `limit` (100 by default, 1000 at
        most). Arguments as in `AccessTokensClient.list`.
        """
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
        """Iterate over the records of all tokens, each once, in the service's order, by `async for`.

        Each request has a deadline of its own. Arguments as in `AccessTokensClient.iter_tokens`.
        """
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
        """Issue a PAT. It is in the result and can never be got again.

        When the answer is lost, so is the PAT: the error has `outcome_unknown`, and the `token_id` to revoke.
        `generate_locally` makes the PAT here, in another thread, and finds out what was done. Arguments as in
        `AccessTokensClient.issue`.
        """
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
        """Register a token that `generate_token` has made.

        When an answer is lost, the record is read back. Arguments as in `AccessTokensClient.register`.
        """
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
        """Change a token. What is left out stays as it is; to change nothing at all is a `ValueError`.

        `expires_at=None` removes the expiry. Only one of `roles`, `add_roles`, `remove_roles` may be given.
        A repeat after a lost answer also undoes what another administrator has changed in between. Arguments
        as in `AccessTokensClient.update`.
        """
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
        """Revoke a token; a revoked one stays as it is. A JWT already handed out lives until it expires.

        `expires_at` says from when on the service may remove the record. A repeat after a lost answer also
        revokes what another administrator has restored in between.
        """
        return await self._session.run(tokens.revoke(token_id, expires_at=expires_at))

    async def restore(self, token_id: str, *, expires_at: Moment | None = None) -> None:
        """Undo a revocation. To restore an active token does nothing.

        The service removes the expiry as well, so that the token lives for ever unless `expires_at` is given.
        That is set by a second request: when it fails, the token is restored, and the error says so.
        """
        return await self._session.run(tokens.restore(token_id, expires_at=expires_at))

    async def batch_load(
        self, token_ids: Iterable[str], *, include_secret_phc: bool = False
    ) -> BatchLoadResult:
        """Load the records of any number of ids, in as few requests as the service's limit allows.

        A record that the service hides is not found. Arguments as in `AccessTokensClient.batch_load`.
        """
        return await self._session.run(tokens.batch_load(token_ids, include_secret_phc=include_secret_phc))

    async def authenticate(self) -> None:
        """Exchange the PAT now, even when there is a JWT, to learn early whether it is accepted."""
        await self._session.authorize(afresh=True)

    @property
    def api(self) -> AuthenticatedClient:
        """The generated client, on which every operation of `access_tokens_api` works, also a new one.

        `await rotate_token.asyncio(token_id, client=client.api)` goes with the JWT, the repeats, the deadline
        and the errors of this client. What the methods check of their arguments is not checked here, and the
        generated objects show secrets in their reprs. More in `AccessTokensClient.api`.
        """
        return generated_client(self._session.settings, AsyncApiTransport(self._session))

    @property
    def auth(self) -> httpx.Auth:
        """Carries this client's JWT to any other API that it opens: `httpx.AsyncClient(auth=client.auth)`."""
        return AsyncAuth(self._session)

    async def aclose(self) -> None:
        """Close the connections. Calls under way fail with a `ClientClosedError`, and so do later ones."""
        await self._session.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
