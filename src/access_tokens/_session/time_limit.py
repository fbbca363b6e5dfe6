"""Calls a function of the caller's with a time limit, from sync code."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from .._http.interrupts import InterruptibleEvent


def within(seconds: float, function: Callable[[], Any]) -> Any:
    """Call a function in a thread of its own, and wait for it no longer than this.

    A function that takes longer goes on in its thread, which does not keep the interpreter from ending.

    Raises:
        TimeoutError: The function has not ended in time.
        BaseException: What the function raises; a RuntimeError if no thread can be started.
    """
    done, outcome = InterruptibleEvent(), list[Callable[[], Any]]()

    def run() -> None:
        outcome.append(outcome_of(function))
        done.set()

    threading.Thread(target=run, daemon=True).start()
    if not done.wait(seconds) or not outcome:
        raise too_slow(seconds)
    return outcome[0]()


def not_awaited(result: Any) -> Any:
    """Return a result that sync code can use.

    Raises:
        TypeError: It must be awaited.
    """
    if inspect.iscoroutine(result):
        result.close()
    if inspect.isawaitable(result):
        raise TypeError("the store is async, and the client is not")
    return result


def too_slow(seconds: float) -> TimeoutError:
    """Return the error of a function that has not ended in time."""
    return TimeoutError(f"no answer within {seconds:.1g} s")


def outcome_of(function: Callable[[], Any]) -> Callable[[], Any]:
    """Call a function, and return one that returns what it returns, or raises what it raises."""
    try:
        result = function()
    except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
        return partial(_raise, error)
    return lambda: result


def _raise(error: BaseException) -> Any:
    raise error
