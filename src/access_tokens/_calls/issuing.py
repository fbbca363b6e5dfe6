"""Making a token: issued by the service, or registered, and then finding out whether it was done."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from functools import partial
from typing import Any

import attrs
from access_tokens_api.api.tokens import issue_token, register_token
from access_tokens_api.models import IssueTokenRequest, RegisterTokenRequest
from attrs import frozen

from .._flow.steps import Answer, Call, Compute, Procedure
from .._secret import Secret
from ..errors import AccessTokensError
from ..models import BatchLoadResult, IssueResult, Moment, TokenRecord
from ..tokens import GeneratedToken, generate_token, generate_token_id
from . import arguments as check
from .arguments import expiry, given, if_true, role_names
from .convert import structure
from .tokens import batch


@frozen
class _Registered:
    record: TokenRecord


@frozen
class _Messages:
    """Those of the error when a call fails, and when its answer cannot be read."""

    failed: str
    unreadable: str


_ISSUE = _Messages("Failed to issue token", "Invalid issue token response")
_REGISTER = _Messages("Failed to register token", "Invalid register token response")


def issue(
    owner: str,
    *,
    is_admin: bool,
    roles: Iterable[str] | None,
    expires_at: Moment | None,
    token_id: str | None,
    generate_locally: bool,
    prefix: str | None,
) -> Procedure[IssueResult]:
    """Issue a PAT, made by the service or here."""
    token_id = None if token_id is None else check.new_token_id(token_id)
    granted = _granted(owner, is_admin, roles, expires_at)
    if check.flag("generate_locally", generate_locally):
        return (yield from _issued_locally(token_id, "pat_" if prefix is None else prefix, granted))
    if prefix is not None:
        raise ValueError("prefix must be left out unless generate_locally is True: the service has its own")
    return (yield from _issued_by_service(token_id, granted))


def _granted(
    owner: str, is_admin: bool, roles: Iterable[str] | None, expires_at: Moment | None
) -> dict[str, Any]:
    """Return what a new token is granted, checked."""
    return {
        "owner": check.owner(owner),
        "is_admin": if_true("is_admin", is_admin),
        "roles": given(roles, role_names),
        "expires_at": expiry(expires_at),
    }


def _issued_by_service(token_id: str | None, granted: dict[str, Any]) -> Procedure[IssueResult]:
    """Have the service make a PAT. Each attempt has the same id, so that no repeat can make a second one."""
    new_id = token_id or generate_token_id()
    issued: IssueResult = yield Call(
        endpoint=issue_token,
        arguments={"body": IssueTokenRequest(token_id=new_id, **granted)},
        result=lambda answer: structure(answer.json(), IssueResult),
        failed=_ISSUE.failed,
        unreadable=_ISSUE.unreadable,
        token_id=new_id,
        token_id_chosen_here=token_id is None,
    )
    return issued


def _issued_locally(token_id: str | None, prefix: str, granted: dict[str, Any]) -> Procedure[IssueResult]:
    """Make a PAT and register its hash, so that no answer holds what must not be lost."""
    made: GeneratedToken = yield Compute(partial(generate_token, prefix, token_id))
    record = yield from _registered(
        made.token_id, Secret(made.secret_phc), granted, _ISSUE, token_id_chosen_here=token_id is None
    )
    return IssueResult(made.token, record)


def register(
    token_id: str,
    secret_phc: Secret,
    owner: str,
    *,
    is_admin: bool,
    roles: Iterable[str] | None,
    expires_at: Moment | None,
) -> Procedure[TokenRecord]:
    """Register a token."""
    token_id = check.new_token_id(token_id)
    check.phc(secret_phc)
    granted = _granted(owner, is_admin, roles, expires_at)
    return (yield from _registered(token_id, secret_phc, granted, _REGISTER))


def _registered(
    token_id: str,
    secret_phc: Secret,
    granted: dict[str, Any],
    messages: _Messages,
    *,
    token_id_chosen_here: bool = False,
) -> Procedure[TokenRecord]:
    """Register a token. When its outcome is unknown, look whether it was done."""
    body = RegisterTokenRequest(secret_phc=secret_phc.reveal(), **granted)
    try:
        registered: TokenRecord = yield Call(
            endpoint=register_token,
            arguments={"token_id": token_id, "body": body},
            result=_record,
            failed=messages.failed,
            unreadable=messages.unreadable,
            token_id=token_id,
            token_id_chosen_here=token_id_chosen_here,
            known=(secret_phc,),
        )
    except AccessTokensError as error:
        if not error.outcome_unknown:
            raise
        registered = yield from _settled(token_id, secret_phc, error)
    # The service sends the hash back, where only those shall have it who ask for it.
    return attrs.evolve(registered, secret_phc=None)


def _settled(token_id: str, secret_phc: Secret, error: AccessTokensError) -> Procedure[TokenRecord]:
    """Return the record as it is now when it has the hash of this call, else raise the error.

    A hash has a salt of its own, so that nobody else's is the same. All other values may have been changed by
    another administrator since.
    """
    try:
        loaded: BatchLoadResult = yield batch([token_id], include_secret_phc=True)
    except AccessTokensError:
        raise error from error.__cause__
    for record in [each for each in loaded.found if each.token_id == token_id]:
        if _has_hash(record, secret_phc):
            return record
        # Another hash means that the PAT of this call is not good. No hash tells nothing; and who has a token
        # with an id that was chosen here has changed the hash since.
        error.outcome_unknown = record.secret_phc is None or error.token_id_chosen_here
    raise error


def _has_hash(record: TokenRecord, secret_phc: Secret) -> bool:
    stored = (record.secret_phc or "").encode(errors="surrogatepass")
    return hmac.compare_digest(stored, secret_phc.reveal().encode())


def _record(answer: Answer) -> TokenRecord:
    return structure(answer.json(), _Registered).record
