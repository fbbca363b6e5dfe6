"""The service without a network."""

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

    It starts with one administrator. Everything may be used from any thread, also while it serves,
    and the options may then still be changed, except for the two paths.

    Attributes:
        auth_path: Where the exchange lives.
        admin_path: Where the management of tokens lives.
        prefix: How every PAT of this service begins.
        issuer: Who the JWTs say has issued them.
        lifetime: How long a JWT is valid, in seconds.
        rate_limit: How many exchanges are let through in how many seconds; None for no limit.
        bootstrap: Whether `admin_pat` becomes an administrator's when it is exchanged on an empty table.
        empty: Whether to start with an empty table instead of one administrator.
        documented: Answer 404, 409 and 400, as the documentation promises, where the reference
            service answers 500.
        errors: How error bodies look. "json", `{"error": {"message": ...}}`, is the reference with an error
            handler, and "html", pages with a stack, without one; "production", pages with the status phrase
            alone, under NODE_ENV=production. "text", `{"error": "text"}`, and "empty" are what others do.
        nulls: Send unset properties of a record as null instead of leaving them out.
        app: The ASGI application.
        admin_pat: The administrator's PAT. With `empty=True`, the one that the deployment has configured for
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
        """The requests that arrived, in their order, those that failed or were dropped included."""
        return self._front.journal.read()

    @property
    def exchanges(self) -> int:
        """How many of `requests` arrived at the exchange."""
        path = f"{self.auth_path}/token".lower()
        posts = (request.path for request in self.requests if request.method == "POST")
        return sum(each.lower().rstrip("/") == path for each in posts)

    def clear_requests(self) -> None:
        """Forget the requests that arrived."""
        self._front.journal.clear()

    def now(self) -> float:
        """Tell the time of the service: the real one, plus what it was advanced by. Unix time, in seconds."""
        return self._backend.now()

    def advance(self, seconds: float) -> None:
        """Put the clock of the service forward.

        Args:
            seconds: By how much.
        """
        self._backend.advance(seconds)

    def rotate_key(self) -> None:
        """Sign with a new key from now on, and refuse every JWT in circulation, as after a restart."""
        self._backend.rotate_key()

    def verify(self, jwt: str) -> dict[str, object]:
        """Check a JWT, as a resource server that trusts this service would.

        Args:
            jwt: The JWT.

        Returns:
            Its claims: `sub` (the token id), `owner`, `admin`, `roles`, `iss`, `iat`, `exp`, `jti`.

        Raises:
            ValueError: It is malformed, of another key or issuer, or expired.
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
        """Issue a token without a request.

        Args:
            owner: Whose token it is.
            is_admin: Whether it may manage tokens.
            roles: The roles to give it.
            expires_at: From when on it is refused, Unix time; None for never.

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
        """Fill the table quickly, with tokens whose PATs nobody knows.

        Args:
            count: How many tokens to make.
            owner: Whose they are; `{n}` becomes a number from 1.
            roles: The roles to give each.
            expired: Whether they are expired.
            revoked: Whether they are revoked.

        Returns:
            The token ids.

        Raises:
            ValueError: The store refuses a value.
        """
        owners = [owner.replace("{n}", str(n)) for n in range(1, count + 1)]
        return self._backend.seed(owners, tuple(roles), expired=expired, revoked=revoked)

    def revoke(self, token_id: str) -> None:
        """Revoke a token without a request, and clear its expiry; one that is revoked stays as it is.

        Args:
            token_id: Which.

        Raises:
            ValueError: No token has this id.
        """
        self._backend.revoke(token_id)

    def record(self, token_id: str, *, include_secret_phc: bool = False) -> dict[str, object] | None:
        """Look a record up.

        Args:
            token_id: Which.
            include_secret_phc: Whether to give the hash of its secret as well.

        Returns:
            The record as the API gives it, without the properties that are unset, also where the API hides
            it; None when no token has this id.
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
        """Answer the next requests with an error, without acting.

        Args:
            count: How many requests.
            status: The status.
            headers: Further headers, such as `Retry-After`.
            body: A mapping is sent as JSON, and text or bytes as they are. None for the error body
                that `errors` asks for.
            path: Only requests for this path, as it is sent; a pattern such as `/admin/*` also does.
            method: Only requests with this method.
        """
        self._front.faults.add(Failing(status, headers or {}, body), count, path, method)

    def drop_next(
        self, count: int = 1, *, path: str | None = None, method: str | None = None, after: bool = False
    ) -> None:
        """Close the connection of the next requests without an answer.

        Without a network there is no connection, and the application raises `ConnectionResetError`.

        Args:
            count: How many requests.
            path: Same as in `fail_next`.
            method: Same as in `fail_next`.
            after: Whether to act on the request before.
        """
        self._front.faults.add(Dropping(after), count, path, method)

    def delay_next(
        self, count: int, seconds: float, *, path: str | None = None, method: str | None = None
    ) -> None:
        """Let the next requests wait before anything else happens to them, other faults included.

        Args:
            count: How many requests.
            seconds: How long, in real time.
            path: Same as in `fail_next`.
            method: Same as in `fail_next`.
        """
        self._front.delays.add(seconds, count, path, method)

    def clear_faults(self) -> None:
        """Let nothing fail, be dropped or be delayed any more."""
        self._front.faults.clear()
        self._front.delays.clear()

    def _hang_up(self, scope: Scope) -> None:
        raise ConnectionResetError(f"{scope['method']} {scope['path']} was dropped, as drop_next() asked for")
