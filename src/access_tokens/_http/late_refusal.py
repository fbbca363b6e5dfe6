"""Finds out why a server refuses a TLS connection after the handshake, for asyncio and trio (case 87).

In TLS 1.3 the client finishes the handshake before the server has verified the client's certificate. When the
server's alert comes before the request is written, the write fails. Then asyncio closes the socket, and trio
stops reading from it, while the alert is still unread. The sync client does not need this: it reads on.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import httpx

from .._signals import suppress
from .private_names import read_tls
from .tls_errors import is_refusal

_LONGEST_ALERT = 4096
Send: TypeAlias = Callable[[httpx.Request], Awaitable[httpx.Response]]


async def send_or_tell_refusal(send: Send, request: httpx.Request) -> httpx.Response:
    """Send a request. When that fails, and the server has refused the TLS connection, raise the refusal.

    Raises:
        httpx.ReadError: The server refuses the connection; the cause is the `ssl.SSLError`.
    """
    watch = _Watch()
    request.extensions["trace"] = watch.trace
    try:
        return await send(request)
    except httpx.TransportError:
        if refusal := watch.refusal():
            raise httpx.ReadError(str(refusal)) from refusal
        raise
    finally:
        del request.extensions["trace"]
        watch.close()


class _Watch:
    """Keeps a duplicate of the socket of a new connection, to read from after the socket was closed."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._twin: socket.socket | None = None

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Watch for TLS handshakes, as httpcore's "trace" extension."""
        if event.endswith("start_tls.complete"):
            self.close()  # the duplicate from an earlier handshake, with a proxy
            self._stream = info["return_value"]
            raw = self._stream.get_extra_info("socket")
            with suppress(OSError):  # no file descriptor is free
                self._twin = socket.fromfd(raw.fileno(), raw.family, raw.type)

    def refusal(self) -> ssl.SSLError | None:
        """Read the server's unread alert, and return it if it is a refusal."""
        try:
            if self._twin:
                read_tls(self._stream, self._twin.recv(_LONGEST_ALERT))
        except OSError as error:
            return error if isinstance(error, ssl.SSLError) and is_refusal(error) else None
        return None

    def close(self) -> None:
        """Close the duplicate of the socket."""
        if self._twin:
            self._twin.close()
            self._twin = None
