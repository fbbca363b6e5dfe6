"""Limits the rate of exchanges, with the headers of `express-rate-limit`."""

import math
import threading

from access_tokens.testing._errors import ServiceError

_MESSAGE = "Too many requests, try again in a minute"


class RateLimiter:
    """Counts requests in windows of fixed length. The first request outside of a window opens the next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened = float("-inf")
        self._count = 0

    def admit(self, limit: tuple[int, float], now: float) -> dict[str, str]:
        """Count a request.

        Args:
            limit: The most requests in a window, and its length in seconds.
            now: The time in Unix seconds.

        Returns:
            The headers about the rate limit.

        Raises:
            ServiceError: The request exceeds the limit.
        """
        most, seconds = limit
        with self._lock:
            if not self._opened <= now < self._opened + seconds:
                self._opened, self._count = now, 0
            self._count += 1
            count, reset = self._count, math.ceil(self._opened + seconds - now)
        headers = _headers(most, seconds, max(0, most - count), reset)
        if count > most:
            raise ServiceError(_MESSAGE, 429, is_json=True, headers={**headers, "Retry-After": str(reset)})
        return headers


def _headers(most: int, seconds: float, left: int, reset: int) -> dict[str, str]:
    return {
        "RateLimit-Policy": f"{most};w={math.ceil(seconds)}",
        "RateLimit-Limit": str(most),
        "RateLimit-Remaining": str(left),
        "RateLimit-Reset": str(reset),
    }
