"""Skips the waits of all clients between two attempts."""

from collections.abc import Callable
from contextvars import ContextVar

from access_tokens._session.waiting import wait_before

# The deadline of the call under way, and how many seconds of it were skipped. Each thread and each task has
# its own, so that calls made at the same time do not shorten each other's deadline.
_skipped: ContextVar[tuple[float, float]] = ContextVar("access_tokens.skipped", default=(0.0, 0.0))


def skipping(waits: list[float]) -> Callable[[float, float, float], float | None]:
    """Make a replacement of `wait_before` that waits for no time, and notes how long it would have been.

    A skipped wait counts against the deadline of its call, so that a call makes as many attempts as it would
    with its waits.

    Args:
        waits: Where to append the waits, in seconds.
    """

    def wait_for_no_time(seconds: float, deadline: float, now: float) -> float | None:
        last, skipped = _skipped.get()
        total = seconds + (skipped if last == deadline else 0.0)
        if wait_before(total, deadline, now) is None:
            return None
        _skipped.set((deadline, total))
        waits.append(seconds)
        return 0.0

    return wait_for_no_time
