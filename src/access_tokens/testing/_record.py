"""What the service knows of a token."""

from collections.abc import Iterable
from typing import Any

import attrs

from access_tokens.testing import _schemas as schemas

_FIELDS = {"owner": "owner", "isAdmin": "is_admin", "secretPhc": "secret_phc", "expiresAt": "expires_at"}


def _unique(roles: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(roles))


@attrs.frozen(kw_only=True)
class Record:
    """What the service knows of a token. Times are Unix time, in seconds."""

    token_id: str
    owner: str
    is_admin: bool = False
    roles: tuple[str, ...] = attrs.field(default=(), converter=_unique)
    secret_phc: str = attrs.field(repr=False)
    created_at: int
    last_used_at: int | None = None
    expires_at: float | None = None
    revoked_at: int | None = None

    def is_expired(self, now: float) -> bool:
        """Tell whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now

    def is_live(self, now: float) -> bool:
        """Tell whether its PAT is accepted."""
        return self.revoked_at is None and not self.is_expired(now)

    def as_json(self, *, secret_phc: bool, nulls: bool) -> dict[str, object]:
        """Spell the record out as the API does."""
        required: dict[str, object] = {
            "tokenId": self.token_id,
            "owner": self.owner,
            "isAdmin": self.is_admin,
            "createdAt": self.created_at,
        }
        optional: dict[str, object] = {
            "roles": list(self.roles) or None,
            "secretPhc": self.secret_phc if secret_phc else None,
            "lastUsedAt": self.last_used_at,
            "expiresAt": self.expires_at,
            "revokedAt": self.revoked_at,
        }
        return required | {name: value for name, value in optional.items() if nulls or value is not None}

    def updated(self, changes: schemas.Update) -> "Record":
        """Change what is named; a null removes the expiry."""
        given: dict[str, Any] = {_FIELDS[name]: value for name, value in changes.items() if name in _FIELDS}
        return attrs.evolve(self, roles=self._roles_after(changes.get("roles", self.roles)), **given)

    def revoked(self, at: int, expires_at: float | None) -> "Record":
        """Revoke it; a revoked one stays as it is, and its new expiry is ignored."""
        if self.revoked_at is not None:
            return self
        return attrs.evolve(
            self, revoked_at=at, expires_at=self.expires_at if expires_at is None else expires_at
        )

    def restored(self) -> "Record":
        """Undo a revocation and remove the expiry; an active one stays as it is."""
        return self if self.revoked_at is None else attrs.evolve(self, revoked_at=None, expires_at=None)

    def _roles_after(self, change: schemas.RolesChange | tuple[str, ...]) -> Iterable[str]:
        if isinstance(change, list | tuple):
            return change
        if "add" in change:
            return [*self.roles, *change["add"]]
        return [role for role in self.roles if role not in change["remove"]]
