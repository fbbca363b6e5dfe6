"""What Ctrl-C and the system's requests to end do: they name what is under way, or let it come to its end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from attrs import define

# A time limit of a pipeline, and a connection to a terminal that breaks. Windows has no SIGHUP.
_ENDS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
Handler = Callable[[int, FrameType | None], Any]


class Terminated(KeyboardInterrupt):
    """A request to end. It is treated as Ctrl-C is.

    Attributes:
        number: The number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def ended_as_by_ctrl_c() -> Generator[None]:
    """Have a request to end raise an exception: a token whose PAT is lost is named, and files are removed."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise Terminated(number)

    with _handled(end, [each for each in _ENDS if signal.getsignal(each) is signal.SIG_DFL]):
        yield


@define
class Stop:
    """Whether to stop, and why.

    Attributes:
        signal: The number of the signal that was received, if any.
    """

    signal: int | None = None

    def __call__(self) -> bool:
        """Tell whether to stop."""
        return self.signal is not None


@contextmanager
def stoppable(tell: Callable[[str], None]) -> Generator[Stop]:
    """Turn the first Ctrl-C or request to end into a request to stop. The second one has its usual effect.

    Args:
        tell: Is called with a message when there is one.
    """
    stop = Stop()

    def end(number: int, frame: FrameType | None) -> None:
        if stop.signal is not None and callable(usual := before[number]):
            usual(number, frame)
        stop.signal = number
        tell("stopping after the change that is under way; once more ends it at once")

    numbers = [each for each in (signal.SIGINT, *_ENDS) if signal.getsignal(each) is not signal.SIG_IGN]
    with _handled(end, numbers) as before:
        yield stop


@contextmanager
def _handled(handler: Handler, numbers: Sequence[int]) -> Generator[dict[int, Any]]:
    """Handle signals, and yield the handlers that there were. Only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield {}
        return
    before = {each: signal.signal(each, handler) for each in numbers}
    try:
        yield before
    finally:
        for number, usual in before.items():
            signal.signal(number, usual)
