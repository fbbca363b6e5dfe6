"""What the service does, without HTTP."""

import math
import secrets
import threading
import time
from collections.abc import Iterable

import attrs

from access_tokens.testing import _credentials as credentials
from access_tokens.testing import _errors as errors
from access_tokens.testing import _schemas as schemas
from access_tokens.testing._credentials import Pat
from access_tokens.testing._rate_limit import RateLimiter
from access_tokens.testing._record import Record
from access_tokens.testing._settings import Settings
from access_tokens.testing._signing import SigningKey
from access_tokens.testing._store import Store

_LIST_DEFAULT = 100
_LIST_MAX = 1000


class Backend:
    """The tokens of a service, its clock and its signing key."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store()
        self._key = SigningKey()
        self._limiter = RateLimiter()
        self._advanced = 0.0
        self._clock_lock = threading.Lock()

    def now(self) -> float:
        """Tell the time of the service."""
        return time.time() + self._advanced

    def advance(self, seconds: float) -> None:
        """Put the clock forward."""
        with self._clock_lock:
            self._advanced += seconds

    def new_record(
        self,
        token_id: str,
        owner: str,
        secret_phc: str,
        *,
        is_admin: bool = False,
        roles: Iterable[str] = (),
        expires_at: float | None = None,
    ) -> Record:
        """Make the record of a new token, without storing it."""
        return Record(
            token_id=token_id,
            owner=owner,
            secret_phc=secret_phc,
            is_admin=is_admin,
            roles=roles,
            expires_at=expires_at,
            created_at=self._second(),
        )

    def add(
        self,
        pat: Pat,
        owner: str,
        *,
        is_admin: bool = False,
        roles: Iterable[str] = (),
        expires_at: float | None = None,
    ) -> Record:
        """Store a new token. Takes the time of a hash."""
        secret_phc = credentials.hash_secret(pat.secret)
        record = self.new_record(
            pat.token_id, owner, secret_phc, is_admin=is_admin, roles=roles, expires_at=expires_at
        )
        self.store.add(record)
        return record

    def seed(
        self, owners: Iterable[str], roles: tuple[str, ...], *, expired: bool, revoked: bool
    ) -> list[str]:
        """Store tokens without hashing anything, and answer their ids."""
        second = self._second()
        expires_at = second if expired else None
        token_ids: list[str] = []
        for owner in owners:
            token_id, phc = credentials.new_token_id(), credentials.unknown_secret()
            record = self.new_record(token_id, owner, phc, roles=roles, expires_at=expires_at)
            self.store.add(record.revoked(second, None) if revoked else record)
            token_ids.append(token_id)
        return token_ids

    def revoke(self, token_id: str, expires_at: float | None = None) -> None:
        """Revoke a token."""
        second = self._second()
        self.store.edit(token_id, lambda record: record.revoked(second, expires_at))

    def page(self, query: schemas.ListQuery) -> list[Record]:
        """List records."""
        page = self.store.page(
            after=query.get("afterTokenId"),
            role=query.get("hasRole"),
            limit=min(query.get("limit", _LIST_DEFAULT), _LIST_MAX),
        )
        # Only now, as in the reference service: a page may be shorter than its limit and not the last.
        return [record for record in page if self._is_wanted(record, query)]

    def admit_exchange(self) -> int:
        """Apply the rate limit, and answer for how many seconds to wait; 0 lets the exchange through."""
        limit = self.settings.rate_limit
        return math.ceil(self._limiter.admit(limit, self.now())) if limit else 0

    def exchange(self, text: str) -> str:
        """Make a JWT for a PAT. Takes the time of a hash."""
        pat = Pat.parse(text, self.settings.prefix)
        if pat is None or not (self._bootstraps(pat) or self._accepts(pat)):
            raise errors.unauthorized("Invalid Authorization token")
        second = self._second()
        record = self.store.edit(pat.token_id, lambda record: attrs.evolve(record, last_used_at=second))
        return self._key.sign(self._claims(record, second))

    def rotate_key(self) -> None:
        """Sign with a new key from now on."""
        self._key = SigningKey()

    def verify(self, jwt: str) -> dict[str, object]:
        """Check a JWT and answer its claims."""
        return self._key.verify(jwt, self.now())

    def _bootstraps(self, pat: Pat) -> bool:
        if not (self.settings.bootstrap and self.store.is_empty):
            return False
        secret_phc = credentials.hash_secret(pat.secret)
        return self.store.add_first(self.new_record(pat.token_id, "bootstrap", secret_phc, is_admin=True))

    def _accepts(self, pat: Pat) -> bool:
        record = self.store.get(pat.token_id)
        if record is None or not record.is_live(self.now()):
            return False
        return credentials.matches(pat.secret, record.secret_phc)

    def _claims(self, record: Record, second: int) -> dict[str, object]:
        return {
            "sub": record.token_id,
            "owner": record.owner,
            "admin": record.is_admin,
            "roles": list(record.roles),
            "iat": second,
            "exp": second + self.settings.lifetime,
            # Makes a JWT that is renewed within a second another one.
            "jti": secrets.token_urlsafe(8),
        }

    def _is_wanted(self, record: Record, query: schemas.ListQuery) -> bool:
        hidden = record.revoked_at is not None and not query.get("includeRevoked")
        return not hidden and (not record.is_expired(self.now()) or query.get("includeExpired", False))

    def _second(self) -> int:
        return int(self.now())
