"""Clean-up and an event that survive an interrupt, such as Ctrl-C or a signal handler's error (case 51).

Shared state is not locked, since an interrupt, a signal handler or a fork may come while a lock is held.
Instead, each access to it is atomic.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from .._signals import suppress


@contextmanager
def finally_twice(clean_up: Callable[[], object]) -> Generator[None, None, None]:
    """Clean up at the end twice, since an interrupt may break off the first time.

    Args:
        clean_up: The clean-up function, which must be harmless when called again.
    """
    try:
        try:
            yield
        finally:
            clean_up()
    finally:
        clean_up()


class InterruptibleEvent:
    """An event that may be set by an interrupted thread, by a signal handler, or in a forked child."""

    def __init__(self) -> None:
        self._is_set = False
        self._waiting: list[threading.Lock] = []

    def set(self) -> None:
        """Wake all waiting threads, and let no thread wait from now on."""
        self._is_set = True
        for each in list(self._waiting):
            with suppress(RuntimeError):  # already released
                each.release()

    def wait(self, seconds: float) -> bool:
        """Wait until the event is set, for at most this many seconds, and tell whether it is set."""
        own = threading.Lock()
        own.acquire()
        try:
            self._waiting.append(own)
            return self._is_set or own.acquire(timeout=max(0.0, seconds))
        finally:
            with suppress(ValueError):
                self._waiting.remove(own)
