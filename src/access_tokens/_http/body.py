"""Reads a response's body: decompresses it as it arrives, and stops at a limit (cases 20, 58, 93)."""

from __future__ import annotations

import zlib
from typing import Protocol

import httpx

from .._flow.bounds import LARGEST, LARGEST_OF_ERROR


class UnreadableBodyError(ValueError):
    """The body of a response cannot be read."""


class Inflater(Protocol):
    """The type of `zlib.decompressobj()`, for which zlib has no public name."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Body:
    """The body of a response, collected from the raw chunks of the connection.

    Args:
        response: The response.
        limit: The most bytes that the body of a success may have, decompressed. The body of an error
            response that is too large or badly compressed is kept as far as it can be read, since it shows
            which server has answered.
    """

    def __init__(self, response: httpx.Response, limit: int = LARGEST) -> None:
        self._content = bytearray()
        self._has_begun = self._is_further = False
        self._is_needed = response.is_success
        self._limit = limit if self._is_needed else LARGEST_OF_ERROR
        self._trouble: UnreadableBodyError | None = None
        self._inflate: Inflater | None = None
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding in {"gzip", "x-gzip"}:
            self._inflate = _new_inflater()
        elif encoding not in {"", "identity"} and response.status_code != 204:
            self._trouble = UnreadableBodyError("the body has an encoding that was not asked for")

    @property
    def has_trouble(self) -> bool:
        """Whether the body cannot be read, so that further chunks are useless."""
        return self._trouble is not None

    def add(self, chunk: bytes) -> None:
        """Add the next chunk as received. Ignored when an earlier chunk could not be read."""
        if self._trouble:
            return
        self._has_begun = self._has_begun or bool(chunk)
        while chunk and not self._trouble:
            chunk = self._rest_after(chunk, self._inflate) if self._inflate else self._taken(chunk)

    def _taken(self, chunk: bytes) -> bytes:
        self._content += chunk
        if len(self._content) > self._limit:
            self._trouble = UnreadableBodyError(f"the body is over {_size(self._limit)}")
        return b""

    def _rest_after(self, chunk: bytes, inflate: Inflater) -> bytes:
        """Decompress bytes, and return those after the end of a gzip member.

        A gzip file may have several members (RFC 1952, section 2.2).
        """
        if inflate.eof:
            self._inflate = inflate = _new_inflater()
            self._is_further = True
        try:
            self._taken(inflate.decompress(chunk, self._limit - len(self._content) + 1))
        except zlib.error:
            problem = "goes on after its end" if self._is_further else "is not gzip, as its header says"
            self._trouble = UnreadableBodyError(f"the body {problem}")
        return inflate.unused_data

    def content(self) -> bytes:
        """Return the whole body.

        Raises:
            UnreadableBodyError: The response is a success, and its body is too large, not encoded as its
                header says, or cut off.
        """
        if self._inflate and self._has_begun and not self._inflate.eof:
            self._trouble = self._trouble or UnreadableBodyError("the body ended early")
        if self._trouble and self._is_needed:
            raise self._trouble
        del self._content[self._limit :]
        return bytes(self._content)


def _new_inflater() -> Inflater:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)


def body_read_before(response: httpx.Response, limit: int) -> bytes:
    """Return the body of a response that a hook of the caller's own client has read already.

    httpx has decompressed this body.

    Raises:
        UnreadableBodyError: The response is a success, and its body is too large.
    """
    body = Body(httpx.Response(response.status_code), limit)
    body.add(response.content)
    return body.content()


def _size(limit: int) -> str:
    return f"{limit // 2**20} MiB" if limit % 2**20 == 0 else f"{limit // 2**10} KiB"
