"""`AsyncAccessTokensClient`, the client for asyncio and trio."""

from __future__ import annotations

import builtins
import ssl
from collections.abc import AsyncIterator, Iterable
from typing import Self, Unpack, cast

import httpx
from access_tokens_api import AuthenticatedClient

from ._calls import arguments as check
from ._calls import issuing, tokens
from ._calls import rotation as rotating
from ._calls.exchange import exchange
from ._calls.walk import TokenWalk
from ._environment import api_key_from_environment, endpoint_from_environment
from ._pat import AsyncApiKey, pat_source
from ._secret import Secret, Uncopied, view_of
from ._session.api import AsyncApiTransport, generated_client
from ._session.async_session import AsyncSession
from ._session.auth import AsyncAuth, Auth
from ._settings import AsyncOptions, settings
from ._stores.protocol import AsyncJwtStore, JwtStore, checked_store
from .bearer import Bearer, Claims
from .models import KEEP, BatchLoadResult, IssueResult, Keep, Moment, TokenRecord
from .retry import RetryPolicy
from .tokens import GeneratedToken, id_of_token


class AsyncAccessTokensClient(Uncopied):
    """Issues and manages Personal Access Tokens (PATs), on asyncio and trio.

    Your PAT is exchanged for a JWT on the first call, only once even if many tasks call, and the JWT is
    renewed before it expires. Tasks and event loops may share a client; when an event loop ends, its
    connections are closed. Errors are those of `AccessTokensClient`. Times: Unix seconds or aware datetimes.

    Args:
        endpoint: The base URL of the service. Must be https:// unless the host is loopback.
        api_key: Your PAT, which is only sent to the token endpoint; or the path of a file with it; or a
            function that returns it, async or not. One that is not async is called in a worker thread. Both
            are read at each exchange, and once more when the PAT is refused.
        auth_path: The path of the token endpoint in your deployment, without `/token`.
        admin_path: The path of the token management in your deployment, without `/tokens`.
        timeout: The most seconds to wait for the next byte, and at most 5 to connect; or an `httpx.Timeout`.
            By default the timeout of `http_client` if you have changed it from httpx's default, else 30.
        deadline: The most seconds that a call may take in total, with exchange, repeats and waits.
        retry: The policy for repeating failed requests.
        http_client: Your own `httpx.AsyncClient` to send with. You close it. `AccessTokensClient` says which
            of its settings are used.
        ssl_context: The TLS context, such as with your own CA or certificate. Not allowed with `http_client`.
        allow_http: Allow an http:// endpoint that is not on loopback. Secrets are then sent unencrypted.
        jwt_store: Where to share the JWT, encrypted, with other processes that have the same PAT, so that
            one exchange is made for all: a `FileJwtStore`, a `RedisJwtStore`, or your own `JwtStore` or
            `AsyncJwtStore`.

    Raises:
        ValueError: An argument is invalid or not safe. The message names it.
        TypeError: An argument is of another type.
        ImportError: `jwt_store` is given without the library that encrypts, of the extra `store`.

    Example:
        async with AsyncAccessTokensClient(service.endpoint, service.admin_pat, deadline=60) as client:
            async for record in client.iter_tokens(has_role="reader"):
                print(record.owner)
    """

    def __init__(
        self,
        endpoint: str,
        api_key: AsyncApiKey,
        *,
        auth_path: str = "/auth",
        admin_path: str = "/admin",
        timeout: float | httpx.Timeout | None = None,
        deadline: float = 300.0,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - a constant value
        http_client: httpx.AsyncClient | None = None,
        ssl_context: ssl.SSLContext | None = None,
        allow_http: bool = False,
        jwt_store: JwtStore | AsyncJwtStore | None = None,
    ) -> None:
        secret = Secret(cast("str", api_key))  # of any type, which `pat_source` checks
        del api_key  # so that no traceback's locals hold it
        check.http_client(http_client, httpx.AsyncClient, ssl_context)
        checked = settings(
            endpoint,
            pat_source(secret, may_await=True),
            auth_path=auth_path,
            admin_path=admin_path,
            timeout=timeout,
            deadline=deadline,
            retry=retry,
            ssl_context=ssl_context,
            allow_http=allow_http,
            jwt_store=checked_store(jwt_store, may_await=True),
        )
        self._session = AsyncSession(checked, exchange(), http_client)

    def __repr__(self) -> str:
        session = getattr(self, "_session", None)  # a debugger may call this before __init__ has finished
        return f"{type(self).__name__}({session.settings.base if session else ''!r})"

    @classmethod
    def from_env(cls, **options: Unpack[AsyncOptions]) -> Self:
        """Make a client from the environment variables `ACCESS_TOKENS_ENDPOINT` and `ACCESS_TOKENS_API_KEY`.

        Variables, arguments and errors as in `AccessTokensClient.from_env`.

        Example:
            async with AsyncAccessTokensClient.from_env(timeout=10) as client:
                print(client.token_id)
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
        """List one page of token records, as the service returns it. `iter_tokens` lists all.

        A short or even empty page need not be the last: the service applies `limit` (100 by default, 1000 at
        most) before it drops records. Arguments and errors as in `AccessTokensClient.list`.

        Example:
            page = await client.list(limit=10, include_revoked=True)
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
        """Iterate over the records of all tokens, each once, in the service's order.

        Use `async for`. Each page has its own deadline. Arguments and errors as in
        `AccessTokensClient.iter_tokens`.

        Example:
            async for record in client.iter_tokens(include_expired=True):
                print(record.token_id, record.owner, record.expires)
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

    async def get(self, token_id: str, *, include_secret_phc: bool = False) -> TokenRecord:
        """Load the record of one token. Arguments and errors as in `AccessTokensClient.get`.

        Example:
            try:
                print((await client.get(token_id)).is_active())
            except NotFoundError:
                print("no such token")
        """
        return await self._session.run(tokens.get(token_id, include_secret_phc=include_secret_phc))

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
        """Issue a new PAT. It is in the result, and cannot be retrieved again later.

        If the answer is lost, so is the PAT; the error has `outcome_unknown`, and the `token_id` to revoke.
        With `generate_locally`, the PAT is generated here, in another thread, and the library finds out what
        was done. Arguments and errors as in `AccessTokensClient.issue`.

        Example:
            token, record = await client.issue("user@example.com", roles=["reader"])
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
        """Register a token that was generated by `generate_token`.

        If the answer is lost, or the id is taken, the record is loaded. Arguments and errors as in
        `AccessTokensClient.register`.

        Example:
            import anyio

            made = await anyio.to_thread.run_sync(generate_token)
            record = await client.register(made.token_id, made.secret_phc, "user@example.com")
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
        """Change a token. What is left out stays as it is. A call without any change is a `ValueError`.

        `expires_at=None` removes the expiry. Only one of `roles`, `add_roles`, `remove_roles` may be given.
        A repeat after a lost answer may overwrite what another administrator has changed in between.
        Arguments and errors as in `AccessTokensClient.update`.

        Example:
            await client.update(token_id, add_roles=["writer"], expires_at=None)
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

    async def rotate(self, new: GeneratedToken) -> None:
        """Give a token a new secret, so that its old PAT is refused from then on.

        Make the PAT by `generate_token(token_id=...)`, best in a worker thread, and *store it first*.
        Details, arguments and errors as in `AccessTokensClient.rotate`.

        Example:
            from pathlib import Path

            made = generate_token(token_id=token_id)
            Path("pat.txt").write_text(made.token)
            await client.rotate(made)
        """
        made = Secret(cast("str", new))
        del new  # so that no traceback's locals hold it
        return await self._session.run(rotating.rotate(made, self._session.settings.pat))

    async def revoke(self, token_id: str, *, expires_at: Moment | None = None) -> None:
        """Revoke a token. A revoked token stays as it is. Existing JWTs stay valid until they expire.

        `expires_at` says from when on the service may remove the record. A repeat after a lost answer also
        revokes a token that another administrator has restored in between. Arguments and errors as in
        `AccessTokensClient.revoke`.

        Example:
            await client.revoke(token_id)
        """
        return await self._session.run(tokens.revoke(token_id, expires_at=expires_at))

    async def restore(self, token_id: str, *, expires_at: Moment | None = None) -> None:
        """Undo the revocation of a token. An active token stays as it is, apart from `expires_at` if given.

        The service also removes the expiry, so the token never expires unless you give `expires_at`. That is
        set by a second request. If the second request fails, the token is restored, and the error says so.
        Arguments and errors as in `AccessTokensClient.restore`.

        Example:
            await client.restore(token_id)
        """
        return await self._session.run(tokens.restore(token_id, expires_at=expires_at))

    async def batch_load(
        self, token_ids: Iterable[str], *, include_secret_phc: bool = False
    ) -> BatchLoadResult:
        """Load the records for any number of ids, in as few requests as the service's limit allows.

        Up to four requests are made at the same time. Records that the service hides are not found. Arguments
        and errors as in `AccessTokensClient.batch_load`.

        Example:
            found, not_found = await client.batch_load([token_id, "no-such-id"])
        """
        return await self._session.run(tokens.batch_load(token_ids, include_secret_phc=include_secret_phc))

    async def authenticate(self) -> None:
        """Exchange the PAT for a new JWT now, to find out early whether the PAT is accepted.

        Errors as in `AccessTokensClient.authenticate`.

        Example:
            try:
                await client.authenticate()
            except AuthenticationError as error:
                print("check the PAT:", error)
        """
        await self._session.authorize(afresh=True)

    async def bearer(self) -> Bearer:
        """Return a JWT for any HTTP library, gRPC or websocket; `auth` is simpler where httpx sends.

        How long it lives, and errors as in `AccessTokensClient.bearer`.

        Example:
            headers = {"Authorization": (await client.bearer()).header}
        """
        return await self._session.bearer()

    async def discard(self, bearer: Bearer) -> None:
        """Say that another API has refused a JWT with 401. If it is still the current one, the next is new.

        Each new JWT costs an exchange, whose rate the service limits: repeat a request once, not more.
        Arguments and errors as in `AccessTokensClient.discard`.

        Example:
            refused = await client.bearer()
            await client.discard(refused)  # after a 401
        """
        refused = Secret(cast("str", bearer))
        del bearer  # so that no traceback's locals hold it
        await self._session.discard_token(check.bearer(refused))

    async def whoami(self) -> Claims | None:
        """Return what the service says about you in the JWT, without verifying it; None if it is no JWT.

        Errors as in `AccessTokensClient.whoami`.

        Example:
            if (claims := await client.whoami()) and claims.is_admin:
                print(claims.owner, "is an administrator")
        """
        return (await self.bearer()).claims

    def with_options(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
        deadline: float | None = None,
        retry: RetryPolicy | None = None,
    ) -> Self:
        """Return a view of this client with other patience: `client.with_options(timeout=2).get(token_id)`.

        It shares everything else. Arguments and errors as in `AccessTokensClient.with_options`.

        Example:
            once = client.with_options(deadline=5, retry=RetryPolicy(retries=0))
            await once.update(token_id, owner="new@example.com")
        """
        changed = self._session.settings.with_options(timeout, deadline, retry)
        return view_of(self, _session=self._session.with_settings(changed))

    @property
    def token_id(self) -> str | None:
        """The id of the token that your PAT is, read from the PAT without a request, or None.

        Example:
            print("this program goes by the token", client.token_id)
        """
        pat = self._session.settings.pat.current
        return id_of_token(pat) if pat else None

    @property
    def api(self) -> AuthenticatedClient:
        """A generated client for the functions of `access_tokens_api`, even for operations that are new.

        `await list_tokens.asyncio(client=client.api)` uses the JWT, repeats, deadline and errors
        of this client. Arguments are not checked as in this client's methods, and generated objects show
        secrets in their reprs. More, and errors, in `AccessTokensClient.api`.

        Example:
            from access_tokens_api.api.tokens import restore_token

            await restore_token.asyncio_detailed(token_id, client=client.api)
        """
        return generated_client(self._session.settings, AsyncApiTransport(self._session))

    @property
    def auth(self) -> Auth:
        """An `httpx.Auth` that carries this client's JWT to other APIs that accept it.

        For `httpx.AsyncClient` and `httpx2.AsyncClient`. A 401 gets a new JWT and repeats the request once.
        More, and errors, in `AccessTokensClient.auth`.

        Example:
            import httpx

            async with httpx.AsyncClient(auth=client.auth, base_url=service.endpoint) as http:
                print((await http.get("/admin/tokens")).status_code)
        """
        return cast("Auth", AsyncAuth(self._session))

    async def aclose(self) -> None:
        """Close the connections. Calls under way and later calls raise a `ClientClosedError`.

        An `async with` block does so at its end.

        Example:
            await client.aclose()
        """
        await self._session.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
