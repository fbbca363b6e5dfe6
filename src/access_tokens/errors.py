"""The exceptions of this library, one class for each thing that a caller can do about an error.

    AccessTokensError
    ├── AuthenticationError     the PAT, or the JWT issued for it, is refused: check the PAT
    ├── PermissionDeniedError   the PAT is valid, but not an administrator's: use one that is
    ├── NotFoundError           the service says that no token has this id: check the id
    ├── ConflictError           the id is taken: choose another, or see `outcome_unknown`
    ├── RequestRejectedError    the service rejects the request or a value in it: change it
    ├── RateLimitedError        too many requests: wait for `retry_after` seconds
    ├── UnavailableError        the service failed, or cannot be reached: try again later
    ├── EndpointError           something else answers, such as a 404 that names no token or a firewall's
    │                           page, or TLS can never work: check the endpoint and its paths
    ├── InvalidResponseError    the service's answer cannot be read: compare the versions
    └── ClientClosedError       the client was closed: make a new one

An invalid argument raises a `ValueError` or `TypeError` before any request is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, TypeGuard

from attrs import frozen

LONGEST_TEXT = 4096


@frozen
class ApiError:
    """The error that the service reports in the body of its answer.

    Attributes:
        message: The reason, for people, on one line.
        code: The reason, for programs, such as `ERR_JWT_EXPIRED`.
        details: More about the error: a text, often of several lines, or an object.
    """

    message: str
    code: str | None = None
    details: str | Mapping[str, Any] | None = None

    @property
    def error(self) -> ApiError:
        """The same object, so that `error.cause.error.message` works as in the TypeScript client.

        Example:
            said = ApiError("Token not found: abc")
            print(said.error.message)
        """
        return self


def is_api_error(value: object) -> TypeGuard[ApiError]:
    """Tell whether a value, such as the `cause` of an error, is an `ApiError` from the service.

    Args:
        value: Any value.

    Example:
        try:
            client.revoke("no-such-id")
        except AccessTokensError as error:
            print(error.cause.code if is_api_error(error.cause) else error.reason)
    """
    return isinstance(value, ApiError)


class AccessTokensError(Exception):
    """The base class of all errors of a call, except for a `ValueError` or `TypeError` about an argument.

    Attributes:
        message: What failed, such as "Failed to revoke token".
        cause: Why it failed: the `ApiError` from the service if there is one, else the phrase of the HTTP
            status, or the exception raised by the connection or while reading the answer.
        status_code: The HTTP status of the last answer, or None without an answer.
        token_id: The id of the token that the call was about, even if `issue` has generated the id.
        request_id: The id of the request in the service's logs: from the header X-Request-Id of the answer,
            or a similar one (X-Correlation-Id, X-Amzn-Trace-Id, CF-Ray, traceparent …).
        token_id_chosen_here: Whether `issue` has generated `token_id` for this call. If so, a token with this
            id can only come from this call. A token with an id of your own may have existed before.
        retry_after: How many seconds the service asked to wait before another request, or None.
        attempts: How many times the failed request was tried.
        outcome_unknown: Whether the service may have carried out the call although it failed.

    Example:
        try:
            client.revoke("no-such-id")
        except AccessTokensError as error:
            print(error, error.status_code, error.attempts, error.outcome_unknown)
    """

    def __init__(
        self,
        message: str,
        *,
        cause: ApiError | str | Exception | None = None,
        status_code: int | None = None,
        token_id: str | None = None,
        token_id_chosen_here: bool = False,
        request_id: str | None = None,
        retry_after: float | None = None,
        attempts: int = 0,
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause
        self.status_code = status_code
        self.token_id = token_id
        self.token_id_chosen_here = token_id_chosen_here
        self.request_id = request_id
        self.retry_after = retry_after
        self.attempts = attempts
        self.outcome_unknown = outcome_unknown
        if isinstance(cause, Exception):
            self.__cause__ = cause

    @property
    def reason(self) -> str:
        """The text of `cause` on one line, without a full stop at the end; "" if there is no cause.

        Example:
            error = AccessTokensError("Failed to get token", cause="Service Unavailable.")
            print(error.reason)  # Service Unavailable
        """
        said = self.cause.message if isinstance(self.cause, ApiError) else str(self.cause or "")
        return one_line(said).removesuffix(".")

    def __str__(self) -> str:
        reason = self._words()
        notes = ", ".join(self._notes(reason))
        notes = f" ({notes})" if notes else ""
        room = LONGEST_TEXT - len(self.message) - len(notes) - 2
        return self.message + (f": {reason[:room]}" if reason else "") + notes

    def __reduce__(self) -> tuple[Any, ...]:
        # By default, only the positional arguments of an exception are copied and pickled.
        return partial(type(self), **{name: getattr(self, name) for name in _ATTRIBUTES}), ()

    def _words(self) -> str:
        return self.reason

    def _notes(self, reason: str) -> list[str]:
        token_id = one_line(self.token_id or "", 100)
        notes = (
            isinstance(self.cause, ApiError) and one_line(self.cause.code or "", 100),
            self.status_code and f"HTTP {self.status_code}",
            token_id not in reason and f"token {token_id}",
            self.attempts > 1 and f"{self.attempts} attempts",
            self.retry_after is not None and f"retry after {self.retry_after:g} s",
            self.request_id and f"request {one_line(self.request_id, 200)}",
            self.outcome_unknown and f"outcome unknown: {self._unknown()}",
        )
        return [note for note in notes if note]

    def _unknown(self) -> str:
        return "it may have been done"


_ATTRIBUTES = (
    *("message", "cause", "status_code", "token_id", "token_id_chosen_here"),
    *("request_id", "retry_after", "attempts", "outcome_unknown"),
)


class AuthenticationError(AccessTokensError):
    """The PAT, or the JWT issued for it, is refused; or the PAT cannot be read from its file or function.

    "Cannot load invalid record" means that the record of the PAT has invalid values. The service also hides
    such a record from lists. An `update` that makes its values valid brings it back.
    """


class PermissionDeniedError(AccessTokensError):
    """The PAT is valid, but it is not an administrator's."""


