"""From what came back to the error that the caller sees."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

from ._api_error import CANNOT_LOAD, CANNOT_STORE, page_text, said_message, structure_api_error
from ._secret import Secret, redact
from ._steps import Answer, Call, Failure, Outcome
from .errors import (
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
    one_line,
)

_ERRORS_BY_STATUS: dict[int, type[AccessTokensError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: EndpointError,  # a missing token is told by words, whatever the status
    408: UnavailableError,
    409: ConflictError,
    429: RateLimitedError,
}
_REFUSED_VALUES = (CANNOT_STORE, "Invalid secret PHC string")
_PHRASES = {each.value: each.phrase for each in HTTPStatus}
# Where Node's differ from those of some version of Python.
_NODES_PHRASES = {
    413: "Payload Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Entity",
}
_LONGEST_BODY = 2**20
_NEVER_ACTED = {501, 505}


def error_for(
    call: Call[Any], outcome: Outcome, attempts: int, acted_before: bool, known: tuple[Secret, ...]
) -> AccessTokensError:
    """Return the error that an outcome amounts to.

    Args:
        call: The call that failed.
        outcome: The outcome of its last attempt.
        attempts: How many requests were sent.
        acted_before: Whether an earlier attempt, whose answer was lost, may have been carried out.
        known: Secrets that were sent, to be hidden should the service send them back.
    """
    if isinstance(outcome, Failure):
        return _error_without_answer(call, outcome, attempts, acted_before)
    return _error_of_answer(call, outcome, attempts, acted_before, (*known, *call.known))


def _error_without_answer(
    call: Call[Any], failure: Failure, attempts: int, acted_before: bool
) -> AccessTokensError:
    return failure.kind(
        call.unreadable if failure.kind is InvalidResponseError else call.failed,
        cause=failure.cause,
        token_id=call.token_id,
        attempts=attempts,
        outcome_unknown=call.changes and (failure.acted or acted_before),
    )


def _error_of_answer(
    call: Call[Any], answer: Answer, attempts: int, acted_before: bool, known: tuple[Secret, ...]
) -> AccessTokensError:
    said = said_in(answer, *known)
    refusal = _refusal(call, said)
    kind = refusal or _kind_by_status(call, answer.status_code)
    # A refusal is an answer. What is refused now, but for an id that is taken, was refused before as well.
    acted = refusal in {None, ConflictError} and (acted_before or (not refusal and may_have_acted(answer)))
    return kind(
        call.failed,
        cause=said or one_line(redact(answer.reason, *known)) or f"HTTP status {answer.status_code}",
        status_code=answer.status_code,
        token_id=call.token_id,
        retry_after=answer.retry_after,
        attempts=attempts,
        outcome_unknown=call.changes and acted,
    )


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
    return _refusal_of_token(call.token_id, said) if call.token_id is not None else None


def _refusal_of_token(token_id: str, said: ApiError) -> type[AccessTokensError] | None:
    if said.message.startswith(_REFUSED_VALUES):
        return RequestRejectedError
    words = one_line(f"{said.message} {said.details}")
    if _names(words, f"Token not found: {token_id}"):
        return NotFoundError
    return ConflictError if _names(words, f"Token ID already exists: {token_id}") else None


def _names(words: str, reason: str) -> bool:
    # Not merely the beginning of a longer id.
    return re.search(re.escape(one_line(reason)) + r"(?!\w)", words) is not None


def _kind_by_status(call: Call[Any], status: int) -> type[AccessTokensError]:
    if call.api_key and status in {400, 401, 403}:
        return AuthenticationError
    if status in _ERRORS_BY_STATUS:
        return _ERRORS_BY_STATUS[status]
    return {4: RequestRejectedError, 5: UnavailableError}.get(status // 100, EndpointError)


def said_in(answer: Answer, *known: Secret) -> ApiError | str | None:
    """Find what the service says of a failure, in any of the four shapes of its error bodies.

    Returns:
        None when the body is empty or says nothing; a text when that is the phrase of the status. No secret
        among `known` is in the result.
    """
    if len(answer.content) > _LONGEST_BODY:
        return None
    # The media type alone counts (RFC 9110, section 8.3.1), and what lacks one is looked at both ways.
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in {"text/html", "application/xhtml+xml"}:
        return _from_page(answer, known)
    if not media_type or media_type == "application/json" or media_type.endswith("+json"):
        return _from_json(answer.content, known)
    return _from_text(answer.content, known) if media_type == "text/plain" else None


def _from_json(content: bytes, known: tuple[Secret, ...]) -> ApiError | None:
    try:
        return structure_api_error(json.loads(content), known)
    except (ValueError, TypeError, RecursionError):
        return None


def _from_text(content: bytes, known: tuple[Secret, ...]) -> ApiError | None:
    message = said_message(content.decode(errors="replace"), known)
    return ApiError(message) if message else None


def _from_page(answer: Answer, known: tuple[Secret, ...]) -> ApiError | str | None:
    message = said_message(page_text(answer.content.decode(errors="replace")), known)
    if not message:
        return None
    # In production, Express tells no more than the phrase.
    return message if _is_phrase(message, answer) else ApiError(message)


def _is_phrase(message: str, answer: Answer) -> bool:
    status = answer.status_code
    phrases = (answer.reason, _PHRASES.get(status, ""), _NODES_PHRASES.get(status, ""))
    return message.casefold() in {each.casefold() for each in phrases}
