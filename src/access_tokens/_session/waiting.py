"""How long a session waits between two attempts."""

from __future__ import annotations


def wait_before(seconds: float, deadline: float, now: float) -> float | None:
    """Return how many seconds to wait before the next attempt, or None if the deadline comes first.

    Both sessions call it through this module, so that the fixture `access_tokens_no_waits` can replace it.
    """
    return seconds if deadline - now > seconds else None
