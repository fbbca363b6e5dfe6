"""What a test does with the tokens, the clock and the JWTs of a service directly, without a request."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import attrs

from access_tokens.testing import _record as records
from access_tokens.testing._backend import Backend
from access_tokens.testing._credentials import Pat
from access_tokens.testing._settings import Settings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class IssuedToken(NamedTuple):
    """A token that `issue` has made: `token_id, pat = service.issue("user@example.com")`.

    Attributes:
        token_id: The id of the token.
        pat: The PAT. Not shown in the repr.
    """

    token_id: str
    pat: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}(token_id={self.token_id!r}, pat=<hidden>)"


@attrs.define(kw_only=True, eq=False, repr=False, slots=False)
class Direct(Settings):
    """The part of `Service` that needs no HTTP. Times are Unix seconds or aware datetimes."""

    _backend: Backend = attrs.field(init=False)

    def now(self) -> float:
        """Return the service's time in Unix seconds: the real time plus the seconds added by `advance`.

        Example:
            service.issue("user@example.com", expires_at=int(service.now()) + 60)
        """
        return self._backend.now()

    def advance(self, seconds: float) -> None:
        """Put the clock of the service forward, or back. That of the clients goes on as before.

        Args:
            seconds: The number of seconds. A negative number puts the clock back: PATs and JWTs that have
                expired since then are valid again, and those that were issued since then stay valid.

        Raises:
            ValueError: The number is not finite.

        Example:
            service.advance(3600)  # the JWTs have expired
        """
        if not math.isfinite(seconds):
            raise ValueError(f"seconds must be a finite number, not {seconds}")
        self._backend.advance(seconds)

    def verify(self, jwt: str) -> dict[str, object]:
        """Check a JWT, as a resource server that trusts this service would.

        Args:
            jwt: The JWT.

        Returns:
            The claims, `sub` (the token id), `owner`, `admin`, `roles`, `iss`, `iat`, `exp`, `jti`.

        Raises:
            ValueError: The JWT is malformed, has another key or issuer, or has expired.

        Example:
            claims = service.verify(client.bearer().access_token)
            print(claims["owner"])
        """
        return self._backend.verify(jwt)

    def jwks(self) -> dict[str, Any]:
        """Return the key set with which another API verifies the JWTs (RFC 7517, section 5).

        The real service has no route for it: whoever runs it hands its key set to those APIs.

        Returns:
            One Ed25519 key, as an object for JSON. After `rotate_key` it is another.

        Example:
            print(service.jwks()["keys"][0]["kid"])
        """
        return self._backend.jwks()

    def issue(
        self,
        owner: str,
        *,
        is_admin: bool = False,
        roles: Iterable[str] = (),
        expires_at: int | datetime | None = None,
        created_at: int | datetime | None = None,
        last_used_at: int | datetime | None = None,
    ) -> IssuedToken:
        """Issue a token directly, without a request.

        Args:
            owner: The owner of the token.
            is_admin: Whether the token may be used to manage tokens.
            roles: The roles of the token.
            expires_at: When the token expires; None for never.
            created_at: When the token was created; None for now.
            last_used_at: When the PAT was last exchanged; None for never.

        Returns:
            The id of the token, and its PAT.

        Raises:
            ValueError: The store refuses a value, or a datetime has no time zone.

        Example:
            token_id, pat = service.issue("user@example.com", roles=["reader"])
        """
        pat = Pat.generate()
        request = {"owner": owner, "isAdmin": is_admin, "roles": [*roles], "expiresAt": _second(expires_at)}
        times = {"createdAt": _second(created_at), "lastUsedAt": _second(last_used_at)}
        self._backend.issue(pat, request, times)
        return IssuedToken(pat.token_id, pat.text(self.prefix))

    def seed(
        self,
        count: int,
        *,
        owner: str = "user-{n}@example.com",
        is_admin: bool = False,
        roles: Iterable[str] = (),
        created_at: int | datetime | None = None,
        last_used_at: int | datetime | None = None,
        expires_at: int | datetime | None = None,
        revoked_at: int | datetime | None = None,
        expired: bool = False,
        revoked: bool = False,
    ) -> list[str]:
        """Add many tokens quickly. Their PATs are unknown, so they cannot be exchanged.

        Args:
            count: How many tokens to add.
            owner: The owner of each token; `{n}` is replaced by a number, counted from 1.
            is_admin: Whether the tokens may be used to manage tokens.
            roles: The roles of each token.
            created_at: When the tokens were created; None for now.
            last_used_at: When the PATs were last exchanged; None for never.
            expires_at: When the tokens expire; None for never.
            revoked_at: When the tokens were revoked; None for never.
            expired: Whether the tokens have expired: short for an `expires_at` of a second ago.
            revoked: Whether the tokens are revoked: short for a `revoked_at` of now.

        Returns:
            The ids of the tokens.

        Raises:
            ValueError: The store refuses a value, a datetime has no time zone, or both `expired` and
                `expires_at`, or both `revoked` and `revoked_at`, are given.

        Example:
            service.seed(1000, owner="user-{n}@example.com", roles=["reader"])
            service.seed(5, expired=True)
        """
        now = int(self.now())
        request = {
            "isAdmin": is_admin,
            "roles": [*roles],
            "expiresAt": _either("expired", now - 1 if expired else None, "expires_at", expires_at),
        }
        times = {
            "createdAt": _second(created_at),
            "lastUsedAt": _second(last_used_at),
            "revokedAt": _either("revoked", now if revoked else None, "revoked_at", revoked_at),
        }
        owners = [owner.replace("{n}", str(n)) for n in range(1, count + 1)]
        return self._backend.seed(({**request, "owner": each} for each in owners), times)

    def revoke(self, token_id: str) -> None:
        """Revoke a token directly, and clear its expiry. A revoked token stays as it is.

        Args:
            token_id: The id of the token.

        Raises:
            ValueError: No token has this id.

        Example:
            service.revoke(token_id)
        """
        self._backend.revoke(token_id)

    def remove(self, token_id: str) -> None:
        """Remove the record of a token, as the service does with a revoked one that has expired.

        Args:
            token_id: The id of the token.

        Raises:
            ValueError: No token has this id.

        Example:
            service.remove(token_id)
        """
        self._backend.store.remove(token_id)

    def record(self, token_id: str, *, include_secret_phc: bool = False) -> dict[str, object] | None:
        """Return the record of a token.

        Args:
            token_id: The id of the token.
            include_secret_phc: Whether to include the hash of the secret.

        Returns:
            The record in the form of the API, without unset properties, even if the API hides this record;
            None if no token has this id.

        Example:
            client.revoke(token_id)
            assert "revokedAt" in service.record(token_id)
        """
        record = self._backend.store.get(token_id)
        shown = records.public(record, secret_phc=include_secret_phc) if record else {}
        return {name: value for name, value in shown.items() if value is not None} or None


def _second(moment: int | datetime | None) -> int | None:
    if not isinstance(moment, datetime):
        return moment
    if moment.utcoffset() is None:
        raise ValueError("a datetime must be aware, with a time zone")
    return (moment - _EPOCH) // timedelta(seconds=1)


def _either(short: str, second: int | None, name: str, moment: int | datetime | None) -> int | None:
    if second is not None and moment is not None:
        raise ValueError(f"give either {short} or {name}")
    return second if moment is None else _second(moment)
