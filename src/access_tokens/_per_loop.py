"""What a client has in each event loop."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import anyio
from anyio.lowlevel import RunVar
from attrs import Factory, define

from ._async_http import AsyncHttp
from ._session import Flight

# Tells one event loop from another, and keeps none alive.
_loop: RunVar[object] = RunVar("access_tokens.loop")


def this_loop() -> object:
    """Return what stands for the event loop that runs."""
    loop = _loop.get(None)
    if loop is None:
        loop = object()
        _loop.set(loop)
    return loop


@define(eq=False)
class PerLoop:
    """What belongs to one event loop: neither a connection nor an event can be used from another."""

    loop: object
    http: AsyncHttp
    closing: anyio.Event = Factory(anyio.Event)
    flight: Flight[anyio.Event] | None = None
    sending: set[anyio.CancelScope] = Factory(set[anyio.CancelScope])

    @contextmanager
    def cancelled_by_closing(self, scope: anyio.CancelScope) -> Generator[None, None, None]:
        """Have `close` cancel a scope meanwhile."""
        self.sending.add(scope)
        try:
            yield
        finally:
            self.sending.discard(scope)

    def close(self) -> None:
        """Wake who waits, and cancel who sends."""
        self.closing.set()
        for scope in list(self.sending):
            scope.cancel()
