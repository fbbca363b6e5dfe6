"""Threads of a test: what they return or raise, and what they wait for."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType
from typing import Any

# What goes well never takes as long.
PATIENCE = 30.0


class Task(threading.Thread):
    """A call in a thread of its own."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._call = call
        self._outcome: Any = None
        self.start()

    def run(self) -> None:
        try:
            self._outcome = self._call()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self._outcome = error

    def outcome(self, patience: float = PATIENCE) -> Any:
        """Return what the call has returned or raised, once it has."""
        self.join(patience)
        assert not self.is_alive(), f"hangs at {'; '.join(places_of(self))}"
        return self._outcome


def outcomes(*calls: Callable[[], Any]) -> list[Any]:
    """Make calls in threads that start together, and return what they return or raise."""
    start = threading.Barrier(len(calls))

    def at_once(call: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: (start.wait(PATIENCE), call())[1]

    tasks = [Task(at_once(call)) for call in calls]
    return [task.outcome() for task in tasks]


def until(condition: Callable[[], Any]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it has not come to be"
        time.sleep(0.001)


def places_of(thread: threading.Thread) -> list[str]:
    """Name the lines where a thread is, the innermost first."""
    frame = sys._current_frames().get(thread.ident or 0)
    return [f"{each.f_code.co_filename}:{each.f_lineno}" for each in _stack(frame)]


def waiting_in_the_library() -> int:
    """Count the threads that wait for another inside the library."""
    with suppress(RuntimeError):
        return sum(_waits_in_the_library(frame) for frame in sys._current_frames().values())
    return 0


def _waits_in_the_library(frame: FrameType) -> bool:
    files = [each.f_code.co_filename for each in _stack(frame) if each.f_code.co_name == "wait"]
    is_inside = any("/access_tokens/_" in each.f_code.co_filename for each in _stack(frame))
    return is_inside and any(file.endswith("threading.py") or "/access_tokens/_" in file for file in files)


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
