"""The client for threads."""

from __future__ import annotations

import builtins
import ssl
from collections.abc import Iterable, Iterator
from typing import Self, Unpack

import httpx
from access_tokens_api import AuthenticatedClient

from ._calls import arguments as check
from ._calls import issuing, tokens
from ._calls.exchange import exchange
from ._calls.walk import TokenWalk
from ._environment import api_key_from_environment, endpoint_from_environment
from ._secret import Secret, Uncopied
from ._session.api import SyncApiTransport, generated_client
from ._session.auth import SyncAuth
from ._session.sync_session import SyncSession
from ._settings import SyncOptions, settings
from .models import KEEP, BatchLoadResult, IssueResult, Keep, Moment, TokenRecord
from .retry import RetryPolicy


class AccessTokensClient(Uncopied):
    """Issues and manages Personal Access Tokens (PATs).

    The PAT is exchanged for a JWT on the first call, once however many threads call; it is renewed in time.
    A client may be shared by threads, and used after a fork. Every method raises an `AccessTokensError` when
    the call fails, and, before any request, a `ValueError` or `TypeError` when an argument makes no sense.
    Times go in as Unix seconds or aware datetimes. Characters are counted in UTF-16 units.

    Args:
        endpoint: The base URL of the service, https:// unless it is on loopback.
        api_key: The PAT. It is sent to the token endpoint only.
        auth_path: Where the deployment has the token endpoint.
        admin_path: Where the deployment has the management of tokens.
        timeout: How many seconds may pass without a byte; at most 5 to connect. Or an `httpx.Timeout`. By
            default that of `http_client`, where it has another than httpx's own, else 30.
        deadline: How many seconds a whole call may take: exchange, attempts and waits.
        retry: When a failed request is repeated.
        http_client: Your own HTTP stack, which you close. The headers and params that you have set on it are
            sent, as they are at the time. Not so Authorization, Accept, Accept-Encoding, Host, Cookie and
            `Content-*`, nor those of a connection: Connection, Expect, Proxy-Authorization, TE, Upgrade and
            the like. Its event hooks run. Its auth, cookies, base_url and follow_redirects are not used.
        ssl_context: How TLS is done, with an https:// proxy too, say with a CA or a certificate of your own.
            Its ALPN protocols are set to HTTP/1.1. Not with `http_client`, which has its own.
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
        http_client: httpx.Client | None = None,
        ssl_context: ssl.SSLContext | None = None,
        allow_http: bool = False,
    ) -> None:
        secret = Secret(api_key)
        del api_key  # so that no traceback's locals hold it
        check.http_client(http_client, httpx.Client, ssl_context)
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
        self._session = SyncSession(checked, exchange(secret), http_client)

    def __repr__(self) -> str:
        session = getattr(self, "_session", None)  # a debugger may look before there is one
        return f"{type(self).__name__}({session.settings.base if session else ''!r})"

    @classmethod
    def from_env(cls, **options: Unpack[SyncOptions]) -> Self:
        """Make one from the environment variables `ACCESS_TOKENS_ENDPOINT` and `ACCESS_TOKENS_API_KEY`.

        White space around their values is ignored, as the newline of a file is. A value in quotes is refused.

        Raises:
            ValueError: One is not set, empty, or of no use; the message names it, and shows nothing of it.
        """
        endpoint = endpoint_from_environment(allow_http=bool(options.get("allow_http")))
        return cls(endpoint, api_key_from_environment(), **options)

    def list(
        self,
        *,
        include_revoked: bool = False,
        include_expired: bool = False,
        include_secret_phc: bool = False,
        has_role: str | None = None,
        limit: int | None = None,
        after_token_id: str | None = None,
    ) -> builtins.list[TokenRecord]:
        """List one page of token records, as the service gives it.

        Even an empty page is not the end, for records are dropped after the limit; `iter_tokens` gets all.

        Args:
            include_revoked: Keep the records of revoked tokens.
            include_expired: Keep the records of expired tokens.
            include_secret_phc: Ask for each token's secret hash as well.
            has_role: Only tokens that hold this role.
            limit: How many records to look at; the service takes 100 by default, and 1000 at most.
            after_token_id: Start after the token with this id.
        """
        return self._session.run(
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
    ) -> Iterator[TokenRecord]:
        """Iterate over the records of all tokens, each once, in the service's order.

        Each request has a deadline of its own. Whether a token has expired is told by this machine's clock.

        Args:
            include_revoked: Keep the records of revoked tokens.
            include_expired: Keep the records of expired tokens.
            include_secret_phc: Ask for each token's secret hash as well.
            has_role: Only tokens that hold this role.
            page_size: How many records to ask for at a time, from 1 to 1000.
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

    def issue(
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

        When the answer is lost, so is the PAT. A repeat has the same id, so that no second token is made, and
        the error has `outcome_unknown` and the `token_id` to revoke; if that is an id of yours, look first:
        it may be another token's. `generate_locally` finds out what was done. Only `generate_token`, storing
        the PAT, and then `register` survive a crash of this process too.

        Args:
            owner: Whose token it is; 1 to 100 characters.
            is_admin: Whether it may manage tokens.
            roles: The roles to give it; at most 50, of 1 to 100 characters.
            expires_at: From when on it is refused. Never, by default.
            token_id: Its id, 21 letters and digits; that of a hidden record is taken. A new one by default.
            generate_locally: Make the PAT here, in tens of milliseconds of CPU time, and register its hash.
            prefix: What it begins with, only with `generate_locally`; "pat_" by default.
        """
        return self._session.run(
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

    def register(
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

        When an answer is lost, the record is read back: it is a success when it has this hash, with the other
        values as they are now.

        Args:
            token_id: Its id, 21 letters and digits; that of a hidden record is taken.
            secret_phc: The hash of its secret, as a PHC string of scrypt; at most 200 characters.
            owner: Whose token it is; 1 to 100 characters.
            is_admin: Whether it may manage tokens.
            roles: The roles to give it; at most 50, of 1 to 100 characters.
            expires_at: From when on it is refused. Never, by default.
        """
        hashed = Secret(secret_phc)
        del secret_phc  # so that no traceback's locals hold it
        return self._session.run(
            issuing.register(token_id, hashed, owner, is_admin=is_admin, roles=roles, expires_at=expires_at)
        )

    def update(
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

        A repeat after a lost answer also undoes what another administrator has changed in between; with
        `RetryPolicy(retries=0)` there is none.

        Args:
            token_id: The token's id.
            owner: The new owner; 1 to 100 characters.
            is_admin: Whether it may manage tokens.
            roles: All its roles anew. Only one of the three may be given.
            add_roles: Roles to add, atomically. More than 50 in all the service takes, and then hides the
                record: no list or batch has it, and its PAT is refused. To remove some brings it back.
            remove_roles: Roles to remove, atomically.
            secret_phc: The hash of a new secret, as a PHC string of scrypt. The old PAT is refused then.
            expires_at: From when on it is refused. None removes the expiry.
        """
        phc = None if secret_phc is None else Secret(secret_phc)
        del secret_phc  # so that no traceback's locals hold it
        return self._session.run(
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

    def revoke(self, token_id: str, *, expires_at: Moment | None = None) -> None:
        """Revoke a token; a revoked one stays as it is. A JWT already handed out lives until it expires.

        A repeat after a lost answer also revokes what another administrator has restored in between; with
        `RetryPolicy(retries=0)` there is none. A record that is removed in between is a `NotFoundError`, with
        `outcome_unknown`.

        Args:
            token_id: The token's id.
            expires_at: From when on the service may remove the record. Without it, an old expiry is cleared.
        """
        return self._session.run(tokens.revoke(token_id, expires_at=expires_at))

    def restore(self, token_id: str, *, expires_at: Moment | None = None) -> None:
        """Undo a revocation. To restore an active token does nothing.

        A repeat after a lost answer also restores what another administrator has revoked in between; with
        `RetryPolicy(retries=0)` there is none.

        The service removes the expiry as well, so that the token lives for ever unless `expires_at` is given.
        That is set by a second request: when it fails, the token is restored, and the error says so.

        Args:
            token_id: The token's id.
            expires_at: From when on it is refused. Never, by default, also if it had an expiry before.
        """
        return self._session.run(tokens.restore(token_id, expires_at=expires_at))

    def batch_load(self, token_ids: Iterable[str], *, include_secret_phc: bool = False) -> BatchLoadResult:
        """Load the records of any number of ids, in as few requests as the service's limit allows.

        Args:
            token_ids: The ids, each loaded once. That of a record which the service hides is not found.
            include_secret_phc: Ask for each token's secret hash as well.
        """
        return self._session.run(tokens.batch_load(token_ids, include_secret_phc=include_secret_phc))

    def authenticate(self) -> None:
        """Exchange the PAT now, even when there is a JWT, to learn early whether it is accepted.

        It always asks the service. After two exchanges in quick succession that were refused, other calls do
        not ask for a second, and get the same error.
        """
        self._session.authorize(afresh=True)

    @property
    def api(self) -> AuthenticatedClient:
        """The generated client, on which every operation of `access_tokens_api` works, also a new one.

        `rotate_token.sync(token_id, client=client.api)` goes with the JWT, the repeats, the deadline and the
        errors of this client. GET, HEAD, PUT and DELETE are repeated (RFC 9110, section 9.2.2), but for
        registering a token; another POST or PATCH only where the service cannot have acted. What the methods
        check of their arguments is not checked here. The generated parser may raise a KeyError, TypeError or
        ValueError at an answer of the wrong shape, and the generated objects show secrets in their reprs.
        An operation that fails raises an `AccessTokensError`: "Failed to call POST /admin/tokens/abc/rotate".
        """
        return generated_client(self._session.settings, SyncApiTransport(self._session))

    @property
    def auth(self) -> httpx.Auth:
        """Carries this client's JWT to any other API that it opens: `httpx.Client(auth=client.auth)`."""
        return SyncAuth(self._session)

    def close(self) -> None:
        """Close the connections. Calls under way fail with a `ClientClosedError`, and so do later ones."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
