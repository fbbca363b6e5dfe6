"""What threads wait for, without locks: an interrupt, a signal handler or a fork may come at any time.

Each access to what is shared is a single step of the interpreter.
"""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from .._signals import suppress

T = TypeVar("T")


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


class Handover(Generic[T]):
    """What one thread waits for, and another hands over: something, or an exception. The first counts.

    A Future has a lock, which may be held for ever in a child.
    """

    def __init__(self) -> None:
        self._has_come = InterruptibleEvent()
        self._first: dict[None, T | Exception] = {}

    def put(self, each: T | Exception) -> bool:
        """Hand something over, and tell whether it is the first."""
        is_first = self._first.setdefault(None, each) is each
        self._has_come.set()
        return is_first

    def get(self, seconds: float) -> T:
        """Wait for it, this many seconds at most.

        Raises:
            TimeoutError: It did not come.
            Exception: It was handed over.
        """
        if not self._has_come.wait(seconds):
            raise TimeoutError
        first = self._first[None]
        if isinstance(first, Exception):
            raise first
        return first

    def refuse(self, reason: Exception) -> T | None:
        """Take nothing any more, for a reason that who waits is told, and return what has come already."""
        first = self._first.setdefault(None, reason)
        self._has_come.set()
        return None if isinstance(first, Exception) else first
