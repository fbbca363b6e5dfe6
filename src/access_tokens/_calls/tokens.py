"""The client's methods on existing tokens: list, get, update, revoke, restore and batch-load.

Each function is a procedure: a generator that checks the arguments, yields the calls of one method, and
returns its result. A session carries out the calls, by blocking or by awaiting.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from access_tokens_api.api.tokens import (
    batch_load_tokens,
    list_tokens,
    restore_token,
    revoke_token,
    update_token,
)
from access_tokens_api.models import (
    AddRoles,
    BatchLoadRequest,
    RemoveRoles,
    RevokeTokenRequest,
    UpdateTokenRequest,
)
from access_tokens_api.types import UNSET, Unset
from attrs import frozen

from .._flow.bounds import bounds_of
from .._flow.steps import Answer, Call, Procedure, Together
from .._secret import Secret
from ..errors import AccessTokensError, NotFoundError, UnreadableError
from ..models import KEEP, BatchLoadResult, Keep, Moment, TokenRecord
from . import arguments as check
from .arguments import expiry, given, if_true, role_names
from .convert import read_answer

_CHANGES = "owner, is_admin, roles, add_roles, remove_roles, secret_phc, expires_at"
_NOT_LOADED = "Failed to get token"
_RESTORED = "Restored the token, but failed to set its expiry"
# The most bytes of ids in one request. The service accepts bodies of 100 kB; the rest is for other fields.
_LARGEST_BATCH = 99_900
# Escapes characters in the same way as httpx, to compute the size of an id in the body.
_JSON = json.JSONEncoder(ensure_ascii=False)


@frozen
class _Page:
    records: tuple[TokenRecord, ...]


def _records(answer: Answer) -> list[TokenRecord]:
    return list(read_answer(answer, _Page).records)


def _nothing(answer: Answer) -> None:
    """Check that the answer has no body: its status must be 204 (RFC 9110, section 15.3.5)."""
    if answer.status_code != 204:
        raise UnreadableError(f"status 204 expected, not {answer.status_code}")


def list_page(
    *,
    include_revoked: bool,
    include_expired: bool,
    include_secret_phc: bool,
    has_role: str | None,
    limit: int | None,
    after_token_id: str | None,
) -> Procedure[list[TokenRecord]]:
    """List one page of records, as the service returns it."""
    page: list[TokenRecord] = yield Call(
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
        bounds=bounds_of(min(limit or check.USUAL_PAGE, check.LARGEST_PAGE)),
    )
    return page


def update(
    token_id: str,
    *,
    owner: str | None,
    is_admin: bool | None,
    roles: Iterable[str] | None,
    add_roles: Iterable[str] | None,
    remove_roles: Iterable[str] | None,
    secret_phc: Secret | None,
    expires_at: Moment | Keep | None,
) -> Procedure[None]:
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


def change_secret(token_id: str, secret_phc: Secret) -> Call[None]:
    """Return the call that gives a token another secret."""
    changes = UpdateTokenRequest(secret_phc=secret_phc.reveal())
    return _change(token_id, changes, "Failed to rotate token", secret_phc)


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
    """Return the checked roles to add or to remove; an empty collection counts as not given."""
    return [] if value is None else check.roles(name, value)


def revoke(token_id: str, *, expires_at: Moment | None) -> Procedure[None]:
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
        removes=expires_at is not None,  # the service removes a revoked record that has expired
    )


def restore(token_id: str, *, expires_at: Moment | None) -> Procedure[None]:
    """Undo a revocation. This also removes the expiry, so a new expiry is set by a second call."""
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


def _set_expiry(token_id: str, expiring: UpdateTokenRequest) -> Procedure[None]:
    try:
        yield _change(token_id, expiring, _RESTORED)
    except AccessTokensError as error:
        # Replace the message even if an exchange failed: its own message would not mention the token.
        error.message, error.args = _RESTORED, (_RESTORED,)
        raise


def get(token_id: str, *, include_secret_phc: bool) -> Procedure[TokenRecord]:
    """Load one record, by a batch of one id."""
    token_id = check.token_id(token_id)
    wants_hash = check.flag("include_secret_phc", include_secret_phc)
    record: TokenRecord = yield Call(
        endpoint=batch_load_tokens,
        arguments={"body": BatchLoadRequest([token_id], wants_hash or UNSET)},
        result=lambda answer: _only_record(answer, token_id),
        failed=_NOT_LOADED,
        unreadable="Invalid get token response",
        token_id=token_id,
        changes=False,
    )
    return record


def _only_record(answer: Answer, token_id: str) -> TokenRecord:
    """Return the record of the id.

    Raises:
        NotFoundError: The service has found no record.
        UnreadableError: It has found others, or several.
    """
    match read_answer(answer, BatchLoadResult):
        case BatchLoadResult((record,), ()) if record.token_id == token_id:
            return record
        case BatchLoadResult((), (missing,)) if missing == token_id:
            raise NotFoundError(
                _NOT_LOADED,
                cause="no token has this id, or the service hides its record",
                status_code=answer.status_code,
                token_id=token_id,
                request_id=answer.request_id,
                attempts=answer.attempts,
            )
        case _:
            raise UnreadableError("one record of this id, or its absence, expected")


def batch_load(token_ids: Iterable[str], *, include_secret_phc: bool) -> Procedure[BatchLoadResult]:
    """Load the records for any number of ids, in as few requests as the service's limit allows."""
    wants_hashes = check.flag("include_secret_phc", include_secret_phc)
    calls = tuple(batch(ids, include_secret_phc=wants_hashes) for ids in _batches(_ids(token_ids)))
    loaded: Sequence[BatchLoadResult] = yield Together(calls)
    found = chain.from_iterable(each.found for each in loaded)
    not_found = chain.from_iterable(each.not_found for each in loaded)
    return BatchLoadResult(tuple(found), tuple(not_found))


def _ids(token_ids: Iterable[str]) -> dict[str, None]:
    """Return the checked ids in their order, without duplicates."""
    if isinstance(token_ids, (str, bytes)) or not isinstance(token_ids, Iterable):
        raise TypeError(f"token_ids must be a collection of strings, not {type(token_ids).__name__}")
    return dict.fromkeys(check.token_id(each, "token_ids") for each in token_ids)


def _batches(token_ids: Iterable[str]) -> Iterator[list[str]]:
    ids: list[str] = []
    room = _LARGEST_BATCH
    for token_id in token_ids:
        size = len(_JSON.encode(token_id).encode()) + 1
        if ids and size > room:
            yield ids
            ids, room = [], _LARGEST_BATCH
        ids.append(token_id)
        room -= size
    if ids:
        yield ids


def batch(token_ids: list[str], *, include_secret_phc: bool) -> Call[BatchLoadResult]:
    return Call(
        endpoint=batch_load_tokens,
        arguments={"body": BatchLoadRequest(token_ids, include_secret_phc or UNSET)},
        result=lambda answer: read_answer(answer, BatchLoadResult),
        failed="Failed to batch load tokens",
        unreadable="Invalid batch load response",
        changes=False,
        bounds=bounds_of(len(token_ids)),
    )


def has_hash(record: TokenRecord, secret_phc: Secret) -> bool:
    """Tell whether the record of a token has this hash."""
    stored = (record.secret_phc or "").encode(errors="surrogatepass")
    return hmac.compare_digest(stored, secret_phc.reveal().encode())
