"""A TCP connection of asyncio that takes no more turns of the event loop than it must.

anyio's lets other tasks run at every write, and starts and stops watching its socket around every read. With
50 calls in flight, that is a quarter of the time of a call.
"""

from __future__ import annotations

import asyncio
import os
import select
from typing import Any

import anyio
import httpcore
from anyio.abc import ByteStream

# In bytes. The socket of a peer that sends more than is read is not watched until that has been read.
_MOST_UNREAD = 2**16


class TcpConnection(asyncio.Protocol, ByteStream):
    """A TCP connection: the protocol of an asyncio transport, and a stream over which anyio does TLS.

    Attributes:
        received: The bytes that have arrived and have not been read.
    """

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self.received = bytearray()
        self._process = os.getpid()
        self._until: float | None = None
        self._is_over = self._is_full = self._is_closed = False
        self._error: Exception | None = None
        self._change: asyncio.Future[None] | None = None

    @property
    def is_readable(self) -> bool:
        """Whether there is something to read: bytes, or the end. An idle connection must have neither."""
        return bool(self.received) or self._is_over or _is_readable(self.get_extra_info("socket"))

    def get_extra_info(self, name: str) -> Any:
        """Return what the transport tells of itself by this name, such as its `socket`."""
        return self._transport.get_extra_info(name)

    def stop_watching(self) -> None:
        """Stop watching the socket, which is about to be closed without its event loop.

        A forked child must not: it shares the selector with its parent, where the connection lives on.
        """
        if self._process == os.getpid():
            self._transport.pause_reading()

    def limit(self, seconds: float | None) -> None:
        """Let the next read or write, however many waits it has, end after this time; None for no limit."""
        self._until = None if seconds is None else asyncio.get_running_loop().time() + seconds

    # What the transport calls

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.set_write_buffer_limits(0)  # `send` returns when the system has taken everything

    def data_received(self, data: bytes) -> None:
        self.received += data
        if len(self.received) > _MOST_UNREAD:
            self._transport.pause_reading()
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
        self._transport.resume_reading()
        return chunk

    async def send(self, item: bytes) -> None:
        """Send bytes.

        Raises:
            httpcore.WriteTimeout: The peer has not taken them in time.
            anyio.BrokenResourceError, anyio.ClosedResourceError: The connection is lost.
        """
        self._check()
        if self._transport.is_closing():  # after an error, of which the transport is about to tell
            raise anyio.BrokenResourceError
        self._transport.write(item)
        while self._is_full:
            await self._changes(httpcore.WriteTimeout)
            self._check()

    async def send_eof(self) -> None:
        self._transport.write_eof()

    async def aclose(self) -> None:
        self._is_closed = True
        self._transport.abort()
        await asyncio.sleep(0)  # the transport closes its socket in the next turn of the loop

    def _check(self) -> None:
        if self._is_closed:
            raise anyio.ClosedResourceError
        if self._error:
            raise anyio.BrokenResourceError from self._error

    async def _changes(self, too_late: type[Exception]) -> None:
        loop = asyncio.get_running_loop()
        self._change = change = loop.create_future()
        timer = None if self._until is None else loop.call_at(self._until, _fail, change, too_late)
        try:
            await change
        finally:
            self._change = None
            if timer:
                timer.cancel()

    def _changed(self) -> None:
        if self._change and not self._change.done():
            self._change.set_result(None)


def _fail(change: asyncio.Future[None], error: type[Exception]) -> None:
    if not change.done():
        change.set_exception(error())


def _is_readable(sock: Any) -> bool:
    if sock.fileno() < 0:  # the connection is lost
        return True
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))
