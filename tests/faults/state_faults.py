"""What can befall a client: how requests fail, when, and what else has changed at the service."""

from __future__ import annotations

import httpx
from attrs import frozen
from hypothesis import strategies as st

from access_tokens import (
    AccessTokensError,
    AuthenticationError,
    InvalidResponseError,
    PermissionDeniedError,
    RateLimitedError,
    UnavailableError,
)

PASSING = (UnavailableError, RateLimitedError)
# A service that asks for more than so many seconds is not waited for.
CEILING = 120.0


@frozen
class Fault:
    """What happens to a request instead of its answer.

    Attributes:
        status: The answer's status, or None where the connection is lost.
        error: What it amounts to, when nothing cures it.
        retry_after: What the service asks for.
        acts: Whether the service has carried out the request all the same.
    """

    status: int | None
    error: type[AccessTokensError]
    retry_after: int | None = None
    acts: bool = False

    @property
    def passes(self) -> bool:
        """Whether a repeat may help."""
        return self.error in PASSING

    def response(self) -> httpx.Response:
        if self.status is None:
            raise httpx.ReadError("lost")
        asked = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return httpx.Response(self.status, headers=asked, content=b"no JSON")


FAULTS = (
    Fault(500, UnavailableError),
    Fault(503, UnavailableError, retry_after=5),
    Fault(429, RateLimitedError),
    Fault(429, RateLimitedError, retry_after=5),
    Fault(429, RateLimitedError, retry_after=200),
    Fault(None, UnavailableError),
    Fault(200, InvalidResponseError),
)
REFUSED = Fault(401, AuthenticationError)
EXCHANGE_FAULTS = (*FAULTS, REFUSED, Fault(403, AuthenticationError))
CALL_FAULTS = (
    *FAULTS,
    REFUSED,
    REFUSED,  # twice, to be drawn more often: there is most to get wrong
    Fault(403, PermissionDeniedError),
    Fault(500, UnavailableError, acts=True),
    Fault(None, UnavailableError, acts=True),
)

EDGES = st.sampled_from(["renewal", "end", "put off"])


@frozen
class Situation:
    """What is while the client is used.

    Attributes:
        edge: At which moment in the life of its JWT, and how many seconds beside it.
        is_rotated: Whether the service has a new key.
        exchange_faults: What befalls the next exchanges, unless that is decided.
        call_faults: What befalls the next calls, unless that is decided.
    """

    edge: str | None = None
    beside: float = 0.0
    is_rotated: bool = False
    exchange_faults: tuple[Fault, ...] = ()
    call_faults: tuple[Fault, ...] = ()


def befalls(faults: tuple[Fault, ...]) -> st.SearchStrategy[tuple[Fault, ...]]:
    """Draw nothing, or a fault that comes again and again, or several of them."""
    fault = st.sampled_from(faults)
    again = st.builds(lambda each, times: (each,) * times, fault, st.sampled_from([1, 3, 6]))
    return st.just(()) | again | st.lists(fault, max_size=3).map(tuple)


SITUATIONS = st.builds(
    Situation,
    st.none() | EDGES,
    st.sampled_from([-0.5, 0.0, 0.5]),
    st.sampled_from([False, False, True]),
    befalls(EXCHANGE_FAULTS),
    befalls(CALL_FAULTS),
)
