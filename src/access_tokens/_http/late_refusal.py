"""Why a peer refuses a connection of a task after the handshake.

In TLS 1.3 the handshake is over for the client before the server has looked at its certificate. When the
server's alert comes before the request is written, the write fails; then asyncio closes the socket, and trio
reads from it no more, with the alert still in it. Threads read on.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from .._signals import suppress
from .private_names import read_tls
from .tls_errors import is_refusal

_LONGEST_ALERT = 4096


@contextmanager
def late_refusals(request: httpx.Request) -> Generator[None, None, None]:
    """Tell why the connection of a request is refused, while it is sent.

    Raises:
        httpx.ReadError: The peer refuses it; the cause is what TLS says.
    """
    watch = _Watch()
    request.extensions["trace"] = watch.trace
    try:
        yield
    except httpx.TransportError:
        if refusal := watch.refusal():
            raise httpx.ReadError(str(refusal)) from refusal
        raise
    finally:
        del request.extensions["trace"]
        watch.close()


class _Watch:
    """Holds on to the socket of a new connection, so that closing it loses nothing."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._twin: socket.socket | None = None

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of what httpcore does ("Trace" in its manual)."""
        if event.endswith("start_tls.complete"):
            self.close()  # that of a proxy
            self._stream = info["return_value"]
            raw = self._stream.get_extra_info("socket")
            with suppress(OSError):  # without a free descriptor
                self._twin = socket.fromfd(raw.fileno(), raw.family, raw.type)

    def refusal(self) -> ssl.SSLError | None:
        """Return the refusal that nobody has read."""
        try:
            if self._twin:
                read_tls(self._stream, self._twin.recv(_LONGEST_ALERT))
        except OSError as error:
            return error if isinstance(error, ssl.SSLError) and is_refusal(error) else None
        return None

    def close(self) -> None:
        """Let go of the socket."""
        if self._twin:
            self._twin.close()
            self._twin = None
