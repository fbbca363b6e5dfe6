"""How errors come to leave the library: those of an unreadable answer, and all of them bared."""

from __future__ import annotations

import json
from typing import TypeVar

from ._steps import Answer, Call
from ._wire import is_foreign
from .errors import AccessTokensError, InvalidResponseError, UnreadableError

T = TypeVar("T")


class Surface:
    """Where errors leave the library.

    They do so without the frames and exceptions below, whose locals hold requests and answers; so does what
    breaks a call off. Another exception would be a mistake of ours, and tells where it was made.
    """

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, AccessTokensError) or (error and is_foreign(error)):
            error.__context__ = error.__traceback__ = None


def read(call: Call[T], answer: Answer) -> T:
    """Return the result of a call.

    Raises:
        InvalidResponseError: The answer makes no sense.
    """
    try:
        return call.result(answer)
    except (ValueError, RecursionError) as error:
        raise InvalidResponseError(
            call.unreadable,
            cause=UnreadableError(_problem(error)),
            status_code=answer.status_code,
            attempts=answer.attempts,
            token_id=call.token_id,
            outcome_unknown=call.changes,
        ) from None


def _problem(error: Exception) -> str:
    """Say what is wrong with an answer, without a value of it."""
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg} at character {error.pos}"
    if isinstance(error, UnreadableError):
        return str(error)
    return f"not of the expected shape ({type(error).__name__})"
