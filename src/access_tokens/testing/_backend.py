"""The logic of the service, without HTTP."""

import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

from access_tokens.testing import _credentials as credentials
from access_tokens.testing import _errors as errors
from access_tokens.testing import _record as records
from access_tokens.testing import _schemas as schemas
from access_tokens.testing._credentials import Pat
from access_tokens.testing._rate_limit import RateLimiter
from access_tokens.testing._record import Record
from access_tokens.testing._settings import Settings
from access_tokens.testing._signing import SigningKey
from access_tokens.testing._store import Store

Times = Mapping[str, int | None]
NOW: Times = {}

_LIST_DEFAULT = 100
_LIST_MAX = 1000


class Backend:
    """The tokens of a service, its clock and its signing key.

    Args:
        settings: The options of the service.
        configured: The PAT that the deployment has configured for the first exchange.
    """

    def __init__(self, settings: Settings, configured: Pat) -> None:
        self.settings = settings
        self.store = Store()
        self._configured_phc = credentials.hash_secret(configured.secret)
        self._key = SigningKey()
        self._limiter = RateLimiter()
        self._advanced = 0.0
        self._clock_lock = threading.Lock()
        if not settings.empty:
            self.store.add(self._first(configured, "admin@example.com"))

    def now(self) -> float:
        """Return the service's time in Unix seconds."""
        return time.time() + self._advanced

    def advance(self, seconds: float) -> None:
        """Put the clock forward, or back by a negative number."""
        with self._clock_lock:
            self._advanced += seconds

    def issue(self, pat: Pat, request: Mapping[str, Any], times: Times = NOW) -> Record:
        """Store a new token. Takes the time of a hash, even if the store refuses the token."""
        return self._added(pat.token_id, credentials.hash_secret(pat.secret), request, times)

    def register(self, token_id: str, request: Mapping[str, Any]) -> Record:
        """Store a new token whose hash is in the request."""
        return self._added(token_id, request["secretPhc"], request)

    def _added(
        self, token_id: str, secret_phc: str, request: Mapping[str, Any], times: Times = NOW
    ) -> Record:
        given = {name: time for name, time in times.items() if time is not None}
        record = records.changed(records.new(token_id, secret_phc, request, self._second()), **given)
        self.store.add(record)
        return record

    def seed(self, requests: Iterable[Mapping[str, Any]], times: Times) -> list[str]:
        """Store tokens with other times, without computing hashes, and return their ids."""
        new_id, secret_phc = credentials.new_token_id, credentials.unknown_secret
        return [self._added(new_id(), secret_phc(), request, times)["tokenId"] for request in requests]

    def update(self, token_id: str, changes: schemas.Update) -> None:
        """Change a token. As in the reference service, only a new hash is checked, no other value."""
        phc = changes.get("secretPhc")
        if problem := credentials.phc_problem(phc) if phc else None:
            raise errors.invalid_phc(problem)
        if records.is_change(changes):
            self.store.edit(token_id, lambda record: records.updated(record, changes))

    def revoke(self, token_id: str, expires_at: float | None = None) -> None:
        """Revoke a token."""
        second = self._second()
        self.store.edit(token_id, lambda record: records.revoked(record, second, expires_at))

    def restore(self, token_id: str) -> None:
        """Undo a revocation."""
        self.store.edit(token_id, records.restored)

    def page(self, query: schemas.ListQuery) -> list[Record]:
        """List one page of records."""
        page = self.store.page(
            after=query.get("afterTokenId"),
            role=query.get("hasRole"),
            limit=min(query.get("limit", _LIST_DEFAULT), _LIST_MAX),
        )
        # Filter after the limit, as in the reference service: a short page need not be the last.
        return [record for record in page if self._is_wanted(record, query)]

    def _is_wanted(self, record: Record, query: schemas.ListQuery) -> bool:
        is_dropped = record.get("revokedAt") is not None and not query.get("includeRevoked")
        is_expired = records.is_listed_as_expired(record, self.now())
        return not is_dropped and (not is_expired or query.get("includeExpired", False))

    def admit_exchange(self) -> dict[str, str]:
        """Apply the rate limit, and return its headers for the response."""
        limit = self.settings.rate_limit
        return self._limiter.admit(limit, self.now()) if limit else {}

    def exchange(self, text: str) -> str:
        """Make a JWT for a PAT. Takes the time of a hash, unless it was computed here before."""
        pat = Pat.parse(text, self.settings.prefix)
        record = (self._accepted(pat) or self._bootstrapped(pat)) if pat else None
        if record is None:
            raise errors.unauthorized("Invalid Authorization token")
        return self.sign(self._claims(record))

    def _accepted(self, pat: Pat) -> Record | None:
        record = self.store.get(pat.token_id)
        if record is None:
            return None
        if issues := records.issues(record):
            raise errors.unloadable_record(pat.token_id, issues)
        if not credentials.matches(pat.secret, record["secretPhc"]) or not records.is_live(
            record, self.now()
        ):
            return None
        second = self._second()
        return self.store.edit(pat.token_id, lambda record: records.changed(record, lastUsedAt=second))

    def _bootstrapped(self, pat: Pat) -> Record | None:
        """Create the first administrator, with the configured secret and the id of the presented PAT."""
        if not (self.settings.bootstrap and self.store.is_empty):
            return None
        if not credentials.matches(pat.secret, self._configured_phc):
            return None
        record = self._first(pat, "admin")
        return record if self.store.add_first(record) else None

    def _first(self, pat: Pat, owner: str) -> Record:
        request = {"owner": owner, "isAdmin": True}
        return records.new(pat.token_id, self._configured_phc, request, self._second())

    def _claims(self, record: Record) -> dict[str, object]:
        second = self._second()
        return {
            "sub": record["tokenId"],
            "owner": record["owner"],
            "admin": record["isAdmin"],
            "roles": record.get("roles", []),
            "iss": self.settings.issuer,
            "iat": second,
            "exp": second + self.settings.lifetime,
            # Makes each JWT unique, even two within the same second.
            "jti": credentials.new_token_id(),
        }

    def sign(self, claims: Mapping[str, object]) -> str:
        """Sign a JWT with the given claims, unchecked."""
        return self._key.sign(claims)

    def rotate_key(self) -> None:
        """Replace the signing key, so that all existing JWTs are refused."""
        self._key = SigningKey()

    def jwks(self) -> dict[str, Any]:
        """Return the public key of the JWTs, as a JWK Set."""
        return self._key.public()

    def verify(self, jwt: str) -> dict[str, object]:
        """Check a JWT, and return its claims."""
        return self._key.verify(jwt, self.settings.issuer, self.now())

    def _second(self) -> int:
        return int(self.now())
