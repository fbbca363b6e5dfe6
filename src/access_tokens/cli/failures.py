"""Failures among many tokens: when to go on with the next one, and what `--json` says of them."""

from __future__ import annotations

from attrs import define

from ..errors import (
    AccessTokensError,
    AuthenticationError,
    ClientClosedError,
    EndpointError,
    PermissionDeniedError,
    RateLimitedError,
    UnavailableError,
)

# After these, the same call for another token would fail as well.
_LASTING = (
    AuthenticationError,
    PermissionDeniedError,
    EndpointError,
    RateLimitedError,
    ClientClosedError,
)
# How many calls in a row may end so. One may be the fault of its token, but each takes 7 s by default, for
# the client's repeats.
_MOST_UNAVAILABLE = 3


@define
class Failures:
    """What has failed so far, of many calls of the same kind.

    Attributes:
        unavailable: How many calls in a row the service could not answer.
        is_hopeless: Whether all further calls would fail: the PAT is refused, or nobody answers.
    """

    unavailable: int = 0
    is_hopeless: bool = False

    def note(self, error: AccessTokensError | None) -> None:
        """Note how a call has ended."""
        self.unavailable = self.unavailable + 1 if isinstance(error, UnavailableError) else 0
        is_unreachable = isinstance(error, UnavailableError) and error.status_code is None
        is_lasting = is_unreachable or isinstance(error, _LASTING)
        self.is_hopeless = is_lasting or self.unavailable >= _MOST_UNAVAILABLE


def outcome(error: AccessTokensError | str | None, success: str) -> dict[str, str]:
    """Return what `--json` says of a change: its outcome, and the error if there is one."""
    if error is None:
        return {"outcome": success}
    is_unknown = isinstance(error, AccessTokensError) and error.outcome_unknown
    return {"outcome": "unknown" if is_unknown else "failed", "error": str(error)}
