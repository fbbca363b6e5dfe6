"""An event without locks: an interrupt, a signal handler or a fork may come at any time.

Each access to what is shared is a single step of the interpreter.
"""

from __future__ import annotations

import threading

from .._signals import suppress


class InterruptibleEvent:
    """An event that may be set by an interrupted thread, by a signal handler, or in a forked child."""

    def __init__(self) -> None:
        self._is_set = False
        self._waiting: list[threading.Lock] = []

    def set(self) -> None:
        """Wake who waits, and let nobody wait any more."""
        self._is_set = True
        for each in list(self._waiting):
            with suppress(RuntimeError):  # it was woken before
                each.release()

    def wait(self, seconds: float) -> bool:
        """Wait until it is set, this many seconds at most, and tell whether it is."""
        own = threading.Lock()
        own.acquire()
        try:
            self._waiting.append(own)
            return self._is_set or own.acquire(timeout=max(0.0, seconds))
        finally:
            with suppress(ValueError):
                self._waiting.remove(own)
