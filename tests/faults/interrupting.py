"""Interrupts a call at a place of one's choice."""

import ctypes
import dis
import gc
import signal
import sys
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from attrs import Factory, define

# What is done here shares its objects with other threads, or holds a connection, a place or a lock. An
# interrupt anywhere else is one of the callers of that.
SHARED = ("/access_tokens/_session/", "/access_tokens/_http/")

# Does what Ctrl-C does. It is a trace function without a line of Python, which would be interrupted itself.
_press = ctypes.PYFUNCTYPE(None, ctypes.py_object, ctypes.py_object, ctypes.py_object)(
    ("PyErr_SetInterrupt", ctypes.pythonapi)
)


@define(eq=False)
class Interrupt:
    """Interrupts this thread at the n-th instruction of those that make a call or go round a loop.

    That is when Python looks for interrupts: an exception raised elsewhere, such as between the body of a
    `with` and its end, would be one that never comes. An instruction counts when it is first reached. What
    differs when it is reached again, such as the JWT that is there then, is the beginning of another call.

    Attributes:
        at: Which instruction, counted from 1.
        within: In which files, by parts of their paths.
        raises: What the interrupt is.
        meanwhile: Is done before the interrupt is raised.
        reached: The instructions that were reached, and their lines.
        place: Where it was interrupted.
    """

    at: int
    within: tuple[str, ...] = SHARED
    raises: type[BaseException] = KeyboardInterrupt
    meanwhile: Callable[[], Any] = lambda: None
    reached: dict[tuple[CodeType, int], int | None] = Factory(dict)
    place: str = ""

    def breaks_off(self, call: Callable[[], Any]) -> bool:
        """Tell whether a call was interrupted when it had to be, and returned something when not."""
        trace, handler = sys.gettrace(), signal.signal(signal.SIGINT, self._interrupt)
        sys._getframe().f_trace_opcodes = True  # or Python 3.12 traces those of no frame
        gc.disable()  # in whose callbacks, Hypothesis has one, an interrupt vanishes
        try:
            sys.settrace(self._enter)
            return bool(call()) and not self.is_due
        except self.raises:
            return self.is_due
        finally:
            sys.settrace(trace)  # that of coverage, perhaps
            gc.enable()
            signal.signal(signal.SIGINT, handler)

    @property
    def is_due(self) -> bool:
        return len(self.reached) >= self.at

    def _interrupt(self, signum: int, frame: FrameType | None) -> None:
        sys.settrace(None)
        while frame and frame.f_code.co_filename == __file__:
            frame = frame.f_back
        assert frame
        self.place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} ({frame.f_code.co_qualname})"
        self.meanwhile()
        raise self.raises

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not any(part in frame.f_code.co_filename for part in self.within):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._step

    def _step(self, frame: FrameType, event: str, argument: Any) -> Any:
        place = (frame.f_code, frame.f_lasti)
        if event != "opcode" or self.is_due or place in self.reached:
            return self._step
        if frame.f_lasti not in _before_places(frame.f_code):
            return self._step
        self.reached[place] = frame.f_lineno
        return _press if self.is_due else self._step


@cache
def _before_places(code: CodeType) -> frozenset[int]:
    """Return where the instructions are that come just before the places."""
    instructions = list(dis.get_instructions(code))
    return frozenset(
        before.offset for before, each in pairwise(instructions) if _looks_for_interrupts(each.opname)
    )


def _looks_for_interrupts(name: str) -> bool:
    return name.startswith("CALL") or ("JUMP_BACKWARD" in name and "NO_INTERRUPT" not in name)
