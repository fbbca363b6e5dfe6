"""What is done in another thread, and waited for no longer than there is time."""

from __future__ import annotations

import sys
from _thread import start_new_thread
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from .._signals import suppress
from .interrupts import InterruptibleEvent


class SupportsClose(Protocol):
    """What must not be lost."""

    def close(self) -> None:
        """Close it."""


T = TypeVar("T", bound=SupportsClose)


class Handover(Generic[T]):
    """What one thread waits for, and another hands over: something, or an exception. The first counts.

    A Future has a lock, which may be held for ever in a child.
    """

    def __init__(self) -> None:
        self._has_come = InterruptibleEvent()
        self._first: dict[None, T | Exception] = {}

    def begin(self, work: Callable[[], T]) -> None:
        """Do work in a thread of its own, or here where there can be none, and hand over what comes of it.

        A `threading.Thread` would be waited for, and for ever if it died in its first steps.
        """
        if not sys.is_finalizing():  # no thread runs any more then, of which Python 3.11 does not tell
            with suppress(RuntimeError):
                start_new_thread(self._do, (work,))
                return
        self._do(work)

    def _do(self, work: Callable[[], T]) -> None:
        try:
            done = work()
        except Exception as error:  # noqa: BLE001 - who waits is to have it
            self.put(error)
        else:
            if not self.put(done):  # nobody waits for it any more
                done.close()

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
