"""Interrupts a call at a place of one's choice."""

from __future__ import annotations

import ctypes
import dis
import gc
import os
import signal
import sys
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import attrs

import access_tokens

_PACKAGE = f"{Path(access_tokens.__file__).parent}{os.sep}"
# What is done there touches nothing that threads share: an interrupt there is one of the caller.
_PURE = tuple(
    f"{_PACKAGE}{name.replace('/', os.sep)}"
    for name in (
        *(
            "_calls/",
            "_flow/",
            "_secret.py",
            "_settings.py",
            "_spelling.py",
            "errors.py",
            "models.py",
            "retry.py",
        ),
        *("_http/body.py", "_http/borrowed.py", "_http/failures.py", "_http/no_proxy.py", "_http/request.py"),
        *("_http/proxy.py", "_http/tls_errors.py", "_session/log.py"),
    )
)

# Does what Ctrl-C does. It is a trace function without a line of Python, which would be interrupted itself.
_press = ctypes.PYFUNCTYPE(None, ctypes.py_object, ctypes.py_object, ctypes.py_object)(
    ("PyErr_SetInterrupt", ctypes.pythonapi)
)


@attrs.define(eq=False)
class Tripwire:
    """Interrupts this thread when it is about to make its n-th call, or to go round a loop.

    That is when Python looks for interrupts: an exception raised elsewhere, such as between the body of a
    `with` and its end, would be one that never comes.

    Attributes:
        at: Which call, counted from 1; only those that the package makes.
        everywhere: Whether those count as well that are made where nothing is shared.
        raises: What the interrupt is.
        meanwhile: Is done before the interrupt is raised.
        count: How many there have been.
        place: Where it was interrupted.
    """

    at: int
    everywhere: bool = False
    raises: type[BaseException] = KeyboardInterrupt
    meanwhile: Callable[[], Any] = lambda: None
    count: int = 0
    place: str = ""

    def interrupts(self, operation: Callable[[], Any]) -> bool:
        """Tell whether an operation was interrupted when it had to be, and returned something when not."""
        trace, handler = sys.gettrace(), signal.signal(signal.SIGINT, self._interrupt)
        sys._getframe().f_trace_opcodes = True  # or Python 3.12 traces those of no frame
        gc.disable()  # in whose callbacks, Hypothesis has one, an interrupt vanishes
        try:
            sys.settrace(self._enter)
            return bool(operation()) and not self.is_reached
        except self.raises:
            return self.is_reached
        finally:
            sys.settrace(trace)  # that of coverage, perhaps
            gc.enable()
            signal.signal(signal.SIGINT, handler)

    @property
    def is_reached(self) -> bool:
        return self.count >= self.at

    def _interrupt(self, signum: int, frame: FrameType | None) -> None:
        sys.settrace(None)
        while frame and frame.f_code.co_filename == __file__:
            frame = frame.f_back
        assert frame
        self.place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} ({frame.f_code.co_qualname})"
        self.meanwhile()
        raise self.raises

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        file = frame.f_code.co_filename
        if not file.startswith(_PACKAGE) or (file.startswith(_PURE) and not self.everywhere):
            return None
        places = _before_places(frame.f_code)
        frame.f_trace_opcodes, frame.f_trace_lines = True, False

        def step(frame: FrameType, event: str, argument: Any) -> Any:
            if frame.f_lasti not in places or event != "opcode" or self.is_reached:
                return step
            self.count += 1
            return _press if self.is_reached else step

        return step


@cache
def _before_places(code: CodeType) -> frozenset[int]:
    """Return where the instructions are that come just before the places."""
    instructions = list(dis.get_instructions(code))
    return frozenset(
        before.offset for before, each in pairwise(instructions) if _looks_for_interrupts(each.opname)
    )


def _looks_for_interrupts(name: str) -> bool:
    return name.startswith("CALL") or ("JUMP_BACKWARD" in name and "NO_INTERRUPT" not in name)
