"""`Service`: the service as an ASGI application, without a network."""

from collections.abc import Iterable, Mapping

import attrs
from starlette.types import ASGIApp, Scope

from access_tokens.testing import _record as records
from access_tokens.testing._api import Api
from access_tokens.testing._backend import Backend
from access_tokens.testing._credentials import Pat
from access_tokens.testing._faults import Dropping, Failing
from access_tokens.testing._front import Front
from access_tokens.testing._journal import ReceivedRequest
from access_tokens.testing._offload import Offload
from access_tokens.testing._settings import Settings
from access_tokens.testing._store import early_token_id


@attrs.define(kw_only=True, eq=False, repr=False, slots=False)
class Service(Settings):
    """A token service in memory: an ASGI application, without a network.

    It starts with one administrator. All methods may be called from any thread, even while requests are
    served, and the options may be changed at any time, except for the two paths.

    Attributes:
        auth_path: The path of the token endpoint, without `/token`.
        admin_path: The path of the token management, without `/tokens`.
        prefix: The text that every PAT of this service begins with.
        issuer: The issuer (`iss`) in the JWTs.
        lifetime: How long a JWT is valid, in seconds.
        rate_limit: The most exchanges, and the number of seconds for which they count; None for no limit.
        bootstrap: Whether exchanging `admin_pat` on an empty table creates the first administrator.
        empty: Whether to start with an empty table instead of one administrator.
        documented: Answer 404, 409 and 400, as the documentation promises, where the reference
            service answers 500.
        errors: The form of error bodies. "json", `{"error": {"message": ...}}`, is the reference with an
            error handler. Without one, it sends "html", pages with a stack trace, or, under
            NODE_ENV=production, "production", pages with only the status phrase. Other services send "text",
            `{"error": "text"}`, or "empty".
        nulls: Send unset properties of a record as null instead of leaving them out.
        app: The ASGI application.
        admin_pat: The administrator's PAT. With `empty=True`, the PAT that the deployment has configured for
            the first exchange.
        admin_token_id: The token id of that PAT.
    """

    app: ASGIApp = attrs.field(init=False)
    admin_pat: str = attrs.field(init=False)
    admin_token_id: str = attrs.field(init=False)
    _offload: Offload = attrs.field(init=False, factory=Offload)
    _backend: Backend = attrs.field(init=False)
    _front: Front = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        pat = Pat.generate(early_token_id())
        self.admin_pat, self.admin_token_id = pat.text(self.prefix), pat.token_id
        self._backend = Backend(self, pat)
        self._front = Front(Api(self._backend, self._offload), self, self._hang_up)
        self.app = self._front

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The received requests in order, including those that failed or were dropped."""
        return self._front.journal.read()

    @property
    def exchanges(self) -> int:
        """How many of `requests` were exchanges of a PAT."""
        path = f"{self.auth_path}/token".lower()
        posts = (request.path for request in self.requests if request.method == "POST")
        return sum(each.lower().rstrip("/") == path for each in posts)

    def clear_requests(self) -> None:
        """Forget the requests received so far."""
        self._front.journal.clear()

    def now(self) -> float:
        """Return the service's time in Unix seconds: the real time plus the seconds added by `advance`."""
        return self._backend.now()

    def advance(self, seconds: float) -> None:
        """Put the clock of the service forward.

        Args:
            seconds: The number of seconds.
        """
        self._backend.advance(seconds)

    def rotate_key(self) -> None:
        """Replace the signing key, so that all existing JWTs are refused, as after a restart."""
        self._backend.rotate_key()

    def verify(self, jwt: str) -> dict[str, object]:
        """Check a JWT, as a resource server that trusts this service would.

        Args:
            jwt: The JWT.

        Returns:
            The claims: `sub` (the token id), `owner`, `admin`, `roles`, `iss`, `iat`, `exp`, `jti`.

        Raises:
            ValueError: The JWT is malformed, has another key or issuer, or has expired.
        """
        return self._backend.verify(jwt)

    def issue(
        self,
        owner: str,
        *,
        is_admin: bool = False,
        roles: Iterable[str] = (),
        expires_at: int | None = None,
    ) -> str:
        """Issue a token directly, without a request.

        Args:
            owner: The owner of the token.
            is_admin: Whether the token may be used to manage tokens.
            roles: The roles of the token.
            expires_at: When the token expires, in Unix seconds; None for never.

        Returns:
            The PAT.

        Raises:
            ValueError: The store refuses a value.
        """
        pat = Pat.generate()
        request = {"owner": owner, "isAdmin": is_admin, "roles": [*roles], "expiresAt": expires_at}
        self._backend.issue(pat, request)
        return pat.text(self.prefix)

    def seed(
        self,
        count: int,
        *,
        owner: str = "user-{n}@example.com",
        roles: Iterable[str] = (),
        expired: bool = False,
        revoked: bool = False,
    ) -> list[str]:
        """Add many tokens quickly. Their PATs are unknown, so they cannot be exchanged.

        Args:
            count: How many tokens to add.
            owner: The owner of each token; `{n}` is replaced by a number, counted from 1.
            roles: The roles of each token.
            expired: Whether the tokens have expired.
            revoked: Whether the tokens are revoked.

        Returns:
            The ids of the tokens.

        Raises:
            ValueError: The store refuses a value.
        """
        owners = [owner.replace("{n}", str(n)) for n in range(1, count + 1)]
        return self._backend.seed(owners, tuple(roles), expired=expired, revoked=revoked)

    def revoke(self, token_id: str) -> None:
        """Revoke a token directly, and clear its expiry. A revoked token stays as it is.

        Args:
            token_id: The id of the token.

        Raises:
            ValueError: No token has this id.
        """
        self._backend.revoke(token_id)

    def record(self, token_id: str, *, include_secret_phc: bool = False) -> dict[str, object] | None:
        """Return the record of a token.

        Args:
            token_id: The id of the token.
            include_secret_phc: Whether to include the hash of the secret.

        Returns:
            The record in the form of the API, without unset properties, even if the API hides this record;
            None if no token has this id.
        """
        record = self._backend.store.get(token_id)
        shown = records.public(record, secret_phc=include_secret_phc) if record else {}
        return {name: value for name, value in shown.items() if value is not None} or None

    def fail_next(
        self,
        count: int = 1,
        *,
        status: int = 503,
        headers: Mapping[str, str] | None = None,
        body: str | bytes | Mapping[str, object] | None = None,
        path: str | None = None,
        method: str | None = None,
    ) -> None:
        """Answer the next requests with an error, without carrying them out.

        Args:
            count: How many requests.
            status: The HTTP status.
            headers: Further headers, such as `Retry-After`.
            body: A mapping, which is sent as JSON, or text or bytes, which are sent unchanged. None for an
                error body in the form that `errors` selects.
            path: Only requests for this path, in its percent-encoded form, or for a pattern such as
                `/admin/*`.
            method: Only requests with this method.
        """
        self._front.faults.add(Failing(status, headers or {}, body), count, path, method)

    def drop_next(
        self, count: int = 1, *, path: str | None = None, method: str | None = None, after: bool = False
    ) -> None:
        """Close the connection of the next requests without an answer.

        In a `Service` without a network, the ASGI application raises `ConnectionResetError` instead.

        Args:
            count: How many requests.
            path: Same as in `fail_next`.
            method: Same as in `fail_next`.
            after: Whether to carry out the request first.
        """
        self._front.faults.add(Dropping(after), count, path, method)

    def delay_next(
        self, count: int, seconds: float, *, path: str | None = None, method: str | None = None
    ) -> None:
        """Delay the next requests, before they are carried out or another fault is applied.

        Args:
            count: How many requests.
            seconds: The delay, in real time.
            path: Same as in `fail_next`.
            method: Same as in `fail_next`.
        """
        self._front.delays.add(seconds, count, path, method)

    def clear_faults(self) -> None:
        """Cancel all faults and delays that have been requested."""
        self._front.faults.clear()
        self._front.delays.clear()

    def _hang_up(self, scope: Scope) -> None:
        raise ConnectionResetError(f"{scope['method']} {scope['path']} was dropped, as drop_next() asked for")
