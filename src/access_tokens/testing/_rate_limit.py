"""The limit on exchanges."""

import threading


class RateLimiter:
    """Counts in fixed windows, each opened by the first request after the one before it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened = float("-inf")
        self._count = 0

    def admit(self, limit: tuple[int, float], now: float) -> float:
        """Count a request.

        Args:
            limit: How many requests are let through in how many seconds.
            now: The Unix time.

        Returns:
            How many seconds to wait before the next attempt; 0 when this one is let through.
        """
        most, seconds = limit
        with self._lock:
            if now >= self._opened + seconds:
                self._opened, self._count = now, 0
            self._count += 1
            return 0 if self._count <= most else self._opened + seconds - now
