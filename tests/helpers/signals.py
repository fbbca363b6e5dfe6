"""Signals that come while a call waits for its answer."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from .fault_server import Peer
from .threads import until

# What waits for an answer: a thread for its socket, an event loop for all of them.
_WAITING = ("read", "select", "get_events")
needs_signals = pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no such signals")


def handling(handler: Callable[[], Any]) -> AbstractContextManager[None]:
    """Have a signal handled meanwhile, in the main thread as always."""
    return handled_by(lambda *_: handler())


@contextmanager
def handled_by(handler: Callable[..., Any]) -> Iterator[None]:
    """Same as `handling`, by what takes the arguments of a handler."""
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)


def send_signal(peer: Peer) -> None:
    """Send a signal to the main thread, once it waits for an answer, and give none."""
    signal_when_in(*_WAITING)
    peer.stall()


def signal_when_in(*functions: str) -> None:
    """Send a signal to the main thread, once it is in one of these functions."""
    main = threading.main_thread().ident
    assert main
    until(lambda: sys._current_frames()[main].f_code.co_name in functions)
    signal.pthread_kill(main, signal.SIGUSR1)
