"""Describes the call that exchanges the PAT for a JWT."""

from __future__ import annotations

from access_tokens_api.api.auth import exchange_token

from .._flow.jwt import AuthToken, Jwt, jwt_from
from .._flow.steps import Answer, Call
from ..errors import UnreadableError
from .convert import read_answer


def exchange() -> Call[Jwt]:
    """Return the call that exchanges the PAT for a JWT."""
    return Call(
        endpoint=exchange_token,
        arguments={},
        result=_jwt,
        failed="Failed to authenticate",
        unreadable="Invalid auth token response",
        changes=False,
        is_exchange=True,
    )


def _jwt(answer: Answer) -> Jwt:
    try:
        return jwt_from(read_answer(answer, AuthToken), answer.sent_at)
    except ValueError as error:
        raise UnreadableError(str(error)) from None
