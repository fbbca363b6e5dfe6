"""What an interrupt does not break, as by Ctrl-C or a signal handler: clean-up, and an event.

There are no locks, since an interrupt, a signal handler or a fork may come while one is held. Each access to
what is shared is a single step of the interpreter.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from .._signals import suppress


@contextmanager
def finally_twice(clean_up: Callable[[], object]) -> Generator[None, None, None]:
    """Clean up in the end, and once more, since an interrupt may break off the first.

    Args:
        clean_up: Does no harm when it is done again.
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