class NotFoundError(AccessTokensError):
    """The service says that no token has this id. Nothing was changed, unless `outcome_unknown` is True.

    A 404 whose body does not say so is an `EndpointError`: the path does not exist there, and whether the
    token exists is unknown.
    """


class ConflictError(AccessTokensError):
    """The id is taken by another token.

    With `outcome_unknown`, an earlier attempt of the same call, whose answer was lost, may have made that
    token. With `token_id_chosen_here` this is certain: revoke `token_id`, and issue another token. Otherwise
    the token may have existed before and belong to somebody else: look at its record before you revoke it.
    """

    def _unknown(self) -> str:
        made = "an earlier attempt of this call may have made it"
        return made if self.token_id_chosen_here else f"{made}, or it was there before: look first"


class RequestRejectedError(AccessTokensError):
    """The service rejects the request, or a value that it should store. A repeat would not help."""

    def _words(self) -> str:
        """Return the reason, and what the details say is wrong, unless they are JSON."""
        details = self.cause.details if isinstance(self.cause, ApiError) else None
        words = one_line(details, 300) if isinstance(details, str) else ""
        return self.reason if words in self.reason or words[0] == "{" else f"{self.reason}: {words}"


class RateLimitedError(AccessTokensError):
    """The service limits the rate of requests. `retry_after` is the wait in seconds, if it names one."""


class UnavailableError(AccessTokensError):
    """The service failed, could not be reached, or did not answer in time, also when repeated."""


_CHECK_PATHS = "check the endpoint and its paths"
_SOMETHING_ELSE = "something other than the service answers"


class EndpointError(AccessTokensError):
    """Something other than the service answers at the endpoint, or a TLS connection can never succeed.

    Raised for every 404 that does not name a missing token, since the service sends no other 404 on its own
    paths. Also raised for a refusal on an HTML page that is not the service's, such as a firewall's; the PAT
    may then be valid.
    """

    def _notes(self, reason: str) -> list[str]:
        is_refusal = 400 <= (self.status_code or 0) < 500
        hint = _CHECK_PATHS if self.status_code == 404 else _SOMETHING_ELSE
        return [*super()._notes(reason), *[hint] * is_refusal]


class InvalidResponseError(AccessTokensError):
    """The service's answer cannot be read. With `outcome_unknown`, what was asked for may have been done."""


class ClientClosedError(AccessTokensError):
    """The client, or the `http_client` that it was given, was closed before or during the call."""


def one_line(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text as one printable line, cut to a length."""
    clean = "".join(c if c.isprintable() else " " for c in text[: 2 * longest])
    return " ".join(clean.split())[:longest]


def excerpt(text: str, longest: int = 8 * LONGEST_TEXT) -> str:
    """Return the beginning of a text, cut between words: half of a secret could not be recognised."""
    *words, _ = text[:longest].rsplit(maxsplit=1) or [""]
    return text if len(text) <= longest else "".join(words)


class UnreadableError(ValueError):
    """An answer does not have the expected form. The message names the place and the types, never a value."""
