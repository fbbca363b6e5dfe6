"""What threads wait for: something to happen, and their turn in front of the connections.

An interrupt may come between any two steps, also inside the events and conditions of `threading`, whose locks
are held for ever then. So a lock is entered directly here, and what wakes others can be done again.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

import httpx

from ._pool import NO_PLACE


class Latch:
    """An event that may be set by an interrupted thread, or by a signal handler."""

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


class Gate:
    """Lets as many threads in at a time as there are connections, so that the pool's own queue stays empty.

    Args:
        width: How many.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        # By thread, and not by number: who was interrupted on the way out has the same place again.
        self._inside: set[int] = set()
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._is_wide = False

    @contextmanager
    def place(self, seconds: float) -> Generator[None, None, None]:
        """Wait for a place, and hold it meanwhile.

        Raises:
            httpx.PoolTimeout: There was none for this many seconds.
        """
        try:
            try:
                self._enter(seconds)
                yield
            finally:
                self._leave()
        finally:
            self._leave()  # again, since an interrupt may have broken off the first

    def open_wide(self) -> None:
        """Let everybody in from now on."""
        with self._lock:
            self._is_wide = True
            self._changed.notify_all()

    def _enter(self, seconds: float) -> None:
        with self._lock:
            if not self._changed.wait_for(self._has_place, max(0.0, seconds)):
                raise httpx.PoolTimeout(NO_PLACE)
            self._inside.add(threading.get_ident())

    def _has_place(self) -> bool:
        return len(self._inside) < self._width or threading.get_ident() in self._inside or self._is_wide

    def _leave(self) -> None:
        with self._lock:
            self._inside.discard(threading.get_ident())
            self._changed.notify()
