"""Runs slow functions in worker threads, so that they do not block the event loop."""

import threading
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakSet

from anyio import to_thread

_T = TypeVar("_T")


class Offload:
    """Runs functions in worker threads, and keeps track of the threads."""

    def __init__(self) -> None:
        self._threads = WeakSet[threading.Thread]()

    async def run(self, work: Callable[[], _T]) -> _T:
        """Run a function in a worker thread, and return its result."""
        return await to_thread.run_sync(self._noted, work)

    def join(self) -> None:
        """Wait for the worker threads, which end when their event loop is closed."""
        for thread in list(self._threads):
            thread.join()

    def _noted(self, work: Callable[[], _T]) -> _T:
        self._threads.add(threading.current_thread())
        return work()
