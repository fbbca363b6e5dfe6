"""From what came back to the error that the caller sees."""

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
    404: EndpointError,  # a missing token is told by words, whatever the status
    408: UnavailableError,
    409: ConflictError,
    429: RateLimitedError,
}
_REFUSED_VALUES = (CANNOT_STORE, "Invalid secret PHC string")
_NEVER_ACTED = {501, 505}
# What a page of something else is not believed.
_REFUSALS = (AuthenticationError, PermissionDeniedError, ConflictError, RequestRejectedError)

T = TypeVar("T")


def error_for(call: Call[Any], outcome: Outcome, attempts: int, acted_before: bool) -> AccessTokensError:
    """Return the error that an outcome amounts to.

    Args:
        call: The call that failed.
        outcome: The outcome of its last attempt.
        attempts: How many requests were sent.
        acted_before: Whether an earlier attempt, whose answer was lost, may have been carried out.
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
    """Tell whether an earlier attempt may have been carried out: what is refused was so before as well."""
    made_or_removed = (ConflictError, NotFoundError) if call.removes else (ConflictError,)
    return refusal is None or refusal in made_or_removed


def is_refusal(call: Call[Any], error: AccessTokensError) -> bool:
    """Tell whether the service says in words that a repeat is pointless, whatever the status."""
    return _refusal(call, error.cause) is not None


def may_have_acted(outcome: Outcome) -> bool:
    """Tell whether the service could have carried out a request with this outcome."""
    if isinstance(outcome, Failure):
        return outcome.acted
    return outcome.status_code >= 500 and outcome.status_code not in _NEVER_ACTED


def _refusal(call: Call[Any], said: object) -> type[AccessTokensError] | None:
    """Recognise the refusals that the service answers with 500, as if they might pass."""
    if not isinstance(said, ApiError):
        return None
    if call.api_key:
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
    # Not merely the beginning of a longer id.
    return re.search(re.escape(one_line(reason)) + r"(?!\w)", words) is not None


def _kind_of(call: Call[Any], answer: Answer) -> type[AccessTokensError]:
    kind = _kind_by_status(call, answer.status_code)
    return EndpointError if issubclass(kind, _REFUSALS) and is_foreign_page(call, answer) else kind


def is_foreign_page(call: Call[Any], answer: Answer) -> bool:
    """Tell whether a page comes from something that stands before the service, such as a firewall.

    The service's own pages are those of Express, but for what it says of a JWT, which is never a page.
    """
    is_of_jwt = call.api_key is None and answer.status_code in {401, 403}
    return is_page(answer) and (is_of_jwt or not is_services_page(answer))


def _kind_by_status(call: Call[Any], status: int) -> type[AccessTokensError]:
    if call.api_key and status in {400, 401, 403}:
        return AuthenticationError
    if status in _ERRORS_BY_STATUS:
        return _ERRORS_BY_STATUS[status]
    return {4: RequestRejectedError, 5: UnavailableError}.get(status // 100, EndpointError)


def result_of(call: Call[T], answer: Answer) -> T:
    """Return the result of a call.

    Raises:
        InvalidResponseError: The answer makes no sense.
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
    """Say what is wrong with an answer, without a value of it."""
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg} at character {error.pos}"
    if isinstance(error, UnreadableError):
        return str(error)
    return f"not of the expected shape ({type(error).__name__})"
