"""Limits the number of connections to the service, and keeps the idle ones for reuse (case 50)."""

from __future__ import annotations

import time
from typing import Any, Generic, TypeVar

import httpx

from .._settings import Settings
from .private_names import pool_size

MAX_CONNECTIONS = 100
_UNLIMITED = 2**31
NO_PLACE = "no connection was free"
# In seconds, the default of httpx: most services close connections that are idle for longer.
_LONGEST_IDLE = 5.0
T = TypeVar("T")


def max_connections(borrowed: Any, settings: Settings) -> int:
    """Return how many connections to the service there may be at the same time.

    The pool of the caller's httpx client can hang, or fail a call, when it has more callers than connections.
    httpx does not publish the size of the pool. If the size cannot be found, there is no limit here.
    """
    if borrowed is None:
        return MAX_CONNECTIONS
    size = pool_size(borrowed, httpx.URL(settings.base))
    return _UNLIMITED if size is None else size


def is_usable(connection: Any) -> bool:
    """Tell whether an httpcore connection can be used again. A pool, as for a proxy, renews its own."""
    is_pool = not hasattr(connection, "is_available")
    return is_pool or (connection.is_available() and not connection.has_expired())


class IdleConnections(Generic[T]):
    """Transports that are not in use. The most recently used one is taken first.

    A transport is looked up in one step and removed in another. If one step did both, an interrupt before the
    result is assigned would lose the transport, with its connection open.
    """

    def __init__(self) -> None:
        self._since: dict[T, float] = {}

    def last(self) -> T | None:
        """Return the most recently used transport, if there is any."""
        return next(reversed(list(self._since)), None)

    def outdated(self) -> T | None:
        """Return a transport that has been idle for too long, if there is any."""
        for transport, since in list(self._since.items())[:1]:
            if time.monotonic() - since > _LONGEST_IDLE:
                return transport
        return None

    def put(self, transport: T) -> None:
        """Add a transport that is no longer in use."""
        self._since[transport] = time.monotonic()

    def remove(self, transport: T) -> bool:
        """Remove a transport. Return False when another thread has already removed it."""
        return self._since.pop(transport, None) is not None
