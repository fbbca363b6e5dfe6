"""TCP connections of asyncio for httpcore, without the turns of the event loop that anyio's take at each step.

anyio's stream lets other tasks run at every write, and starts and stops watching its socket around every read.
With 50 calls in flight, that is a quarter of the time of a call. On trio, anyio's stream is used.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import sys
from collections.abc import Callable, Mapping
from typing import Any

import anyio
import httpcore
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSAttribute, TLSStream

from .._signals import suppress

# In bytes. The socket of a peer that sends more than is read is not watched until that has been read.
_MOST_UNREAD = 2**16
_BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError)
_HANDSHAKE_FAILED = (anyio.BrokenResourceError, anyio.EndOfStream, ssl.SSLError)


class Connection(asyncio.Protocol, ByteStream):
    """A TCP connection: the protocol of an asyncio transport, and a stream over which anyio does TLS.

    Attributes:
        transport: The transport.
        received: The bytes that have arrived and have not been read.
        timeout: The longest wait of a read or write, in seconds; None for no limit.
    """

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.received = bytearray()
        self.timeout: float | None = None
        self._is_over = self._is_full = self._is_closed = False
        self._error: Exception | None = None
        self._change: asyncio.Future[None] | None = None

    @property
    def is_readable(self) -> bool:
        """Whether there is something to read: bytes, or the end. An idle connection must have neither."""
        return bool(self.received) or self._is_over or _is_readable(self.transport.get_extra_info("socket"))

    # What the transport calls

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.set_write_buffer_limits(0)  # `send` returns when the system has taken everything

    def data_received(self, data: bytes) -> None:
        self.received += data
        if len(self.received) > _MOST_UNREAD:
            self.transport.pause_reading()
        self._changed()

    def eof_received(self) -> bool:
        self._is_over = True
        self._changed()
        return True  # go on writing

    def connection_lost(self, exc: Exception | None) -> None:
        self._error = exc
        self._is_over, self._is_full = True, False
        self._changed()

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._changed()

    # What anyio and `AsyncioStream` call

    async def receive(self, max_bytes: int = 65536) -> bytes:
        """Return the next bytes, at least one.

        Raises:
            httpcore.ReadTimeout: None has come in time.
            anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError: None will come.
        """
        while not self.received and not self._is_over:
            await self._changes(httpcore.ReadTimeout)
        if not self.received:
            self._check()
            raise anyio.EndOfStream
        chunk = bytes(self.received[:max_bytes])
        del self.received[:max_bytes]
        self.transport.resume_reading()
        return chunk

    async def send(self, item: bytes) -> None:
        """Send bytes.

        Raises:
            httpcore.WriteTimeout: The peer has not taken them in time.
            anyio.BrokenResourceError, anyio.ClosedResourceError: The connection is lost.
        """
        self._check()
        self.transport.write(item)
        while self._is_full:
            await self._changes(httpcore.WriteTimeout)
            self._check()

    async def send_eof(self) -> None:
        self.transport.write_eof()

    async def aclose(self) -> None:
        self._is_closed = True
        self.transport.abort()
        await asyncio.sleep(0)  # the transport closes its socket in the next turn of the loop

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return {SocketAttribute.raw_socket: lambda: self.transport.get_extra_info("socket")}

    def _check(self) -> None:
        if self._is_closed:
            raise anyio.ClosedResourceError
        if self._error:
            raise anyio.BrokenResourceError from self._error

    async def _changes(self, too_late: type[Exception]) -> None:
        loop = asyncio.get_running_loop()
        self._change = change = loop.create_future()
        timer = None if self.timeout is None else loop.call_later(self.timeout, _fail, change, too_late)
        try:
            await change
        finally:
            self._change = None
            if timer:
                timer.cancel()

    def _changed(self) -> None:
        if self._change and not self._change.done():
            self._change.set_result(None)


class AsyncioStream(httpcore.AsyncNetworkStream):
    """Same as httpcore's stream over anyio, over a `Connection`."""

    def __init__(self, connection: Connection, stream: ByteStream) -> None:
        self._connection = connection
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        self._connection.timeout = timeout
        try:
            return await self._stream.receive(max_bytes)
        except anyio.EndOfStream:
            return b""
        except _BROKEN as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        self._connection.timeout = timeout
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
        self._connection.timeout = timeout
        try:
            return AsyncioStream(self._connection, await self._over_tls(ssl_context, server_hostname, timeout))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except _HANDSHAKE_FAILED as error:
            raise httpcore.ConnectError(str(error)) from error

    async def _over_tls(
        self, ssl_context: ssl.SSLContext, hostname: str | None, seconds: float | None
    ) -> TLSStream:
        self._connection.timeout = None
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

    def get_extra_info(self, info: str) -> Any:
        match info:
            case "ssl_object":
                return self._stream.extra(TLSAttribute.ssl_object, None)
            case "is_readable":
                return self._connection.is_readable
            case _:
                names = {"client_addr": "sockname", "server_addr": "peername"}
                return self._connection.transport.get_extra_info(names.get(info, info))


async def over_asyncio(stream: httpcore.AsyncNetworkStream) -> httpcore.AsyncNetworkStream:
    """Take over the TCP connection of httpcore's stream, which anyio has made, and return the stream to use.

    It is the given one where that cannot be done: no file descriptor is free, or a test has made the stream.
    """
    twin = _twin_of(stream.get_extra_info("socket"))
    if twin is None:
        return stream
    try:
        _, connection = await asyncio.get_running_loop().create_connection(Connection, sock=twin)
    finally:
        await stream.aclose()
    return AsyncioStream(connection, connection)


def _twin_of(sock: Any) -> socket.socket | None:
    if sock is not None and sys.platform != "win32":  # its proactor takes no duplicate of a socket that it has
        with suppress(OSError):
            return socket.fromfd(sock.fileno(), sock.family, sock.type)
    return None


def _fail(change: asyncio.Future[None], error: type[Exception]) -> None:
    if not change.done():
        change.set_exception(error())


def _is_readable(sock: Any) -> bool:
    if sock.fileno() < 0:  # the connection is lost
        return True
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))
