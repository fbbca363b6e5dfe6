"""What each method of the clients does: its arguments checked, its calls, and what they amount to.

Every method is told once here, as the story of its calls; a session carries them out in its colour.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import attrs
from access_tokens_api.api.tokens import (
    issue_token,
    list_tokens,
    register_token,
    restore_token,
    revoke_token,
    update_token,
)
from access_tokens_api.models import (
    AddRoles,
    IssueTokenRequest,
    RegisterTokenRequest,
    RemoveRoles,
    RevokeTokenRequest,
    UpdateTokenRequest,
)
from access_tokens_api.types import UNSET, Unset

from . import _arguments as check
from ._batch import batch
from ._convert import structure
from ._secret import Secret
from ._steps import Answer, Call, Story
from .errors import ConflictError
from .models import KEEP, BatchLoadResult, IssueResult, Keep, Moment, TokenRecord
from .tokens import generate_token_id

S = TypeVar("S")
T = TypeVar("T")


def _given(value: S | None, checked: Callable[[S], T]) -> T | Unset:
    """Return a checked value, or what leaves it out of the request."""
    return UNSET if value is None else checked(value)


def _if_true(name: str, value: bool) -> bool | Unset:
    """Return a checked flag; False is the service's default, and is left out."""
    return check.flag(name, value) or UNSET


def _expiry(value: Moment | None) -> int | Unset:
    return UNSET if value is None else check.moment("expires_at", value)


def _roles(value: Iterable[str]) -> list[str]:
    return check.roles("roles", value)


def _records(parsed: Any, _: Answer) -> tuple[TokenRecord, ...]:
    return structure(parsed.records, tuple[TokenRecord, ...])


def _record(parsed: Any, _: Answer) -> TokenRecord:
    return structure(parsed.record, TokenRecord)


def _nothing(_parsed: Any, _: Answer) -> None:
    """Return None: the service answers without a body."""


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
            "include_revoked": _if_true("include_revoked", include_revoked),
            "include_expired": _if_true("include_expired", include_expired),
            "include_secret_phc": _if_true("include_secret_phc", include_secret_phc),
            "has_role": _given(has_role, lambda role: check.role("has_role", role)),
            "limit": _given(limit, lambda limit: check.page_limit("limit", limit)),
            "after_token_id": _given(after_token_id, lambda value: check.token_id(value, "after_token_id")),
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
                is_admin=_if_true("is_admin", is_admin),
                roles=_given(roles, _roles),
                expires_at=_expiry(expires_at),
            )
        },
        result=lambda parsed, _: structure(parsed, IssueResult),
        failed="Failed to issue token",
        unreadable="Invalid issue token response",
        token_id=token_id,
    )
    return issued


def register(
    token_id: str,
    secret_phc: Secret,
    owner: str,
    is_admin: bool,
    roles: Iterable[str] | None,
    expires_at: Moment | None,
) -> Story[TokenRecord]:
    """Register a token. A repeat that finds the id taken looks whether it was this very call that took it."""
    call = Call(
        endpoint=register_token,
        arguments={
            "token_id": check.token_id(token_id),
            "body": RegisterTokenRequest(
                secret_phc=check.phc(secret_phc),
                owner=check.owner(owner),
                is_admin=_if_true("is_admin", is_admin),
                roles=_given(roles, _roles),
                expires_at=_expiry(expires_at),
            ),
        },
        result=_record,
        failed="Failed to register token",
        unreadable="Invalid register token response",
        token_id=token_id,
        known=(secret_phc,),
    )
    try:
        registered: TokenRecord = yield call
    except ConflictError as error:
        if not error.outcome_unknown:
            raise
        registered = yield from _settled(token_id, secret_phc, error)
    return registered


def _settled(token_id: str, secret_phc: Secret, error: ConflictError) -> Story[TokenRecord]:
    loaded: BatchLoadResult = yield batch([token_id], include_secret_phc=True)
    for record in loaded.found:
        stored = (record.secret_phc or "").encode()
        if record.token_id == token_id and hmac.compare_digest(stored, secret_phc.reveal().encode()):
            return attrs.evolve(record, secret_phc=None)
    error.outcome_unknown = False  # the id is somebody else's, and nothing was done
    raise error


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
    yield Call(
        endpoint=update_token,
        arguments={
            "token_id": check.token_id(token_id),
            "body": UpdateTokenRequest(
                owner=_given(owner, check.owner),
                is_admin=_given(is_admin, lambda value: check.flag("is_admin", value)),
                secret_phc=_given(secret_phc, check.phc),
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
    return None if value is None else _expiry(value)


def _changed_roles(
    roles: Iterable[str] | None, add_roles: Iterable[str] | None, remove_roles: Iterable[str] | None
) -> list[str] | AddRoles | RemoveRoles | Unset:
    if sum(each is not None for each in (roles, add_roles, remove_roles)) > 1:
        raise ValueError("only one of roles, add_roles and remove_roles may be given")
    if add_roles is not None:
        return AddRoles(check.roles("add_roles", add_roles))
    if remove_roles is not None:
        return RemoveRoles(check.roles("remove_roles", remove_roles))
    return _given(roles, _roles)


def revoke(token_id: str, expires_at: Moment | None) -> Story[None]:
    """Revoke a token."""
    yield Call(
        endpoint=revoke_token,
        arguments={
            "token_id": check.token_id(token_id),
            "body": RevokeTokenRequest(expires_at=_expiry(expires_at)),
        },
        result=_nothing,
        failed="Failed to revoke token",
        token_id=token_id,
    )


def restore(token_id: str) -> Story[None]:
    """Undo a revocation."""
    yield Call(
        endpoint=restore_token,
        arguments={"token_id": check.token_id(token_id)},
        result=_nothing,
        failed="Failed to restore token",
        token_id=token_id,
    )
