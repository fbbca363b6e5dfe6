"""Maps the outcome of a call to the error that the caller sees, or to the result."""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

from .._secret import redact
from .._signals import pass_on
from ..errors import (
    AccessTokensError,
    ApiError,
    AuthenticationError,
    ConflictError,
    EndpointError,
    InvalidResponseError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRejectedError,
    UnavailableError,
    UnreadableError,
    excerpt,
    one_line,
)
from .error_body import is_page, is_services_page, said_in_body
from .record_issues import CANNOT_LOAD, CANNOT_STORE
from .steps import UNREADABLE, Answer, Call, Failure, Outcome

_ERRORS_BY_STATUS: dict[int, type[AccessTokensError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: EndpointError,  # not NotFoundError: the service reports a missing token by its message
    408: UnavailableError,
    409: ConflictError,
    429: RateLimitedError,
}
_REFUSED_VALUES = (CANNOT_STORE, "Invalid secret PHC string")
_NEVER_ACTED = {501, 505}
# Not raised for a page that comes from something other than the service, such as a firewall.
_REFUSALS = (AuthenticationError, PermissionDeniedError, ConflictError, RequestRejectedError)

T = TypeVar("T")


def error_for(call: Call[Any], outcome: Outcome, attempts: int, acted_before: bool) -> AccessTokensError:
    """Return the error for the outcome of a failed call.

    Args:
        call: The call that failed.
        outcome: The outcome of its last attempt.
        attempts: How many requests were sent.
        acted_before: Whether the service may have carried out an earlier attempt, whose answer was lost.
    """
    if isinstance(outcome, Failure):
        return _error_without_answer(call, outcome, attempts, acted_before)
    return _error_of_answer(call, outcome, attempts, acted_before)


def _error_without_answer(
    call: Call[Any], failure: Failure, attempts: int, acted_before: bool
) -> AccessTokensError:
    return failure.kind(
        call.unreadable if failure.kind is InvalidResponseError else call.failed,
        cause=failure.cause,
        token_id=call.token_id,
        token_id_chosen_here=call.token_id_chosen_here,
        request_id=failure.request_id,
        attempts=attempts,
        outcome_unknown=call.changes and (failure.acted or acted_before),
    )


def _error_of_answer(call: Call[Any], answer: Answer, attempts: int, acted_before: bool) -> AccessTokensError:
    said = said_in_body(answer)
    refusal = _refusal(call, said)
    kind = refusal or _kind_of(call, answer)
    acted = (acted_before and _may_follow(call, refusal)) or (refusal is None and may_have_acted(answer))
    return kind(
        call.failed,
        cause=said
        or one_line(redact(excerpt(answer.reason), *answer.known))
        or f"HTTP status {answer.status_code}",
        status_code=answer.status_code,
        token_id=call.token_id,
        token_id_chosen_here=call.token_id_chosen_here,
        request_id=answer.request_id,
        retry_after=answer.retry_after,
        attempts=attempts,
        outcome_unknown=call.changes and acted,
    )


def _may_follow(call: Call[Any], refusal: type[AccessTokensError] | None) -> bool:
    """Tell whether an earlier attempt may have been carried out, although the last one was refused.

    Most refusals would have hit the earlier attempt as well. But a conflict, or a missing token after a
    removal, may be the effect of an earlier attempt.
    """
    made_or_removed = (ConflictError, NotFoundError) if call.removes else (ConflictError,)
    return refusal is None or refusal in made_or_removed


def is_refusal(call: Call[Any], error: AccessTokensError) -> bool:
    """Tell whether the message of the service says that a retry is pointless, whatever the status."""
    return _refusal(call, error.cause) is not None


def may_have_acted(outcome: Outcome) -> bool:
    """Tell whether the service could have carried out a request with this outcome."""
    if isinstance(outcome, Failure):
        return outcome.acted
    return outcome.status_code >= 500 and outcome.status_code not in _NEVER_ACTED


def _refusal(call: Call[Any], said: object) -> type[AccessTokensError] | None:
    """Recognise refusals by their message: the service answers them with 500, as if they might pass."""
    if not isinstance(said, ApiError):
        return None
    if call.is_exchange:
        return AuthenticationError if said.message.startswith(CANNOT_LOAD) else None
    if call.changes and said.message.startswith(_REFUSED_VALUES):
        return RequestRejectedError
    words = one_line(f"{said.message} {said.details}")
    if any(_names(words, f"Token not found: {each}") for each in call.ids):
        return NotFoundError
    return (
        ConflictError if any(_names(words, f"Token ID already exists: {each}") for each in call.ids) else None
    )


def _names(words: str, reason: str) -> bool:
    # `(?!\w)`, so that a longer id which begins with this one does not match.
    return re.search(re.escape(one_line(reason)) + r"(?!\w)", words) is not None


def _kind_of(call: Call[Any], answer: Answer) -> type[AccessTokensError]:
    kind = _kind_by_status(call, answer.status_code)
    return EndpointError if issubclass(kind, _REFUSALS) and is_foreign_page(call, answer) else kind


def is_foreign_page(call: Call[Any], answer: Answer) -> bool:
    """Tell whether the answer is a page from something in front of the service, such as a firewall.

    The service's own pages are made by Express. The service never refuses a JWT with a page.
    """
    is_of_jwt = not call.is_exchange and answer.status_code in {401, 403}
    return is_page(answer) and (is_of_jwt or not is_services_page(answer))


def _kind_by_status(call: Call[Any], status: int) -> type[AccessTokensError]:
    if call.is_exchange and status in {400, 401, 403}:
        return AuthenticationError
    if status in _ERRORS_BY_STATUS:
        return _ERRORS_BY_STATUS[status]
    return {4: RequestRejectedError, 5: UnavailableError}.get(status // 100, EndpointError)


def result_of(call: Call[T], answer: Answer) -> T:
    """Return the result of a call.

    Raises:
        InvalidResponseError: The answer cannot be read.
    """
    try:
        return call.result(answer)
    except UNREADABLE as error:
        pass_on(error)
        raise InvalidResponseError(
            call.unreadable,
            cause=UnreadableError(_problem(error)),
            status_code=answer.status_code,
            attempts=answer.attempts,
            token_id=call.token_id,
            token_id_chosen_here=call.token_id_chosen_here,
            request_id=answer.request_id,
            outcome_unknown=call.changes,
        ) from None


def _problem(error: Exception) -> str:
    """Say what is wrong with an answer, without quoting values, which may be secret."""
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg} at character {error.pos}"
    if isinstance(error, UnreadableError):
        return str(error)
    return f"not of the expected shape ({type(error).__name__})"
