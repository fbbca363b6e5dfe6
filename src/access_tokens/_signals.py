"""Tells what a signal handler has raised, such as a time limit of `signal.alarm`, from all other exceptions.

Python calls a handler on top of whatever it interrupts, so that its exception comes out of there. It may be
of any class, a `TimeoutError` say, which connections raise as well, and for which libraries raise another of
their own. So where it was raised decides, and not its class.
"""

from __future__ import annotations

import contextlib
import inspect
import signal
import sys
import traceback
from functools import partial
from types import CodeType, FrameType, TracebackType
from typing import Any

# Who makes other exceptions of all that pass. The caller's code knows what it does with one.
LIBRARIES = {
    *sys.stdlib_module_names,
    "httpx",
    "httpcore",
    "h11",
    "anyio",
    "trio",
    "socksio",
    "access_tokens",
}
# Whose exceptions are a connection's, whoever raises them.
_TRANSPORTS = {"httpx", "httpcore", "h11"}
# Is kept in an exception when its traceback is not.
_MARK = "_raised_by_signal_handler"


def is_from_handler(error: BaseException) -> bool:
    """Tell whether a signal handler has raised an exception."""
    if package_of(type(error).__module__) in _TRANSPORTS:
        return False
    # The first frame is that which has caught it.
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][1:]
    return _MARK in vars(error) or any(map(_was_given_its_caller, frames)) or _has_handler(frames)


def pass_on(error: BaseException) -> None:
    """Raise what a signal handler has raised, be it this exception or one that libraries have made it of."""
    if raised := _raised_by_handler(error):
        try:
            raise raised
        finally:
            raised.__context__ = None


def mark(error: BaseException) -> None:
    """See to it that an exception is known for a signal handler's when its traceback is gone."""
    if is_from_handler(error):
        vars(error)[_MARK] = True


class suppress(contextlib.suppress):  # noqa: N801 - as it is there
    """Same as that of contextlib, but not for what a signal handler raises."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Tell whether to suppress an exception."""
        return super().__exit__(kind, error, trace) and not (error and is_from_handler(error))


def package_of(module: str) -> str:
    """Return the package that a module is in."""
    return module.partition(".")[0]


def was_caught_by_library(error: BaseException) -> bool:
    """Tell whether a library has caught an exception, and not the caller, in this call or before it."""
    trace = error.__traceback__
    return trace is not None and _is_of_library(trace.tb_frame)


def _raised_by_handler(error: BaseException) -> BaseException | None:
    seen = set[int]()
    left = [error]
    while left:
        each = left.pop()
        if is_from_handler(each):
            return each
        seen.add(id(each))
        below = (each.__context__, each.__cause__, *getattr(each, "exceptions", ()))
        left += [cause for cause in below if cause and id(cause) not in seen and was_caught_by_library(cause)]
    return None


def _was_given_its_caller(frame: FrameType) -> bool:
    """Tell whether a frame has as an argument the one on top of which it was called, as a handler has."""
    code = frame.f_code
    many = bool(code.co_flags & inspect.CO_VARARGS)
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + many]
    if not names:
        return False
    arguments = [frame.f_locals.get(name) for name in names]
    arguments += arguments[-1] if many and isinstance(arguments[-1], tuple) else ()
    return frame.f_back is not None and any(each is frame.f_back for each in arguments)


def _has_handler(frames: list[FrameType]) -> bool:
    """Tell whether a frame is that of a handler that is installed. It may have deleted its arguments."""
    # What takes any arguments may be a wrapper, of other functions as well.
    own = [each.f_code for each in frames if not _is_of_library(each)]
    codes = {each for each in own if not each.co_flags & inspect.CO_VARARGS}
    return bool(codes) and not codes.isdisjoint(
        _code_of(signal.getsignal(each)) for each in signal.valid_signals()
    )


def _is_of_library(frame: FrameType) -> bool:
    return package_of(frame.f_globals.get("__name__", "")) in LIBRARIES


def _code_of(handler: Any) -> CodeType | None:
    while isinstance(handler, partial):
        handler = handler.func
    call = getattr(handler, "__call__", None)  # noqa: B004 - it is an object's own method
    return getattr(handler, "__code__", None) or getattr(call, "__code__", None)
