"""A queue for threads in front of a connection pool."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

import httpx

from ._pool import NO_PLACE


class Gate:
    """Lets as many threads in at a time as there are connections, so that the pool's own queue stays empty.

    Args:
        width: How many.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        # By thread, and not by number: who was interrupted on the way out has the same place again.
        self._inside: set[int] = set()
        self._changed = threading.Condition()
        self._is_open = True

    @contextmanager
    def place(self, seconds: float) -> Generator[None, None, None]:
        """Wait for a place, and hold it meanwhile.

        Raises:
            httpx.PoolTimeout: There was none for this many seconds.
        """
        try:
            self._enter(seconds)
            yield
        finally:
            self._leave()

    def is_alone(self) -> bool:
        """Tell whether no thread but this one is inside."""
        return self._inside <= {threading.get_ident()}

    def open_wide(self) -> None:
        """Let everybody in from now on."""
        with self._changed:
            self._is_open = False
            self._changed.notify_all()

    def _enter(self, seconds: float) -> None:
        with self._changed:
            if not self._changed.wait_for(self._has_place, max(0.0, seconds)):
                raise httpx.PoolTimeout(NO_PLACE)
            self._inside.add(threading.get_ident())

    def _has_place(self) -> bool:
        return len(self._inside) < self._width or threading.get_ident() in self._inside or not self._is_open

    def _leave(self) -> None:
        with self._changed:
            self._inside.discard(threading.get_ident())
            self._changed.notify()
