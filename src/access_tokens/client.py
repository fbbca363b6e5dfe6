"""`AccessTokensClient`, the synchronous client."""

from __future__ import annotations

import builtins
import ssl
from collections.abc import Iterable, Iterator
from typing import Self, Unpack, cast

import httpx
from access_tokens_api import AuthenticatedClient

from ._calls import arguments as check
from ._calls import issuing, tokens
from ._calls import rotation as rotating
from ._calls.exchange import exchange
from ._calls.walk import TokenWalk
from ._environment import api_key_from_environment, endpoint_from_environment
from ._pat import ApiKey, pat_source
from ._secret import Secret, Uncopied, view_of
from ._session.api import SyncApiTransport, generated_client
from ._session.auth import Auth, SyncAuth
from ._session.sync_session import SyncSession
from ._settings import SyncOptions, settings
from ._stores.protocol import JwtStore, checked_store
from .bearer import Bearer, Claims
from .models import KEEP, BatchLoadResult, IssueResult, Keep, Moment, TokenRecord
from .retry import RetryPolicy
from .tokens import GeneratedToken, id_of_token


class AccessTokensClient(Uncopied):
    """Issues and manages Personal Access Tokens (PATs).

    Your PAT is exchanged for a JWT on the first call, only once even if many threads call, and the JWT is
    renewed before it expires. Threads may share a client, and it works after a fork. Times are Unix seconds
    or aware datetimes. Characters are counted in UTF-16 units.

    An invalid argument raises a `ValueError` or `TypeError` before any request. A call that fails raises an
    `AccessTokensError`. These classes mean the same for every call:

    * `AuthenticationError`: the PAT is refused or cannot be read, or a JWT is refused that was just issued.
    * `RequestRejectedError`: the service, or a gateway before it, rejects the request; a `ConflictError` if
      it does so with 409.
    * `RateLimitedError`: too many requests; `retry_after` has the seconds to wait, if they are known.
    * `UnavailableError`: the service fails or cannot be reached, also when repeated, or time is up.
    * `EndpointError`: something other than the service answers, or TLS can never work.
    * `InvalidResponseError`: the service's answer cannot be read.
    * `ClientClosedError`: the client or its `http_client` was closed, before or during the call.

    On any error of a method that changes something, `outcome_unknown` says whether it may have been done.

    Args:
        endpoint: The base URL of the service. Must be https:// unless the host is loopback.
        api_key: Your PAT, which is only sent to the token endpoint; or the path of a file with it; or a
            function that returns it. Both are read at each exchange, and once more when the PAT is refused,
            so that a rotated PAT is found. White space at the end of a file does not count.
        auth_path: The path of the token endpoint in your deployment, without `/token`.
        admin_path: The path of the token management in your deployment, without `/tokens`.
        timeout: The most seconds to wait for the next byte, and at most 5 to connect; or an `httpx.Timeout`.
            By default the timeout of `http_client` if you have changed it from httpx's default, else 30.
        deadline: The most seconds that a call may take in total, with exchange, repeats and waits.
        retry: The policy for repeating failed requests.
        http_client: Your own client to send with, of httpx, not of httpx2. You close it. Headers and params
            that you set on it are sent, with their current values, except Authorization, Accept,
            Accept-Encoding, Host, Cookie, `Content-*`, and headers about the connection (Connection, Expect,
            Proxy-Authorization, TE, Upgrade …). Its event hooks run, and what they raise is passed on. Its
            auth, cookies, base_url and follow_redirects are not used.
        ssl_context: The TLS context, for example with your own CA or certificate; also for an https:// proxy.
            Its ALPN protocols are set to HTTP/1.1. Not allowed with `http_client`, which has its own.
        allow_http: Allow an http:// endpoint that is not on loopback. Secrets are then sent unencrypted.
        jwt_store: Where to share the JWT, encrypted, with other processes that have the same PAT, so that
            one exchange is made for all: a `FileJwtStore`, a `RedisJwtStore` or your own `JwtStore`.

    Raises:
        ValueError: An argument is invalid or not safe, such as an `endpoint` with http://, an `api_key` that
            is no PAT or whose file cannot be read, or a closed `http_client`. The message names the argument.
        TypeError: An argument is of another type, or `api_key` or `jwt_store` is async.
        ImportError: `jwt_store` is given without the library that encrypts, of the extra `store` or `redis`.

    Example:
        with AccessTokensClient(service.endpoint, service.admin_pat, deadline=60) as client:
            for record in client.iter_tokens(has_role="reader"):
                print(record.owner)
    """

    def __init__(
        self,
        endpoint: str,
        api_key: ApiKey,
        *,
        auth_path: str = "/auth",
        admin_path: str = "/admin",
        timeout: float | httpx.Timeout | None = None,
        deadline: float = 300.0,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - a constant value
        http_client: httpx.Client | None = None,
        ssl_context: ssl.SSLContext | None = None,
        allow_http: bool = False,
        jwt_store: JwtStore | None = None,
    ) -> None:
        secret = Secret(cast("str", api_key))  # of any type, which `pat_source` checks
        del api_key  # so that no traceback's locals hold it
        check.http_client(http_client, httpx.Client, ssl_context)
        checked = settings(
            endpoint,
            pat_source(secret, may_await=False),
            auth_path=auth_path,
            admin_path=admin_path,
            timeout=timeout,
            deadline=deadline,
            retry=retry,
            ssl_context=ssl_context,
            allow_http=allow_http,
            jwt_store=checked_store(jwt_store, may_await=False),
        )
        self._session = SyncSession(checked, exchange(), http_client)

    def __repr__(self) -> str:
        session = getattr(self, "_session", None)  # a debugger may call this before __init__ has finished
        return f"{type(self).__name__}({session.settings.base if session else ''!r})"

    @classmethod
    def from_env(cls, **options: Unpack[SyncOptions]) -> Self:
        """Make a client from the environment variables `ACCESS_TOKENS_ENDPOINT` and `ACCESS_TOKENS_API_KEY`.

        Or `ACCESS_TOKENS_API_KEY_FILE` instead of the latter: the path of a file with the PAT, as `api_key`.
        White space around the values, such as a trailing newline, is ignored. A value in quotes is an error.

        Args:
            **options: The keyword arguments of the constructor.

        Raises:
            ValueError: A variable is not set, empty or invalid, or both of the PAT are set. The message names
                it, but not its value. Or an option is invalid.
            TypeError: An option is unknown, or of another type.
            ImportError: As in the constructor.

        Example:
            with AccessTokensClient.from_env(timeout=10) as client:
                print(client.token_id)
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
        """List one page of token records, as the service returns it. `iter_tokens` lists all.

        A short or even empty page need not be the last: the service applies `limit` before it drops records.

        Args:
            include_revoked: Include the records of revoked tokens.
            include_expired: Include the records of expired tokens.
            include_secret_phc: Ask for each token's secret hash as well.
            has_role: List only tokens with this role; 1 to 100 characters.
            limit: How many records the service looks at: 100 by default. It takes more than 1000 for 1000.
            after_token_id: Start after the token with this id, in the service's order.

        Raises:
            ValueError: `limit` is below 1, `has_role` or `after_token_id` is empty, too long or a secret.
            TypeError: An argument is of another type.
            PermissionDeniedError: Your PAT is not an administrator's.
            AuthenticationError, RequestRejectedError, RateLimitedError, UnavailableError: As for every call.
            EndpointError, InvalidResponseError, ClientClosedError: As for every call.

        Example:
            page = client.list(limit=10, include_revoked=True, include_expired=True)
            print([record.owner for record in page if record.is_active()])
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

        Each page has its own deadline. This machine's clock decides whether a token has expired. There is no
        filter by owner: compare `record.owner`. A record that the service hides is in no list. Arguments are
        checked at once, all else is raised by `next()`, after which another `next()` asks for the same page
        again.

        Args:
            include_revoked: Include the records of revoked tokens.
            include_expired: Include the records of expired tokens.
            include_secret_phc: Ask for each token's secret hash as well.
            has_role: List only tokens with this role; 1 to 100 characters.
            page_size: How many records to request at a time, from 1 to 1000.

        Raises:
            ValueError: `page_size` is not from 1 to 1000, or `has_role` is empty, too long or a secret.
            TypeError: An argument is of another type.
            PermissionDeniedError: Your PAT is not an administrator's.
            InvalidResponseError: An answer cannot be read, or the pages go in a circle.
            AuthenticationError, RequestRejectedError, RateLimitedError, UnavailableError: As for every call.
            EndpointError, ClientClosedError: As for every call.

        Example:
            for record in client.iter_tokens(include_expired=True):
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

    def get(self, token_id: str, *, include_secret_phc: bool = False) -> TokenRecord:
        """Load the record of one token.

        Args:
            token_id: The id of the token; at most 2,048 bytes in UTF-8.
            include_secret_phc: Ask for the token's secret hash as well.

        Raises:
            ValueError: `token_id` is empty, too long, a dot segment or a secret.
            TypeError: An argument is of another type.
            NotFoundError: No token has this id, or the service hides its record because a value is invalid.
            PermissionDeniedError: Your PAT is not an administrator's.
            AuthenticationError, RequestRejectedError, RateLimitedError, UnavailableError: As for every call.
            EndpointError, InvalidResponseError, ClientClosedError: As for every call.

        Example:
            try:
                print(client.get(token_id).is_active())
            except NotFoundError:
                print("no such token")
        """
        return self._session.run(tokens.get(token_id, include_secret_phc=include_secret_phc))

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
        """Issue a new PAT. It is in the result, and cannot be retrieved again later.

        If the answer is lost, so is the PAT. A repeat uses the same id, so that no second token is made. The
        error then has `outcome_unknown` and the `token_id` to revoke. If you chose that id, look at its
        record first: it may be another token's. With `generate_locally`, the library finds out what was done;
        if it cannot, that PAT is lost as well.
        To be safe even if this process crashes, use `generate_token`, store the PAT, then call `register`.

        Args:
            owner: The owner of the token; 1 to 100 characters.
            is_admin: Whether the token may be used to manage tokens.
            roles: The roles of the token; at most 50, of 1 to 100 characters each.
            expires_at: When the token expires. By default never.
            token_id: The id, 21 letters and digits; ids of hidden records are taken. By default a new one.
            generate_locally: Generate the PAT here, in tens of milliseconds of CPU time; register its hash.
            prefix: The text that the PAT begins with, only with `generate_locally`; `pat_` by default.

        Returns:
            The PAT and its record, which can be unpacked.

        Raises:
            ValueError: `owner`, `roles` or `token_id` is not as above, or holds a secret; `expires_at` is
                not positive, in milliseconds or without a time zone; `prefix` is not allowed.
            TypeError: An argument is of another type, such as a text for `roles`.
            ConflictError: The id is taken; with `outcome_unknown`, maybe by an earlier attempt of this call.
            PermissionDeniedError: Your PAT is not an administrator's.
            RequestRejectedError: The service refuses a value.
            UnavailableError, InvalidResponseError: As for every call; see `outcome_unknown`.
            AuthenticationError, RateLimitedError, EndpointError, ClientClosedError: As for every call.

        Example:
            from datetime import UTC, datetime, timedelta

            in_90_days = datetime.now(UTC) + timedelta(days=90)
            token, record = client.issue("user@example.com", roles=["reader"], expires_at=in_90_days)
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
        """Register a token that was generated by `generate_token`.

        If the answer is lost, the record is loaded: with this hash in it, the call succeeds, and returns the
        record with its current values. If the id is taken, the call succeeds if the record has this hash and
        is as asked for: so a process that has crashed may make the call again.

        Args:
            token_id: The id of the token, 21 letters and digits; ids of hidden records are taken.
            secret_phc: The hash of the PAT's secret, as a PHC string for scrypt; at most 200 characters.
            owner: The owner of the token; 1 to 100 characters.
            is_admin: Whether the token may be used to manage tokens.
            roles: The roles of the token; at most 50, of 1 to 100 characters each.
            expires_at: When the token expires. By default never.

        Returns:
            The record of the token, without the hash.

        Raises:
            ValueError: `token_id`, `secret_phc`, `owner` or `roles` is not as above, or holds a secret in the
                wrong place; `expires_at` is not positive, in milliseconds or without a time zone.
            TypeError: An argument but `secret_phc` is of another type, such as a text for `roles`.
            ConflictError: The id is taken by a token that is not as asked for; with `outcome_unknown`, maybe
                by an earlier attempt of this call.
            PermissionDeniedError: Your PAT is not an administrator's.
            RequestRejectedError: The service refuses a value.
            UnavailableError, InvalidResponseError: As for every call; see `outcome_unknown`.
            AuthenticationError, RateLimitedError, EndpointError, ClientClosedError: As for every call.

        Example:
            made = generate_token()
            record = client.register(made.token_id, made.secret_phc, "user@example.com", roles=["reader"])
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
        """Change a token. What is left out stays as it is. A call without any change is a `ValueError`.

        A repeat after a lost answer may overwrite what another administrator has changed in between. Use
        `RetryPolicy(retries=0)` to avoid repeats.

        Args:
            token_id: The id of the token; at most 2,048 bytes in UTF-8.
            owner: The new owner; 1 to 100 characters.
            is_admin: Whether the token may be used to manage tokens.
            roles: Roles to replace all roles; at most 50, of 1 to 100 characters each. Not with `add_roles`
                or `remove_roles`; nor those two together.
            add_roles: Roles to add, atomically. The service accepts more than 50 in total, but then hides the
                record from lists and batches, and refuses the PAT, until you remove some roles.
            remove_roles: Roles to remove, atomically.
            secret_phc: The hash of a new secret, as a PHC string for scrypt; at most 200 characters. The old
                PAT is then refused.
            expires_at: When the token expires. None removes the expiry; `KEEP`, the default, keeps it.

        Raises:
            ValueError: Nothing is to be changed, or more than one of the three for roles is given; a text or
                the number of roles is not as above; `expires_at` is not positive, in milliseconds or without
                a time zone.
            TypeError: An argument but `secret_phc` is of another type, such as a text for `roles`.
            NotFoundError: No token has this id.
            PermissionDeniedError: Your PAT is not an administrator's.
            RequestRejectedError: The service refuses a value, such as the hash.
            UnavailableError, InvalidResponseError: As for every call; see `outcome_unknown`.
            AuthenticationError, RateLimitedError, EndpointError, ClientClosedError: As for every call.

        Example:
            client.update(token_id, add_roles=["writer"], expires_at=None)  # None removes the expiry
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

    def rotate(self, new: GeneratedToken) -> None:
        """Give a token a new secret, so that its old PAT is refused from then on.

        Make the PAT by `generate_token(token_id=...)`, and *store it first*: then nothing can be lost. Only
        its hash is sent. If the answer is lost, the record is loaded to find out what was done. Existing JWTs
        stay valid until they expire. If the token is your own, the client goes on with the new PAT, unless
        a file or a function provides it. While the outcome is unknown, it tries both. A repeat after a lost
        answer may undo a rotation by somebody else in between. A token that is revoked or expired stays so.

        Args:
            new: The new PAT, with the id of the token and the hash.

        Raises:
            ValueError: The PAT, the id and the hash in `new` are not as `generate_token` makes them.
            TypeError: `new` is no `GeneratedToken`.
            NotFoundError: No token has this id.
            PermissionDeniedError: Your PAT is not an administrator's.
            RequestRejectedError: The service refuses the hash.
            UnavailableError, InvalidResponseError: As for every call; see `outcome_unknown`.
            AuthenticationError, RateLimitedError, EndpointError, ClientClosedError: As for every call.

        Example:
            from pathlib import Path

            made = generate_token(token_id=token_id)
            Path("pat.txt").write_text(made.token)
            client.rotate(made)
        """
        made = Secret(cast("str", new))
        del new  # so that no traceback's locals hold it
        return self._session.run(rotating.rotate(made, self._session.settings.pat))

    def revoke(self, token_id: str, *, expires_at: Moment | None = None) -> None:
        """Revoke a token. A revoked token stays as it is. Existing JWTs stay valid until they expire.

        A repeat after a lost answer also revokes a token that another administrator has restored in between.
        Use `RetryPolicy(retries=0)` to avoid repeats. With `expires_at`, the service may remove the record in
        between: the repeat then raises a `NotFoundError` with `outcome_unknown`.

        Args:
            token_id: The id of the token; at most 2,048 bytes in UTF-8.
            expires_at: From when on the service may remove the record. By default, an old expiry is cleared.

        Raises:
            ValueError: `token_id` is empty, too long, a dot segment or a secret; `expires_at` is not
                positive, in milliseconds or without a time zone.
            TypeError: An argument is of another type.
            NotFoundError: No token has this id.
            PermissionDeniedError: Your PAT is not an administrator's.
            UnavailableError, InvalidResponseError: As for every call; see `outcome_unknown`.
            AuthenticationError, RequestRejectedError, RateLimitedError, EndpointError: As for every call.
            ClientClosedError: As for every call.

        Example:
            client.revoke(token_id)
        """
        return self._session.run(tokens.revoke(token_id, expires_at=expires_at))

    def restore(self, token_id: str, *, expires_at: Moment | None = None) -> None:
        """Undo the revocation of a token. An active token stays as it is, apart from `expires_at` if given.

        A repeat after a lost answer also restores a token that another administrator has revoked in between.
        Use `RetryPolicy(retries=0)` to avoid repeats.

        The service also removes the expiry, so the token never expires unless you give `expires_at`. That is
        set by a second request. If the second request fails, the token is restored, and the error says so.

        Args:
            token_id: The id of the token; at most 2,048 bytes in UTF-8.
            expires_at: When the token expires. By default never, even if it had an expiry before.

        Raises:
            ValueError: `token_id` is empty, too long, a dot segment or a secret; `expires_at` is not
                positive, in milliseconds or without a time zone.
            TypeError: An argument is of another type.
            NotFoundError: No token has this id.
            PermissionDeniedError: Your PAT is not an administrator's.
            UnavailableError, InvalidResponseError: As for every call; see `outcome_unknown`.
            AuthenticationError, RequestRejectedError, RateLimitedError, EndpointError: As for every call.
            ClientClosedError: As for every call.

        Example:
            import time

            client.restore(token_id, expires_at=int(time.time()) + 86_400)
        """
        return self._session.run(tokens.restore(token_id, expires_at=expires_at))

    def batch_load(self, token_ids: Iterable[str], *, include_secret_phc: bool = False) -> BatchLoadResult:
        """Load the records for any number of ids, in as few requests as the service's limit allows.

        Args:
            token_ids: The ids; duplicates are loaded once. Records that the service hides are not found.
            include_secret_phc: Ask for each token's secret hash as well.

        Returns:
            The records that were found, and the ids of the others, which can be unpacked.

        Raises:
            ValueError: One of `token_ids` is empty, over 2,048 bytes in UTF-8, a dot segment or a secret.
            TypeError: `token_ids` is a text, or no collection of texts; or the other argument is no bool.
            PermissionDeniedError: Your PAT is not an administrator's.
            AuthenticationError, RequestRejectedError, RateLimitedError, UnavailableError: As for every call.
            EndpointError, InvalidResponseError, ClientClosedError: As for every call.

        Example:
            found, not_found = client.batch_load([token_id, "no-such-id"])
        """
        return self._session.run(tokens.batch_load(token_ids, include_secret_phc=include_secret_phc))

    def authenticate(self) -> None:
        """Exchange the PAT for a new JWT now, to find out early whether the PAT is accepted.

        This always sends a request, even if there is a valid JWT. After two refused exchanges in quick
        succession, other calls raise the same error for one second, without asking the service.

        Raises:
            AuthenticationError: The PAT is refused, or its file or function fails.
            RateLimitedError: Too many exchanges, of which a service may allow a few a minute only.
            RequestRejectedError, UnavailableError, EndpointError, InvalidResponseError: As for every call.
            ClientClosedError: As for every call.

        Example:
            try:
                client.authenticate()
            except AuthenticationError as error:
                print("check the PAT:", error)
        """
        self._session.authorize(afresh=True)

    def bearer(self) -> Bearer:
        """Return a JWT for any HTTP library, gRPC or websocket; `auth` is simpler where httpx sends.

        It is the JWT of this client's own calls, got and renewed as for them. It lives for at least 30
        seconds more, or half of its life if that is shorter; for less only while it cannot be renewed.

        Raises:
            AuthenticationError: The PAT is refused, or its file or function fails.
            RateLimitedError: Too many exchanges, of which a service may allow a few a minute only.
            RequestRejectedError, UnavailableError, EndpointError, InvalidResponseError: As for every call.
            ClientClosedError: As for every call.

        Example:
            headers = {"Authorization": client.bearer().header}
        """
        return self._session.bearer()

    def discard(self, bearer: Bearer) -> None:
        """Say that another API has refused a JWT with 401. If it is still the current one, the next is new.

        Each new JWT costs an exchange, whose rate the service limits: repeat a request once, not more.

        Args:
            bearer: What `bearer` has returned.

        Raises:
            TypeError: The argument is no `Bearer`.

        Example:
            refused = client.bearer()
            client.discard(refused)  # after a 401
            headers = {"Authorization": client.bearer().header}
        """
        refused = Secret(cast("str", bearer))
        del bearer  # so that no traceback's locals hold it
        self._session.discard_token(check.bearer(refused))

    def whoami(self) -> Claims | None:
        """Return what the service says about you in the JWT, without verifying it; None if it is no JWT.

        It is as old as the JWT: roles that you got or lost since are in the next one.

        Raises:
            AuthenticationError: The PAT is refused, or its file or function fails.
            RateLimitedError: Too many exchanges, of which a service may allow a few a minute only.
            RequestRejectedError, UnavailableError, EndpointError, InvalidResponseError: As for every call.
            ClientClosedError: As for every call.

        Example:
            if (claims := client.whoami()) and claims.is_admin:
                print(claims.owner, "is an administrator")
        """
        return self.bearer().claims

    def with_options(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
        deadline: float | None = None,
        retry: RetryPolicy | None = None,
    ) -> Self:
        """Return a view of this client with other patience: `client.with_options(timeout=2).get(token_id)`.

        It shares everything else: the connections, the JWT, and the closing. What is left out stays as it is.

        Args:
            timeout: The most seconds to wait for the next byte, and at most 5 to connect; or an
                `httpx.Timeout`.
            deadline: The most seconds that a call may take in total, with exchange, repeats and waits.
            retry: The policy for repeating failed requests.

        Raises:
            ValueError: `timeout`, a part of it, or `deadline` is not over 0 and up to 4,000,000 seconds.
            TypeError: An argument is of another type.

        Example:
            once = client.with_options(deadline=5, retry=RetryPolicy(retries=0))
            once.update(token_id, owner="new@example.com")
        """
        changed = self._session.settings.with_options(timeout, deadline, retry)
        return view_of(self, _session=self._session.with_settings(changed))

    @property
    def token_id(self) -> str | None:
        """The id of the token that your PAT is, read from the PAT without a request.

        None if the PAT does not have the form `{prefix}{21 letters and digits}.{32 bytes in Base64}`, or
        before a function has been asked for it.

        Example:
            print("this program goes by the token", client.token_id)
        """
        pat = self._session.settings.pat.current
        return id_of_token(pat) if pat else None

    @property
    def api(self) -> AuthenticatedClient:
        """A generated client for the functions of `access_tokens_api`, even for operations that are new.

        `list_tokens.sync(client=client.api)` uses the JWT, repeats, deadline and errors of this
        client. GET, HEAD, PUT and DELETE are repeated (RFC 9110, section 9.2.2), except for registering a
        token. A POST or PATCH unknown to this client is repeated only if the service cannot have acted.
        Arguments are not checked as in this client's methods, and generated objects show secrets in their
        reprs.

        Raises:
            AccessTokensError: By the functions, as any of its classes: "Failed to call POST /admin/tokens".
            ValueError: By the functions, if the path holds a secret, or for an answer that is unexpected.
            KeyError, TypeError: By the functions, for an answer that is unexpected.
            RuntimeError: By the `asyncio` functions, which need the async client.

        Example:
            from access_tokens_api.api.tokens import restore_token

            restore_token.sync_detailed(token_id, client=client.api)
        """
        return generated_client(self._session.settings, SyncApiTransport(self._session))

    @property
    def auth(self) -> Auth:
        """An `httpx.Auth` that carries this client's JWT to other APIs that accept it.

        `httpx2.Client` takes it as well, also if httpx2 is imported later. This library never imports it.

        A 401 gets a new JWT and repeats the request, unless this JWT was new, the body is a stream or a POST
        was redirected. A host that refuses the new one as well has its 401s passed on for a minute.

        Raises:
            AuthenticationError, RequestRejectedError, RateLimitedError, UnavailableError: By a request, as
                for every call, if no JWT can be got.
            EndpointError, InvalidResponseError, ClientClosedError: By a request, likewise.
            ValueError: By a request over plain http://, unless it is to loopback, or `allow_http` is True.
            RuntimeError: By an `httpx.AsyncClient`, whose event loop it would block.

        Example:
            import httpx

            with httpx.Client(auth=client.auth, base_url=service.endpoint) as http:
                print(http.get("/admin/tokens").status_code)
        """
        return cast("Auth", SyncAuth(self._session))

    def close(self) -> None:
        """Close the connections. Calls under way and later calls raise a `ClientClosedError`.

        A `with` block does so at its end. A second call does nothing. Views by `with_options` are closed too.

        Example:
            client.close()
        """
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
