"""The policy for repeating failed requests."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from attrs import Attribute, field, frozen

# In seconds, 46 days: the locks of every platform accept a timeout of this length.
LONGEST_WAIT = 4_000_000

# Statuses of failures that may pass (RFC 9110, section 15; RFC 6585 for 429).
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
    statuses = tuple(values)  # a set cannot hold unhashable values, which must raise the ValueError below
    if not all(isinstance(status, int) and 400 <= status <= 599 for status in statuses):
        raise ValueError("statuses must be HTTP statuses from 400 to 599")
    return frozenset(statuses)


@frozen(kw_only=True)
class RetryPolicy:
    """How often a request is repeated after a failure that may pass, and how long to wait before.

    A connection that fails is treated like one of the `statuses`. A `Retry-After` header on a 429 or 503
    replaces the computed wait (RFC 9110, section 10.2.3).

    Attributes:
        retries: The most times that a request is repeated; with 0 there is only one attempt.
        backoff: The wait before the first repeat, in seconds. It doubles with each further repeat.
        backoff_max: The longest computed wait, in seconds.
        retry_after_max: The longest `Retry-After` to wait for, in seconds. If the service asks for more, the
            call fails at once, with `retry_after` on the error.
        jitter: The share of a wait, from 0 to 1, by which it may be shortened at random. Does not apply to
            `Retry-After`.
        statuses: The HTTP statuses after which a request is repeated.

    Raises:
        ValueError: A number is below 0, a wait over 4,000,000 seconds, `jitter` not from 0 to 1, or a status
            not from 400 to 599. The message names it.
        TypeError: Another number than `jitter` is of another type, or `statuses` is no collection.

    Example:
        patient = RetryPolicy(retries=5, backoff=0.5, jitter=0.2)
        record = client.with_options(retry=patient).get(token_id)
    """

    retries: int = field(default=3, validator=_count)
    backoff: float = field(default=1.0, validator=_seconds)
    backoff_max: float = field(default=30.0, validator=_seconds)
    retry_after_max: float = field(default=120.0, validator=_seconds)
    jitter: float = field(default=0.0, validator=_share)
    statuses: frozenset[int] = field(default=RETRYABLE_STATUSES, converter=_statuses)

    def wait_before(self, retry: int, retry_after: float | None = None) -> float | None:
        """Return how many seconds to wait before a repeat, or None if the request must not be repeated.

        Args:
            retry: The number of the repeat, counted from 1.
            retry_after: The seconds in the service's `Retry-After` header, if there was one.

        Example:
            print([RetryPolicy().wait_before(each) for each in (1, 2, 3, 4)])  # [1.0, 2.0, 4.0, None]
        """
        if retry > self.retries:
            return None
        if retry_after is not None:
            return retry_after if retry_after <= self.retry_after_max else None
        return self._backoff_before(retry)

    def _backoff_before(self, retry: int) -> float:
        # The exponent is limited, since a large one would overflow; the wait has reached its maximum before.
        wait = min(self.backoff * 2.0 ** min(retry - 1, 60), self.backoff_max)
        # `random` is good enough: a wait is not a secret.
        return wait * (1 - self.jitter * random.random())  # noqa: S311
