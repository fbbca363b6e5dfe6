"""What can go wrong, split by what a caller can do about it.

    AccessTokensError
    ├── AuthenticationError     the PAT, or the JWT got for it, is refused: check the PAT
    ├── PermissionDeniedError   the PAT is good, but not an administrator's: use one that is
    ├── NotFoundError           the service says that no token has this id: check the id
    ├── ConflictError           the id is taken: choose another, or see `outcome_unknown`
    ├── RequestRejectedError    the service finds fault with the request or a value in it: change it
    ├── RateLimitedError        too many requests: wait for `retry_after` seconds
    ├── UnavailableError        the service failed, or cannot be reached: try again later
    ├── EndpointError           something else answers, such as a 404 that names no token or a firewall's
    │                           page, or TLS can never work: check the endpoint and its paths
    ├── InvalidResponseError    the service's answer cannot be read: compare the versions
    └── ClientClosedError       the client was closed: make a new one

A mistake in an argument is a `ValueError` or a `TypeError`, raised before any request.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, TypeGuard

from attrs import frozen

LONGEST_TEXT = 4096


@frozen
class ApiError:
    """What the service says of a failure.

    Attributes:
        message: The reason, for a person, on one line.
        code: The reason, for a program, such as `ERR_JWT_EXPIRED`.
        details: More about it: text, often of several lines, or an object.
    """

    message: str
    code: str | None = None
    details: str | Mapping[str, Any] | None = None

    @property
    def error(self) -> ApiError:
        """Itself, for those who come from the TypeScript client: `error.cause.error.message`."""
        return self


def is_api_error(value: object) -> TypeGuard[ApiError]:
    """Tell whether a value, such as an error's `cause`, is what the service said of a failure."""
    return isinstance(value, ApiError)


class AccessTokensError(Exception):
    """A call that failed. Every error of this library but a `ValueError` or `TypeError` is one.

    Attributes:
        message: What failed, such as "Failed to revoke token".
        cause: Why: the service's `ApiError` when it sent one, else the text of the HTTP status, or the
            exception of the connection or of reading the answer.
        status_code: The HTTP status of the last answer, or None without an answer.
        token_id: The token that the call was about, also the id chosen by `issue`.
        request_id: By what the request is found again in the service's logs: its X-Request-Id, or another of
            that kind (X-Correlation-Id, X-Amzn-Trace-Id, CF-Ray, traceparent …).
        token_id_chosen_here: Whether `issue` has chosen that id for this call, so that a token with it comes
            of nothing else. One with an id of the caller's own may have been there before.
        retry_after: For how many seconds the service asked to be left alone.
        attempts: How many times the request that failed was sent.
        outcome_unknown: Whether the service may have carried the call out all the same.
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
        """Why, on one line: the service's words, the text of the status, or that of the exception."""
        said = self.cause.message if isinstance(self.cause, ApiError) else str(self.cause or "")
        return one_line(said).removesuffix(".")

    def __str__(self) -> str:
        reason = self.reason
        notes = ", ".join(self._notes(reason))
        notes = f" ({notes})" if notes else ""
        room = LONGEST_TEXT - len(self.message) - len(notes) - 2
        return self.message + (f": {reason[:room]}" if reason else "") + notes

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are copied and pickled by their positional arguments alone.
        return partial(type(self), **{name: getattr(self, name) for name in _ATTRIBUTES}), ()

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
    """The PAT, or the JWT got for it, is refused.

    "Cannot load invalid record" means that the service cannot read the record of the PAT, which no list has
    then: an update that makes its values valid brings it back.
    """


class PermissionDeniedError(AccessTokensError):
    """The PAT is good, but it is not an administrator's."""


class NotFoundError(AccessTokensError):
    """The service says in words that no token has this id: nothing was changed.

    A 404 that does not say so is an `EndpointError`: no route is there, and nothing is known of the token.
    """


class ConflictError(AccessTokensError):
    """The id is taken.

    With `outcome_unknown`, perhaps by an earlier attempt of this very call, whose answer was lost. With
    `token_id_chosen_here` that is certain: revoke `token_id` and issue another token. Otherwise the token may
    have been there before, and be somebody else's: look at its record before you revoke it.
    """

    def _unknown(self) -> str:
        made = "an earlier attempt of this call may have made it"
        return made if self.token_id_chosen_here else f"{made}, or it was there before: look first"


class RequestRejectedError(AccessTokensError):
    """The service finds fault with the request, or with a value that it was to store."""


class RateLimitedError(AccessTokensError):
    """The service asks for fewer requests; `retry_after` says for how many seconds, when it does."""


class UnavailableError(AccessTokensError):
    """The service failed, could not be reached, or did not answer in time."""


_CHECK_PATHS = "check the endpoint and its paths"
_SOMETHING_ELSE = "something other than the service answers"


class EndpointError(AccessTokensError):
    """Something other than the service answers at the endpoint, or TLS with it can never work.

    So it is with every 404 that names no missing token: the service answers none where it has a route. So it
    is with a refusal on a page that is not the service's own but, say, a firewall's: the PAT may be good.
    """

    def _notes(self, reason: str) -> list[str]:
        is_refusal = 400 <= (self.status_code or 0) < 500
        hint = _CHECK_PATHS if self.status_code == 404 else _SOMETHING_ELSE
        return [*super()._notes(reason), *[hint] * is_refusal]


class InvalidResponseError(AccessTokensError):
    """The service's answer cannot be read."""


class ClientClosedError(AccessTokensError):
    """The client was closed before or during the call."""


def one_line(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text as one printable line of bounded length."""
    clean = "".join(c if c.isprintable() else " " for c in text[: 2 * longest])
    return " ".join(clean.split())[:longest]


def excerpt(text: str, longest: int = 8 * LONGEST_TEXT) -> str:
    """Return as much of a text as is worth a look, and no half of a word, which could be half of a secret."""
    *words, _ = text[:longest].rsplit(maxsplit=1) or [""]
    return text if len(text) <= longest else "".join(words)


class UnreadableError(ValueError):
    """An answer has the wrong shape. The text names the place and the types, never a value."""
