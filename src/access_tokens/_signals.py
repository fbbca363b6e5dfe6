"""Recognises exceptions raised by a signal handler, such as a time limit by `signal.alarm`.

Python calls a signal handler on top of the interrupted code, so that the handler's exception comes out of
that code. Its class may be one that connections raise too, such as `TimeoutError`, and a library may replace
it by an exception of its own. Therefore not the class decides, but where the exception was raised.
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

import httpcore
import httpx

# By their real names: after `httpx2.alias_httpx()`, these are httpx2 and httpcore2.
_HTTP = (httpx.__name__, httpcore.__name__)
# Packages that may replace any exception by one of their own. Code of the caller is not among them: when it
# replaces an exception, it does so on purpose.
LIBRARIES = {
    *sys.stdlib_module_names,
    *_HTTP,
    "h11",
    "anyio",
    "trio",
    "socksio",
    "access_tokens",
}
# Exceptions of these packages count as errors of the connection, no matter who raises them.
_TRANSPORTS = {*_HTTP, "h11"}
# The attribute that `mark` sets, and that stays when the traceback is removed.
_MARK = "_raised_by_signal_handler"


def is_from_handler(error: BaseException) -> bool:
    """Tell whether an exception was raised by a signal handler."""
    if package_of(type(error).__module__) in _TRANSPORTS:
        return False
    # The first frame is skipped: it is the function that has caught the exception.
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][1:]
    return _MARK in vars(error) or any(map(_was_given_its_caller, frames)) or _has_handler(frames)


def pass_on(error: BaseException) -> None:
    """Raise the exception of a signal handler, if it is this one or was replaced by this one in a library."""
    if raised := _raised_by_handler(error):
        try:
            raise raised
        finally:
            raised.__context__ = None


def mark(error: BaseException) -> None:
    """Mark an exception of a signal handler, to be recognised after its traceback was removed."""
    if is_from_handler(error):
        vars(error)[_MARK] = True


class suppress(contextlib.suppress):  # noqa: N801 - the name in contextlib
    """Same as `contextlib.suppress`, but never suppresses an exception of a signal handler."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Tell whether to suppress the exception."""
        return super().__exit__(kind, error, trace) and not (error and is_from_handler(error))


def package_of(module: str) -> str:
    """Return the top-level package of a module."""
    return module.partition(".")[0]


def was_caught_by_library(error: BaseException) -> bool:
    """Tell whether an exception was caught by one of the `LIBRARIES`, and not by the caller's code.

    `__context__` may also be an exception that the caller was handling when the call was made.
    """
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
    """Tell whether a function has its caller's frame as an argument, like `handler(signum, frame)`."""
    code = frame.f_code
    many = bool(code.co_flags & inspect.CO_VARARGS)
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + many]
    if not names:
        return False
    arguments = [frame.f_locals.get(name) for name in names]
    arguments += arguments[-1] if many and isinstance(arguments[-1], tuple) else ()
    return frame.f_back is not None and any(each is frame.f_back for each in arguments)


def _has_handler(frames: list[FrameType]) -> bool:
    """Tell whether a frame belongs to an installed signal handler, which may have deleted its arguments."""
    # Not for functions with *args: such a function may be a wrapper that is also used for other functions.
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
    call = getattr(handler, "__call__", None)  # noqa: B004 - for an object with a __call__ method
    return getattr(handler, "__code__", None) or getattr(call, "__code__", None)
