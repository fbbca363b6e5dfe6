"""How many threads may use a connection at a time."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

import httpx

from .interrupts import InterruptibleEvent, finally_twice
from .limits import NO_PLACE


class ThreadLimiter:
    """Lets as many threads in at a time as there are connections, so that the pool's own queue stays empty.

    They are let in as they come. A thread that calls in the midst of its own call, from a hook or a signal
    handler, shares the place that it has.

    Args:
        width: How many.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        # Those in front have a place, and their events are set; those behind wait.
        self._queue: dict[int, InterruptibleEvent] = {}
        self._is_lifted = False

    @contextmanager
    def place(self, seconds: float) -> Generator[None, None, None]:
        """Wait for a place, and hold it meanwhile.

        Raises:
            httpx.PoolTimeout: There was none for this many seconds.
        """
        own = InterruptibleEvent()
        with finally_twice(lambda: self._leave(own)):
            self._enter(own, seconds)
            yield

    def lift(self) -> None:
        """Let everybody in from now on."""
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
