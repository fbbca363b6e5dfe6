"""The network streams of httpcore over a TCP connection of asyncio. On trio, httpcore's own are used."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from typing import Any

import anyio
import httpcore
from anyio.abc import ByteStream
from anyio.streams.tls import TLSAttribute, TLSStream

from .._signals import suppress
from .asyncio_tcp import TcpConnection

_BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError)
_HANDSHAKE_FAILED = (anyio.BrokenResourceError, anyio.EndOfStream, ssl.SSLError)


class AsyncioStream(httpcore.AsyncNetworkStream):
    """Same as httpcore's stream over anyio, over a `TcpConnection`."""

    def __init__(self, connection: TcpConnection, stream: ByteStream) -> None:
        self._connection = connection
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        self._connection.limit(timeout)
        try:
            return await self._stream.receive(max_bytes)
        except anyio.EndOfStream:
            return b""
        except _BROKEN as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        self._connection.limit(timeout)
        try:
            if buffer:
                await self._stream.send(buffer)
        except _BROKEN as error:
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
    ) -> httpcore.AsyncNetworkStream:
        try:
            tls = await self._over_tls(ssl_context, server_hostname, timeout)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except _HANDSHAKE_FAILED as error:
            raise httpcore.ConnectError(str(error)) from error
        return AsyncioStream(self._connection, tls)

    async def _over_tls(
        self, ssl_context: ssl.SSLContext, hostname: str | None, seconds: float | None
    ) -> TLSStream:
        self._connection.limit(None)
        try:
            with anyio.fail_after(seconds):
                return await TLSStream.wrap(
                    self._stream,
                    ssl_context=ssl_context,
                    hostname=hostname,
                    standard_compatible=False,
                    server_side=False,
                )
        except Exception:
            await self.aclose()
            raise

    def stop_watching(self) -> None:
        """Same as `TcpConnection.stop_watching`."""
        self._connection.stop_watching()

    def get_extra_info(self, info: str) -> Any:
        match info:
            case "ssl_object":
                return self._stream.extra(TLSAttribute.ssl_object, None)  # noqa: S610 - not Django's
            case "is_readable":
                return self._connection.is_readable
            case _:
                names = {"client_addr": "sockname", "server_addr": "peername"}
                return self._connection.get_extra_info(names.get(info, info))


async def over_asyncio(stream: httpcore.AsyncNetworkStream) -> httpcore.AsyncNetworkStream:
    """Take over the TCP connection of httpcore's stream, which anyio has made, and return the stream to use.

    It is the given one where that cannot be done: no file descriptor is free, or a test has made the stream.
    """
    twin = _twin_of(stream.get_extra_info("socket"))
    if twin is None:
        return stream
    try:
        await stream.aclose()
        _, connection = await asyncio.get_running_loop().create_connection(TcpConnection, sock=twin)
    except BaseException:
        twin.close()
        raise
    return AsyncioStream(connection, connection)


def _twin_of(sock: Any) -> socket.socket | None:
    # The event loop of Windows takes no second handle of a socket that it has.
    if sock is None or sys.platform == "win32":
        return None
    with suppress(OSError):
        return socket.fromfd(sock.fileno(), sock.family, sock.type)
    return None
