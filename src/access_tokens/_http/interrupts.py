"""Clean-up and an event that survive an interrupt, such as Ctrl-C or a signal handler's error (case 51).

Shared state is not locked, since an interrupt, a signal handler or a fork may come while a lock is held.
Instead, each access to it is atomic.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from .._signals import suppress

T = TypeVar("T")


def finally_twice(work: Callable[[], T], clean_up: Callable[[], object]) -> T:
    """Return what work returns, clean up in any case, and once more, as an interrupt may break off the first.

    Not a context manager: its end could itself be interrupted, or find no stack left to clean up with.

    Args:
        work: The work.
        clean_up: May be called any number of times.
    """
    try:
        try:
            return work()
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
