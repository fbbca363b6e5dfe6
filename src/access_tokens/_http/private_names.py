"""Names of other libraries that are not public, all in one place."""

from __future__ import annotations

import os
import socket
from typing import Any

import httpcore
import httpx

from .._signals import suppress


def drop_surplus(response: httpx.Response) -> None:
    """See to it that a connection is not used again when more has come than the answer.

    httpcore would take the rest for the answer to the next request.
    """
    state = _state_of(response)
    if state is not None and (
        state.trailing_data[0] or has_unread(response.extensions.get("network_stream"))
    ):
        state.send_failed()  # httpcore closes the connection then


def mark_unusable(response: httpx.Response) -> None:
    """See to it that a connection is not used again."""
    state = _state_of(response)
    if state is not None:
        state.send_failed()


def _state_of(response: httpx.Response) -> Any:
    """Return h11's part of the connection, which is in no public place; a test tells when it is not here."""
    stream: Any = response.stream
    while stream is not None:
        state = getattr(getattr(stream, "_connection", None), "_h11_state", None)
        if state is not None:
            return state
        stream = getattr(stream, "_httpcore_stream", None) or getattr(stream, "_stream", None)
    return None


def has_unread(stream: Any) -> bool:
    """Tell whether something waits above the socket. Neither anyio nor trio tells; tests notice a change."""
    inner: Any = getattr(stream, "_stream", None)
    incoming = _incoming(inner)
    protocol = getattr(getattr(inner, "transport_stream", inner), "_protocol", None)  # asyncio's
    return bool(getattr(incoming, "pending", 0) or getattr(protocol, "read_queue", ()))


def read_tls(stream: Any, received: bytes) -> None:
    """Have TLS read what has come over a connection that anyio or trio reads from no more.

    Raises:
        ssl.SSLError: The peer has ended the connection; or it cannot be read.
    """
    inner = stream
    while inner is not None and _incoming(inner) is None:
        inner = getattr(inner, "_stream", None)
    if inner is not None:
        _incoming(inner).write(received)
        stream.get_extra_info("ssl_object").read(1)


def _incoming(stream: Any) -> Any:
    """Return what TLS has to unpack, in anyio or trio."""
    return getattr(stream, "_read_bio", None) or getattr(stream, "_incoming", None)


def sever(stream: Any) -> None:
    """Close an idle connection without its event loop. asyncio closes one in steps of the loop only."""
    transport = getattr(stream._stream, "_transport", None)  # noqa: SLF001 - asyncio's, of which trio has none
    with suppress(AttributeError, OSError):
        if transport is None:
            os.close(stream.get_extra_info("socket").detach())
        elif not hasattr(transport, "_call_connection_lost"):
            transport.abort()  # uvloop's, which closes its connections when it is closed itself
        else:
            transport._closing = True  # noqa: SLF001 - or the loop takes the next socket of this number for it
            transport._call_connection_lost(None)  # noqa: SLF001


def is_usable(connection: Any) -> bool:
    """Tell whether a connection can be used again. A pool, as there is for a proxy, sees to it itself."""
    is_pool = not hasattr(connection, "is_available")
    return is_pool or (connection.is_available() and not connection.has_expired())


def connection_of(transport: Any) -> Any:
    """Return what a transport of httpx sends over: a pool of httpcore, or the connection in its place."""
    return transport._pool  # noqa: SLF001


def set_connection(transport: Any, connection: Any) -> None:
    """Have a transport of httpx send over one connection of httpcore, for which it has no argument."""
    transport._pool = connection  # noqa: SLF001


def backend_of(transport: Any) -> Any:
    """Return the network backend that httpcore has chosen for a transport."""
    return transport._pool._network_backend  # noqa: SLF001


def set_backend(transport: Any, backend: Any) -> None:
    """Have the pool of a transport connect by a backend, for which httpx has no argument."""
    transport._pool._network_backend = backend  # noqa: SLF001


def stream_over(connected: socket.socket) -> httpcore.NetworkStream:
    """Return a stream of httpcore over a socket, for which it has no public way."""
    from httpcore._backends.sync import SyncStream

    return SyncStream(connected)


def proxy_of(client: Any, url: httpx.URL) -> str | None:
    """Return host and port of the proxy by which an httpx client reaches a URL, if that can be found."""
    with suppress(AttributeError):
        origin = client._transport_for_url(url)._pool._proxy_url.origin  # noqa: SLF001
        return str(origin).partition("://")[2]
    return None


def pool_size(client: Any, url: httpx.URL) -> int | None:
    """Return how many connections the pool of an httpx client has, or None where that cannot be found."""
    with suppress(AttributeError):
        return int(client._transport_for_url(url)._pool._max_connections)  # noqa: SLF001
    return None
