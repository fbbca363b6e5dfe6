"""What each method of the clients does: its arguments checked, its calls, and what they amount to.

Every method is told once here, as the story of its calls; a session carries them out in its colour.
"""

from __future__ import annotations

from collections.abc import Iterable

from access_tokens_api.api.tokens import (
    list_tokens,
    restore_token,
    revoke_token,
    update_token,
)
from access_tokens_api.models import (
    AddRoles,
    RemoveRoles,
    RevokeTokenRequest,
    UpdateTokenRequest,
)
from access_tokens_api.types import UNSET, Unset
from attrs import frozen

from . import _arguments as check
from ._convert import structure
from ._fields import expiry, given, if_true, role_names
from ._secret import Secret
from ._steps import Answer, Call, Story
from .errors import AccessTokensError, UnreadableError
from .models import KEEP, Keep, Moment, TokenRecord

_CHANGES = "owner, is_admin, roles, add_roles, remove_roles, secret_phc, expires_at"
_RESTORED = "Restored the token, but failed to set its expiry"


@frozen
class _Page:
    records: tuple[TokenRecord, ...]


def _records(answer: Answer) -> tuple[TokenRecord, ...]:
    return structure(answer.json(), _Page).records


def _nothing(answer: Answer) -> None:
    """Return None: the service answers without a body, and says so (RFC 9110, section 15.3.5)."""
    if answer.status_code != 204:
        raise UnreadableError(f"status 204 expected, not {answer.status_code}")


def list_page(
    include_revoked: bool,
    include_expired: bool,
    include_secret_phc: bool,
    has_role: str | None,
    limit: int | None,
    after_token_id: str | None,
) -> Story[tuple[TokenRecord, ...]]:
    """List one page, as the service gives it."""
    page: tuple[TokenRecord, ...] = yield Call(
        endpoint=list_tokens,
        arguments={
            "include_revoked": if_true("include_revoked", include_revoked),
            "include_expired": if_true("include_expired", include_expired),
            "include_secret_phc": if_true("include_secret_phc", include_secret_phc),
            "has_role": given(has_role, lambda role: check.role("has_role", role)),
            "limit": given(limit, lambda limit: check.page_limit("limit", limit)),
            "after_token_id": given(after_token_id, lambda value: check.token_id(value, "after_token_id")),
        },
        result=_records,
        failed="Failed to list tokens",
        unreadable="Invalid list tokens response",
        changes=False,
    )
    return page


def update(
    token_id: str,
    owner: str | None,
    is_admin: bool | None,
    roles: Iterable[str] | None,
    add_roles: Iterable[str] | None,
    remove_roles: Iterable[str] | None,
    secret_phc: Secret | None,
    expires_at: Moment | Keep | None,
) -> Story[None]:
    """Change a token."""
    token_id = check.token_id(token_id)
    changes = UpdateTokenRequest(
        owner=given(owner, check.owner),
        is_admin=given(is_admin, lambda value: check.flag("is_admin", value)),
        secret_phc=given(secret_phc, check.phc),
        expires_at=_changed_moment(expires_at),
        roles=_changed_roles(roles, add_roles, remove_roles),
    )
    if changes == UpdateTokenRequest():
        raise ValueError(f"one of {_CHANGES} must be given, and change something")
    yield _change(token_id, changes, "Failed to update token", secret_phc)


def _change(
    token_id: str, changes: UpdateTokenRequest, failed: str, secret_phc: Secret | None = None
) -> Call[None]:
    return Call(
        endpoint=update_token,
        arguments={"token_id": token_id, "body": changes},
        result=_nothing,
        failed=failed,
        token_id=token_id,
        known=(secret_phc,) if secret_phc else (),
    )


def _changed_moment(value: Moment | Keep | None) -> int | Unset | None:
    if value is KEEP:
        return UNSET
    return None if value is None else expiry(value)


def _changed_roles(
    roles: Iterable[str] | None, add_roles: Iterable[str] | None, remove_roles: Iterable[str] | None
) -> list[str] | AddRoles | RemoveRoles | Unset:
    replaced = given(roles, role_names)
    added, removed = _names("add_roles", add_roles), _names("remove_roles", remove_roles)
    if (replaced is not UNSET) + bool(added) + bool(removed) > 1:
        raise ValueError("only one of roles, add_roles and remove_roles may be given")
    return AddRoles(added) if added else RemoveRoles(removed) if removed else replaced


def _names(name: str, value: Iterable[str] | None) -> list[str]:
    """Return checked roles to add or to remove; none at all is as good as not given."""
    return [] if value is None else check.roles(name, value)


def revoke(token_id: str, expires_at: Moment | None) -> Story[None]:
    """Revoke a token."""
    token_id = check.token_id(token_id)
    yield Call(
        endpoint=revoke_token,
        arguments={
            "token_id": token_id,
            "body": RevokeTokenRequest(expires_at=expiry(expires_at)),
        },
        result=_nothing,
        failed="Failed to revoke token",
        token_id=token_id,
    )


def restore(token_id: str, expires_at: Moment | None) -> Story[None]:
    """Undo a revocation. The service removes the expiry with it, so that a new one is set afterwards."""
    token_id, expiring = check.token_id(token_id), UpdateTokenRequest(expires_at=expiry(expires_at))
    yield Call(
        endpoint=restore_token,
        arguments={"token_id": token_id},
        result=_nothing,
        failed="Failed to restore token",
        token_id=token_id,
    )
    if expires_at is not None:
        yield from _set_expiry(token_id, expiring)


def _set_expiry(token_id: str, expiring: UpdateTokenRequest) -> Story[None]:
    try:
        yield _change(token_id, expiring, _RESTORED)
    except AccessTokensError as error:
        # Also when it was an exchange that failed, which tells nothing of the token.
        error.message, error.args = _RESTORED, (_RESTORED,)
        raise
