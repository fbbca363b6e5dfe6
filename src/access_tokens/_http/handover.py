"""Runs work in another thread, and waits for its result for a limited time (cases 57, 69)."""

from __future__ import annotations

import sys
from _thread import start_new_thread
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from .._signals import suppress
from .interrupts import InterruptibleEvent


class SupportsClose(Protocol):
    """A result that must be closed when nobody takes it."""

    def close(self) -> None:
        """Close the result."""


T = TypeVar("T", bound=SupportsClose)


class Handover(Generic[T]):
    """A result or an exception that one thread waits for and another provides. Only the first one counts.

    `concurrent.futures.Future` is not used: it has a lock, which could stay held for ever in a forked child.
    """

    def __init__(self) -> None:
        self._has_come = InterruptibleEvent()
        self._first: dict[None, T | Exception] = {}

    def begin(self, work: Callable[[], T]) -> None:
        """Run the work in a new thread, or in this one if none can be started, and put its result.

        `threading.Thread` is not used: `Thread.start` waits for ever if the new thread dies at its start.
        """
        if not sys.is_finalizing():  # Python 3.11 then starts threads that never run, without an error
            with suppress(RuntimeError):
                start_new_thread(self._do, (work,))
                return
        self._do(work)

    def _do(self, work: Callable[[], T]) -> None:
        try:
            done = work()
        except Exception as error:  # noqa: BLE001 - the waiting thread is to raise it
            self.put(error)
        else:
            if not self.put(done):  # the waiting thread has given up
                done.close()

    def put(self, each: T | Exception) -> bool:
        """Provide a result or an exception, and tell whether it is the first, which counts."""
        is_first = self._first.setdefault(None, each) is each
        self._has_come.set()
        return is_first

    def get(self, seconds: float) -> T:
        """Wait for the result, for at most this many seconds, and return it.

        Raises:
            TimeoutError: There is no result yet.
            Exception: An exception was put instead of a result.
        """
        if not self._has_come.wait(seconds):
            raise TimeoutError
        first = self._first[None]
        if isinstance(first, Exception):
            raise first
        return first

    def refuse(self, reason: Exception) -> T | None:
        """Accept no result any more, and return the one that is there already, if any.

        Args:
            reason: The exception that `get` raises when there is no result yet.
        """
        first = self._first.setdefault(None, reason)
        self._has_come.set()
        return None if isinstance(first, Exception) else first
