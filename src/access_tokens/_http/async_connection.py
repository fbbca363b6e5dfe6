"""Connections for asyncio and trio tasks; closing one leaves no socket or generator behind (cases 6, 59)."""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Iterable
from typing import Any

import anyio
import httpcore
import httpx

from .._signals import pass_on
from . import private_names
from .asyncio_stream import AsyncioStream, over_asyncio
from .limits import is_usable
from .proxy import Kinds, connection_over
from .request import Progress
from .tls import SetupError

_KINDS = Kinds(httpcore.AsyncHTTPConnection, httpcore.AsyncHTTPProxy, httpcore.AsyncSOCKSProxy)


class AsyncTransport(httpx.AsyncHTTPTransport):
    """Same as `SyncTransport`, for asyncio and trio."""

    def __init__(self, base: str, tls: ssl.SSLContext | None, proxy: httpx.Proxy | None) -> None:
        private_names.check_libraries()
        self.network = _Backend()
        self.proxy = proxy
        self._connection = connection_over(_KINDS, self.network, base, tls, proxy)
        private_names.send_over(self, self._connection)

    @property
    def may_connect(self) -> bool:
        """Whether the next request may make a connection. A pool, as for a proxy, renews its own."""
        return self.network.connected is None or self.proxy is not None

    @property
    def is_usable(self) -> bool:
        """Same as `SyncTransport.is_usable`."""
        return is_usable(self._connection)

    @property
    def has_surplus(self) -> bool:
        """Same as `SyncTransport.has_surplus`."""
        return private_names.has_surplus(self._connection)


class _Backend(httpcore.AsyncNetworkBackend):
    progress: Progress

    def __init__(self) -> None:
        self._backend: Any = httpcore.AnyIOBackend()  # works on asyncio and on trio
        self.connected: httpcore.AsyncNetworkStream | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the name is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        if sys.is_finalizing():  # anyio resolves names in a thread, and no new thread can run now
            host = _address_of(host, port)
        try:
            stream = await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        except RuntimeError as error:  # no thread can be started to resolve the name
            raise httpcore.ConnectError(str(error)) from error
        if not private_names.in_trio():
            stream = await over_asyncio(stream)
        self.connected = stream
        try:
            return _Stream(stream, self)
        except SetupError:
            await stream.aclose()
            raise

    def sever(self) -> None:
        """Close the connection, which must be idle, without running its event loop."""
        if isinstance(self.connected, AsyncioStream):
            self.connected.stop_watching()
        if self.connected:
            private_names.sever(self.connected)


def _address_of(host: str, port: int) -> str:
    try:
        return str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream, network: _Backend) -> None:
        self._stream = stream
        self._network = network
        private_names.has_unread(stream)  # fails now if the private names it needs are missing

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - as above
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as above
        self._network.progress.note(buffer)
        try:
            await self._stream.write(buffer, timeout)
        except httpcore.WriteError as error:  # httpcore ignores it, and goes on to read the response
            pass_on(error)
            raise

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - as above
    ) -> httpcore.AsyncNetworkStream:
        self._network.progress.note_handshake()
        try:
            stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
            return _Stream(stream, self._network)
        except BaseException:  # httpcore closes the stream after an error, but not after a cancellation
            with anyio.CancelScope(shield=True):
                await self.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        value = self._stream.get_extra_info(info)
        # httpcore asks for "is_readable" to find out whether an idle connection must not be reused.
        return value or private_names.has_unread(self._stream) if info == "is_readable" else value
