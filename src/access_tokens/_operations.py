"""What each method of the clients does: its arguments checked, its calls, and what they amount to.

Every method is told once here, as the story of its calls; a session carries them out in its colour.
"""

from __future__ import annotations

from collections.abc import Iterable

from access_tokens_api.api.tokens import (
    issue_token,
    list_tokens,
    restore_token,
    revoke_token,
    update_token,
)
from access_tokens_api.models import (
    AddRoles,
    IssueTokenRequest,
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
from .errors import UnreadableError
from .models import KEEP, IssueResult, Keep, Moment, TokenRecord
from .tokens import generate_token_id


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


def issue(
    owner: str,
    is_admin: bool,
    roles: Iterable[str] | None,
    expires_at: Moment | None,
    token_id: str | None,
) -> Story[IssueResult]:
    """Issue a PAT. The id is chosen here, so that no repeat can make a second one."""
    token_id = generate_token_id() if token_id is None else check.token_id(token_id)
    issued: IssueResult = yield Call(
        endpoint=issue_token,
        arguments={
            "body": IssueTokenRequest(
                owner=check.owner(owner),
                token_id=token_id,
                is_admin=if_true("is_admin", is_admin),
                roles=given(roles, role_names),
                expires_at=expiry(expires_at),
            )
        },
        result=lambda answer: structure(answer.json(), IssueResult),
        failed="Failed to issue token",
        unreadable="Invalid issue token response",
        token_id=token_id,
        creates=True,
    )
    return issued


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
    yield Call(
        endpoint=update_token,
        arguments={
            "token_id": token_id,
            "body": UpdateTokenRequest(
                owner=given(owner, check.owner),
                is_admin=given(is_admin, lambda value: check.flag("is_admin", value)),
                secret_phc=given(secret_phc, check.phc),
                expires_at=_changed_moment(expires_at),
                roles=_changed_roles(roles, add_roles, remove_roles),
            ),
        },
        result=_nothing,
        failed="Failed to update token",
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
    if sum(each is not None for each in (roles, add_roles, remove_roles)) > 1:
        raise ValueError("only one of roles, add_roles and remove_roles may be given")
    if add_roles is not None:
        return AddRoles(check.roles("add_roles", add_roles))
    if remove_roles is not None:
        return RemoveRoles(check.roles("remove_roles", remove_roles))
    return given(roles, role_names)


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


def restore(token_id: str) -> Story[None]:
    """Undo a revocation."""
    token_id = check.token_id(token_id)
    yield Call(
        endpoint=restore_token,
        arguments={"token_id": token_id},
        result=_nothing,
        failed="Failed to restore token",
        token_id=token_id,
    )
