"""When a failed request is repeated."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from attrs import Attribute, field, frozen

# What the locks of every platform can wait for, in seconds: 46 days.
LONGEST_WAIT = 4_000_000

# What a repeat may cure (RFC 9110, section 15; 429 is of RFC 6585).
RETRYABLE_STATUSES = frozenset({408, 429, 500, 502, 503, 504})


def _seconds(_: object, attribute: Attribute[float], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{attribute.name} must be a number of seconds")
    if not 0 <= value <= LONGEST_WAIT:
        raise ValueError(f"{attribute.name} must be a number of seconds, from 0 to {LONGEST_WAIT}")


def _count(_: object, attribute: Attribute[int], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{attribute.name} must be a whole number")
    if value < 0:
        raise ValueError(f"{attribute.name} must be 0 or more")


def _share(_: object, attribute: Attribute[float], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError(f"{attribute.name} must be a number from 0 to 1")


def _statuses(values: Iterable[int]) -> frozenset[int]:
    if not isinstance(values, Iterable):
        raise TypeError("statuses must be a collection of HTTP statuses")
    statuses = tuple(values)  # of anything, also of what no set can hold
    if not all(isinstance(status, int) and 400 <= status <= 599 for status in statuses):
        raise ValueError("statuses must be HTTP statuses from 400 to 599")
    return frozenset(statuses)


@frozen(kw_only=True)
class RetryPolicy:
    """How often, and after which waits, a request is repeated after a failure that may pass.

    A failed connection is repeated like one of the `statuses`. `Retry-After` on a 429 or 503 replaces
    the wait (RFC 9110, section 10.2.3).

    Attributes:
        retries: How many times a request is repeated at most; 0 means one attempt.
        backoff: The first wait, in seconds. Each wait is twice the one before.
        backoff_max: The longest wait, in seconds.
        retry_after_max: The longest `Retry-After` that is waited for, in seconds. Over it, the call fails
            at once, with `retry_after` on the error.
        jitter: By which share of itself, from 0 to 1, a wait may be shortened at random. It never applies to
            `Retry-After`.
        statuses: The HTTP statuses that are worth a repeat.

    Raises:
        ValueError, TypeError: A value makes no sense; the message names it.
    """

    retries: int = field(default=3, validator=_count)
    backoff: float = field(default=1.0, validator=_seconds)
    backoff_max: float = field(default=30.0, validator=_seconds)
    retry_after_max: float = field(default=120.0, validator=_seconds)
    jitter: float = field(default=0.0, validator=_share)
    statuses: frozenset[int] = field(default=RETRYABLE_STATUSES, converter=_statuses)

    def wait_before(self, retry: int, retry_after: float | None = None) -> float | None:
        """Return how long to wait, in seconds, before a retry, or None when there must be none.

        Args:
            retry: Which retry it would be, counted from 1.
            retry_after: How many seconds the service asked for, when it did.
        """
        if retry > self.retries:
            return None
        if retry_after is not None:
            return retry_after if retry_after <= self.retry_after_max else None
        return self._backoff_before(retry)

    def _backoff_before(self, retry: int) -> float:
        # The exponent is bounded, since a float overflows long after the cap is reached.
        wait = min(self.backoff * 2.0 ** min(retry - 1, 60), self.backoff_max)
        # Not a secret: nothing is guessed from a wait.
        return wait * (1 - self.jitter * random.random())  # noqa: S311
