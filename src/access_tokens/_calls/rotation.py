"""The client's method `rotate`. When an answer is lost, it finds out whether the secret was changed."""

from __future__ import annotations

from .._flow.steps import Procedure
from .._pat import PatSource, pat_error
from .._secret import Secret
from ..errors import AccessTokensError
from ..models import BatchLoadResult
from ..tokens import id_of_token
from . import arguments as check
from .tokens import batch, change_secret, has_hash


def rotate(new: Secret, pat: PatSource) -> Procedure[None]:
    """Give a token a new secret. If the outcome is unknown, find out whether it was done.

    Args:
        new: The new PAT, with the id of the token, and its hash: a `GeneratedToken`, or it is refused.
        pat: Where the client's own PAT comes from. If it is a text with the same id, it is replaced.
    """
    token_id, token, secret_phc = _checked(new)
    old = pat.held() if pat.ask is None else None
    if old is None or id_of_token(old) != token_id:
        return (yield from _rotated(token_id, secret_phc))
    pat.offer(token)  # from the moment of the change, other threads must exchange the new one
    try:
        yield from _rotated(token_id, secret_phc)
    except AccessTokensError as error:
        if not error.outcome_unknown:
            pat.withdraw(token)
        raise
    pat.replace(old, token)


def _checked(new: Secret) -> tuple[str, Secret, Secret]:
    token_id, token, secret_phc = check.generated(new)
    check.phc(secret_phc)
    if error := pat_error(token, "new.token"):
        raise error
    if id_of_token(token) != token_id:
        raise ValueError("new must have a token with its token_id, as generate_token makes it")
    return token_id, token, secret_phc


def _rotated(token_id: str, secret_phc: Secret) -> Procedure[None]:
    try:
        yield change_secret(token_id, secret_phc)
    except AccessTokensError as error:
        if not error.outcome_unknown:
            raise
        yield from _settled(token_id, secret_phc, error)


def _settled(token_id: str, secret_phc: Secret, error: AccessTokensError) -> Procedure[None]:
    """Raise the error unless the record has the new hash. Another hash means that nothing was done."""
    try:
        loaded: BatchLoadResult = yield batch([token_id], include_secret_phc=True)
    except AccessTokensError:
        raise error from error.__cause__
    hashes = [each for each in loaded.found if each.token_id == token_id and each.secret_phc is not None]
    if any(has_hash(each, secret_phc) for each in hashes):
        return
    error.outcome_unknown = not hashes
    raise error
