"""Connections for tasks, of which nothing is left once they are closed."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from ._pool import ONE_CONNECTION


class AsyncTransport(httpx.AsyncHTTPTransport):
    """A transport over one connection.

    Args:
        tls: How TLS is done.
        proxy: The proxy to go through.
    """

    def __init__(self, tls: ssl.SSLContext, proxy: httpx.Proxy | None) -> None:
        super().__init__(verify=tls, limits=ONE_CONNECTION, proxy=proxy)
        # httpx has no argument for it, though httpcore has; tests tell when this has no effect.
        pool = self._pool
        self._network = _Network(pool._network_backend)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        pool._network_backend = self._network  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    async def aclose(self) -> None:
        """Close the connection, in whatever state a cancellation has left it."""
        await super().aclose()
        await self._network.aclose()


class _Network(httpcore.AsyncNetworkBackend):
    """Remembers its stream, since httpcore loses it when it is cancelled in a TLS handshake."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend
        self._stream: httpcore.AsyncNetworkStream | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the name is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self._stream = await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return self._stream

    async def aclose(self) -> None:
        if self._stream is not None:
            await self._stream.aclose()
