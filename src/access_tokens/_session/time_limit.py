"""Calls a function of the caller's with a time limit, from sync code."""

from __future__ import annotations

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
        try:
            result = function()
            outcome.append(lambda: result)
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            outcome.append(partial(_raise, error))
        finally:
            done.set()

    threading.Thread(target=run, daemon=True).start()
    if not done.wait(seconds) or not outcome:
        raise too_slow(seconds)
    return outcome[0]()


def too_slow(seconds: float) -> TimeoutError:
    """Return the error of a function that has not ended in time."""
    return TimeoutError(f"no answer within {seconds:.1g} s")


def _raise(error: BaseException) -> Any:
    raise error
