"""How many connections there may be, and which of them are idle."""

from __future__ import annotations

import time
from typing import Any, Generic, TypeVar

import httpx

from .._settings import Settings
from .private_names import pool_size

MAX_CONNECTIONS = 100
_UNLIMITED = 2**31
NO_PLACE = "no connection was free"
# In seconds, as httpx has it: longer, and most services have closed them.
_LONGEST_IDLE = 5.0
T = TypeVar("T")


def max_connections(borrowed: Any, settings: Settings) -> int:
    """Return how many connections there may be to the service.

    The pool of an httpx client can wedge, or fail a call, when it has more callers than connections. It
    does not tell its size; where that cannot be found either, the pool is left to itself.
    """
    if borrowed is None:
        return MAX_CONNECTIONS
    size = pool_size(borrowed, httpx.URL(settings.base))
    return _UNLIMITED if size is None else size


def is_usable(connection: Any) -> bool:
    """Tell whether a connection of httpcore can be used again. A pool, as for a proxy, sees to it itself."""
    is_pool = not hasattr(connection, "is_available")
    return is_pool or (connection.is_available() and not connection.has_expired())


class IdleConnections(Generic[T]):
    """Transports that nobody uses. The one that was used last is taken first.

    They are looked at and removed in two steps: one that is removed before it has a name is lost, and stays
    open, when an interrupt comes in between.
    """

    def __init__(self) -> None:
        self._since: dict[T, float] = {}

    def last(self) -> T | None:
        """Return the one that was used last, if there is any."""
        return next(reversed(list(self._since)), None)

    def outdated(self) -> T | None:
        """Return one that has been here too long, if there is any."""
        for transport, since in list(self._since.items())[:1]:
            if time.monotonic() - since > _LONGEST_IDLE:
                return transport
        return None

    def put(self, transport: T) -> None:
        """Add one."""
        self._since[transport] = time.monotonic()

    def remove(self, transport: T) -> bool:
        """Remove one, and tell whether no other thread has done so."""
        return self._since.pop(transport, None) is not None
