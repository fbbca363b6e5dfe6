"""The connection pools below a client, wherever it keeps them."""

import logging
import ssl
from collections.abc import Callable
from functools import cache
from typing import Any

import httpcore
import pytest

_one_context = cache(ssl.create_default_context)


class Pools:
    """Every pool that is made, each with room for one connection, so that none can be lost unnoticed.

    And every connection of tasks, which has no pool around it. One of threads may be lost to an interrupt
    before it has a socket, which nothing tells from one that is in use.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._made: list[Any] = []
        self._connections: list[Any] = []
        self._monkeypatch = monkeypatch
        for kind in (httpcore.ConnectionPool, httpcore.AsyncConnectionPool):
            monkeypatch.setattr(kind, "__init__", self._remembering(kind.__init__))
        single = httpcore.AsyncHTTPConnection
        monkeypatch.setattr(single, "__init__", self._noting(single.__init__))
        # With thousands of clients, these would take longer than all else.
        monkeypatch.setattr(ssl, "create_default_context", lambda *_, **__: _one_context())
        for name in ("connection", "http11"):
            monkeypatch.setattr(logging.getLogger(f"httpcore.{name}"), "isEnabledFor", lambda level: False)
        self.reset()

    def reset(self, width: int = 1) -> None:
        """Forget those that were made, and give others room for this many connections."""
        self._made.clear()
        self._connections.clear()
        self._width = width
        self._monkeypatch.setattr("access_tokens._http.limits.MAX_CONNECTIONS", width)

    def check(self, most: int | None = None) -> None:
        """Check that nothing is in use, that nobody waits, and that there are no more than so many."""
        pooled = [each for pool in self._made for each in pool.connections]
        connections = [each for each in {*pooled, *self._connections} if not each.is_closed()]
        assert all(each.is_idle() for each in connections), f"{connections}"
        assert len(connections) <= (self._width if most is None else most), f"{connections}"
        # A pool that is not used any more has no connections, and may have died with a request in its hands.
        assert not any(pool._requests and pool.connections for pool in self._made), f"{self._made}"

    def _noting(self, init: Callable[..., None]) -> Callable[..., None]:
        def note(connection: Any, *args: Any, **options: Any) -> None:
            init(connection, *args, **options)
            self._connections.append(connection)

        return note

    def _remembering(self, init: Callable[..., None]) -> Callable[..., None]:
        def remember(pool: Any, **options: Any) -> None:
            init(pool, **options | {"max_connections": self._width})
            self._made.append(pool)

        return remember
