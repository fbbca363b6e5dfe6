"""Making a token: issued by the service, or registered, and then finding out whether it was done."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

import attrs
from access_tokens_api.api.tokens import issue_token, register_token
from access_tokens_api.models import IssueTokenRequest, RegisterTokenRequest
from attrs import frozen

from . import _arguments as check
from ._batch import batch
from ._convert import structure
from ._fields import expiry, given, if_true, role_names
from ._secret import Secret
from ._steps import Answer, Call, Story
from .errors import AccessTokensError, ConflictError, UnavailableError
from .models import BatchLoadResult, IssueResult, Moment, TokenRecord
from .tokens import generate_token_id


@frozen
class _Registered:
    record: TokenRecord


def issue(
    owner: str,
    is_admin: bool,
    roles: Iterable[str] | None,
    expires_at: Moment | None,
    token_id: str | None,
) -> Story[IssueResult]:
    """Issue a PAT. The id is chosen here, so that no repeat can make a second one."""
    token_id = generate_token_id() if token_id is None else check.new_token_id(token_id)
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


def register(
    token_id: str,
    secret_phc: Secret,
    owner: str,
    is_admin: bool,
    roles: Iterable[str] | None,
    expires_at: Moment | None,
) -> Story[TokenRecord]:
    """Register a token. When its outcome is unknown, look whether it was done."""
    token_id = check.new_token_id(token_id)
    body = RegisterTokenRequest(
        secret_phc=check.phc(secret_phc),
        owner=check.owner(owner),
        is_admin=if_true("is_admin", is_admin),
        roles=given(roles, role_names),
        expires_at=expiry(expires_at),
    )
    try:
        registered: TokenRecord = yield Call(
            endpoint=register_token,
            arguments={"token_id": token_id, "body": body},
            result=_record,
            failed="Failed to register token",
            unreadable="Invalid register token response",
            token_id=token_id,
            creates=True,
            known=(secret_phc,),
        )
    except (ConflictError, UnavailableError) as error:
        if not error.outcome_unknown:
            raise
        registered = yield from _settled(token_id, body, error)
    return registered


def _settled(token_id: str, body: RegisterTokenRequest, error: AccessTokensError) -> Story[TokenRecord]:
    """Return the record when it is the one that this call asked for, else raise the error."""
    try:
        loaded: BatchLoadResult = yield batch([token_id], include_secret_phc=True)
    except AccessTokensError:
        raise error from error.__cause__
    for record in loaded.found:
        if _is_as_asked(record, body):
            return attrs.evolve(record, secret_phc=None)
        # Another hash makes it somebody else's, and tells that nothing was done. No hash tells nothing.
        error.outcome_unknown = record.secret_phc is None
    raise error


def _is_as_asked(record: TokenRecord, body: RegisterTokenRequest) -> bool:
    # A hash has a salt of its own, so that nobody else's is the same.
    stored = (record.secret_phc or "").encode(errors="surrogatepass")
    same_hash = hmac.compare_digest(stored, body.secret_phc.encode())
    return same_hash and (record.owner, record.is_admin, set(record.roles), record.expires_at) == (
        body.owner,
        bool(body.is_admin),
        set(body.roles or ()),
        body.expires_at or None,
    )


def _record(answer: Answer) -> TokenRecord:
    return structure(answer.json(), _Registered).record
