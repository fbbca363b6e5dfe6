"""Limits how many threads may use a connection at the same time (cases 33, 51)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import httpx

from .interrupts import InterruptibleEvent, finally_twice
from .limits import NO_PLACE

T = TypeVar("T")


class ThreadLimiter:
    """Admits as many threads at a time as there are connections, so that the pool's own queue stays empty.

    Threads are admitted in the order of their arrival. A thread that makes a call during its own call, from a
    hook or a signal handler, shares the place that it already holds.

    Args:
        width: How many threads may hold a place at the same time.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        # By thread id, in order of arrival. The first `width` threads hold a place, and their events are set.
        # The others wait.
        self._queue: dict[int, InterruptibleEvent] = {}
        self._is_lifted = False

    def in_place(self, seconds: float, work: Callable[[], T]) -> T:
        """Wait for a place, and return what work returns that is done there.

        Raises:
            httpx.PoolTimeout: No place became free within this many seconds.
        """
        own = InterruptibleEvent()

        def enter_and_work() -> T:
            self._enter(own, seconds)
            return work()

        return finally_twice(enter_and_work, lambda: self._leave(own))

    def lift(self) -> None:
        """Admit all threads from now on, including those that wait."""
        self._is_lifted = True
        for each in list(self._queue.values()):
            each.set()

    def _enter(self, own: InterruptibleEvent, seconds: float) -> None:
        turn = self._queue.setdefault(threading.get_ident(), own)
        if self._is_lifted or len(self._queue) <= self._width:
            turn.set()
        elif not turn.wait(seconds):
            raise httpx.PoolTimeout(NO_PLACE)

    def _leave(self, own: InterruptibleEvent) -> None:
        if self._queue.get(threading.get_ident()) is own:
            self._queue.pop(threading.get_ident(), None)
        if len(self._queue) >= self._width:
            for each in list(self._queue.values())[: self._width]:
                each.set()
