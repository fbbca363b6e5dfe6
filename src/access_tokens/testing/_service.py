"""`Service`: the service as an ASGI application, without a network."""

from collections.abc import Mapping

import attrs
from starlette.types import ASGIApp, Scope

from access_tokens.testing._api import Api
from access_tokens.testing._backend import Backend
from access_tokens.testing._credentials import Pat
from access_tokens.testing._direct import Direct
from access_tokens.testing._faults import Dropping, Failing
from access_tokens.testing._front import Front
from access_tokens.testing._journal import ReceivedRequest
from access_tokens.testing._offload import Offload
from access_tokens.testing._store import early_token_id


def _new_pat(service: "Service") -> str:
    return Pat.generate(early_token_id()).text(service.prefix)


def _must_be_pat(service: "Service", attribute: "attrs.Attribute[str]", value: object) -> None:
    # The message does not show the value, which may be somebody's real PAT.
    if not isinstance(value, str) or Pat.parse(value, service.prefix) is None:
        form = "21 letters and digits, a dot, and a secret in Base64"
        raise ValueError(f"{attribute.name} must be a PAT: the prefix {service.prefix!r}, {form}")


@attrs.define(kw_only=True, eq=False, repr=False, slots=False)
class Service(Direct):
    """A token service in memory: an ASGI application, without a network.

    It starts with one administrator. All methods may be called from any thread, even while requests are
    served, and the options may be changed at any time, except for the two paths and the PAT. Times are Unix
    seconds or aware datetimes.

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
        admin_pat: The administrator's PAT; a new one by default. With `empty=True`, the PAT that the
            deployment has configured for the first exchange.
        admin_token_id: The token id of that PAT.

    Raises:
        ValueError: An option is not as described. The message names it.

    Example:
        import httpx
        from access_tokens.testing import Service

        local = Service(lifetime=60)
        http = httpx.AsyncClient(transport=httpx.ASGITransport(local.app))
        client = AsyncAccessTokensClient("https://tokens.example.com", local.admin_pat, http_client=http)
        await client.list()
    """

    app: ASGIApp = attrs.field(init=False)
    admin_pat: str = attrs.field(
        default=attrs.Factory(_new_pat, takes_self=True),
        validator=_must_be_pat,
        on_setattr=attrs.setters.frozen,
    )
    admin_token_id: str = attrs.field(init=False)
    _offload: Offload = attrs.field(init=False, factory=Offload)
    _front: Front = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        pat = Pat.parse(self.admin_pat, self.prefix)
        assert pat  # noqa: S101 - its validator has parsed it
        self.admin_token_id = pat.token_id
        self._backend = Backend(self, pat)
        self._front = Front(Api(self._backend, self._offload), self, self._hang_up)
        self.app = self._front

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The received requests in order, including those that failed or were dropped.

        Example:
            client.list()
            print([request.path for request in service.requests])  # ["/auth/token", "/admin/tokens"]
        """
        return self._front.journal.read()

    @property
    def exchanges(self) -> int:
        """How many of `requests` were exchanges of a PAT.

        Example:
            client.list()
            assert service.exchanges == 1
        """
        path = f"{self.auth_path}/token".lower()
        posts = (request.path for request in self.requests if request.method == "POST")
        return sum(each.lower().rstrip("/") == path for each in posts)

    def clear_requests(self) -> None:
        """Forget the requests received so far.

        Example:
            client.authenticate()
            service.clear_requests()
            client.list()
            assert len(service.requests) == 1
        """
        self._front.journal.clear()

    def rotate_key(self) -> None:
        """Replace the signing key, so that all existing JWTs are refused, as after a restart.

        Example:
            service.rotate_key()
        """
        self._backend.rotate_key()

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
                `/admin/*`. None for any.
            method: Only requests with this method. None for any.

        Example:
            service.fail_next(2, status=503, headers={"Retry-After": "0"}, path="/admin/*")
            client.list()  # succeeds at the third attempt
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

        Example:
            service.drop_next(path="/admin/tokens", method="POST", after=True)  # the answer is lost
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

        Example:
            service.delay_next(1, 2.0, path="/auth/token")
        """
        self._front.delays.add(seconds, count, path, method)

    def clear_faults(self) -> None:
        """Cancel all faults and delays that have been requested.

        Example:
            service.fail_next(100)
            service.clear_faults()
            client.list()
        """
        self._front.faults.clear()
        self._front.delays.clear()

    def _hang_up(self, scope: Scope) -> None:
        raise ConnectionResetError(f"{scope['method']} {scope['path']} was dropped, as drop_next() asked for")
