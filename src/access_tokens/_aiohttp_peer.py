"""The other end of a connection over aiohttp, of which nothing is taken but the answer to what was asked."""

from __future__ import annotations

import asyncio
import select
from typing import Any

from aiohttp import StreamReader
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpProcessingError, RawResponseMessage

# In bytes, as httpx has it: an answer without its body.
LONGEST_HEAD = 100 * 1024
# Those behind a body in chunks are kept as well.
MOST_HEADERS = 500
_LINE_END = b"\r\n"
_BLANK_LINE = 2 * _LINE_END


class Peer(ResponseHandler):
    """The protocol of a connection.

    aiohttp's own keeps what comes after an answer, and the next request takes it for its answer. Here it
    costs the connection.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._is_due = False
        self._expect_head()

    def _expect_head(self) -> None:
        self._head_size = 0
        self._last_of_head = b""
        self._body: StreamReader | None = None
        # How much of the body is still to come, where the head has told.
        self._rest: int | None = None

    # What aiohttp tells

    def set_response_params(self, **options: Any) -> None:
        """Expect an answer."""
        self._expect_head()
        self._is_due = True
        super().set_response_params(**options)

    def data_received(self, data: bytes) -> None:
        """Parse what belongs to the answer. aiohttp calls it without data, to go on after a pause."""
        if not data:
            super().data_received(data)
            self._is_due = self._is_due and not self._has_ended(data)
        start = 0
        while start < len(data) and self._is_due:
            part = data[start : self._end_in(data, start)]
            start += len(part)
            super().data_received(part)
            self._is_due = not self._has_ended(part)
        if start < len(data):
            self._condemn()
        elif self._is_due and not self._reading_paused and self._read_timeout_handle is None:
            self.start_timeout()  # which aiohttp has stopped, if this was an interim answer

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """Take the head of an answer."""
        message, body = data
        if self._body is not None:
            return self._condemn()
        if fault := _fault_of(message):
            return self._fail(fault)
        if message.code < 200:
            self._head_size = 0
        else:
            self._body = body
            self._rest = 0 if body.is_eof() else _length_of(message)
        return super().feed_data(data, size)

    def set_exception(self, exc: BaseException, exc_cause: BaseException | None = None) -> None:
        """Tell who reads the body too, which aiohttp does not when it cannot parse it."""
        super().set_exception(exc, *([exc_cause] if exc_cause else []))
        if self._body is not None and not self._body.is_eof() and self._body.exception() is None:
            self._body.set_exception(exc)

    def pause_writing(self) -> None:
        """Have no more patience with a peer that does not read than with one that does not answer."""
        super().pause_writing()
        self.start_timeout()

    # What aiohttp asks

    def is_connected(self) -> bool:
        """Tell whether the connection may be used again."""
        return super().is_connected() and not self._has_unread()

    def close(self) -> None:
        """Close the connection without a farewell, which would wait for a peer that does not read."""
        self.abort()

    # The answer

    def _end_in(self, data: bytes, start: int) -> int:
        """Return where the answer ends, or its head, as far as can be told before it is parsed."""
        if self._body is None:
            return self._end_of_head_in(data, start)
        if self._rest is None:
            return len(data)
        end = min(start + self._rest, len(data))
        self._rest -= end - start
        return end

    def _end_of_head_in(self, data: bytes, start: int) -> int:
        joined = self._last_of_head + data
        found = joined.find(_BLANK_LINE, start)
        end = len(data) if found < 0 else found + len(_BLANK_LINE) - len(self._last_of_head)
        self._last_of_head = joined[-3:] if found < 0 else b""
        self._head_size += end - start
        return end

    def _has_ended(self, part: bytes) -> bool:
        """Tell whether nothing more belongs to the answer, once a part of it is parsed."""
        if self._body is None:
            if self._head_size > LONGEST_HEAD:
                self._fail("Too long a head")
            return self._exception is not None
        if self._exception is not None or self._rest == 0:
            return True
        if self._body.is_eof() and self._has_more(part):
            self._condemn()
        return self._body.is_eof()

    def _has_more(self, part: bytes) -> bool:
        """Tell whether the parser, which does not say where the answer ended, has got more than that."""
        if part.endswith(_LINE_END + _BLANK_LINE):
            return True
        try:
            return self._parser is not None and self._parser.feed_eof() is not None
        except Exception:  # noqa: BLE001 - the parser finds fault with what it has got
            return True

    def _fail(self, reason: str) -> None:
        self.set_exception(HttpProcessingError(message=reason))
        self._condemn()

    def _condemn(self) -> None:
        """See to it that the connection is not used again; if its answer has been read, close it now."""
        self.force_close()
        is_read = self._body is None or self._body.is_eof()
        if is_read and self.transport is not None:
            self.transport.abort()

    def _has_unread(self) -> bool:
        """Tell whether the event loop has still to read something, be it only that the peer has hung up."""
        if self.transport is None:
            return False
        file = self.transport.get_extra_info("socket")
        if not hasattr(select, "poll"):  # on Windows
            return bool(select.select([file], [], [], 0)[0])
        poll = select.poll()
        poll.register(file, select.POLLIN)
        return bool(poll.poll(0))


def _fault_of(message: RawResponseMessage) -> str | None:
    """Return what is wrong with a head that the parser lets pass."""
    if message.code < 100 or message.code == 101:
        return "Invalid status"
    if any(name.endswith((b" ", b"\t")) for name, _ in message.raw_headers):
        return "Invalid header name"
    if message.chunked and [each.lower() for each in message.headers.getall("Transfer-Encoding")] != [
        "chunked"
    ]:
        return "Unknown framing"
    return None


def _length_of(message: RawResponseMessage) -> int | None:
    length = None if message.chunked else message.headers.get("Content-Length")
    return None if length is None else int(length)
