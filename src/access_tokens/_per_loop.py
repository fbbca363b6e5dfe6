"""What a client has in each event loop."""

from __future__ import annotations

import anyio
import httpx
from anyio.lowlevel import RunVar
from attrs import Factory, define

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
    closing: anyio.Event = Factory(anyio.Event)
    flight: Flight[anyio.Event] | None = None
    transport: httpx.AsyncHTTPTransport | None = None
    sending: set[anyio.CancelScope] = Factory(set[anyio.CancelScope])
