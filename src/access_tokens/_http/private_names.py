"""Names of other libraries that are not public, all in one place, each with the promise that needs it.

Where one is missing, as in a version that nobody has tried, no connection is made, or no answer is read: no
promise is dropped without a word.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpcore
import httpx

from .._signals import suppress
from .tls import SetupError


@contextmanager
def _known() -> Generator[None, None, None]:
    try:
        yield
    except (AttributeError, ImportError) as error:
        from importlib.metadata import version

        found = ", ".join(f"{each} {version(each)}" for each in ("httpx", "httpcore", "anyio"))
        raise SetupError(f"this version of access-tokens-client does not know {found}: {error}") from None


@cache
def check_libraries() -> None:
    """Look for what the first connection will need, over a network in memory.

    Raises:
        SetupError: It is not there.
    """
    with _known():
        transport: Any = httpx.HTTPTransport(verify=False)
        transport._pool.close()  # noqa: SLF001
        network = httpcore.MockBackend([b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore"])
        with httpcore.ConnectionPool(network_backend=network) as pool:
            pool.request("GET", "http://localhost")
            if not has_surplus(pool):
                raise AttributeError("surplus bytes")


# Instrumentation, such as OpenTelemetry's, sees what goes through httpx's own transports.


def send_over(transport: Any, connection: Any) -> None:
    """Have a transport of httpx send over one connection of httpcore, for which it has no argument."""
    transport._pool = connection  # noqa: SLF001


# No caller meets bytes that belong to another call: httpcore would take them for the next answer.


def has_surplus(connection: Any) -> bool:
    """Tell whether more has come over a connection of httpcore, or a pool with one, than the answer."""
    inner = connection
    if hasattr(connection, "connections"):
        inner = next(iter(connection.connections), None)
    with _known():
        while inner and not hasattr(inner, "_h11_state"):
            inner = inner._connection  # noqa: SLF001
        return bool(inner and inner._h11_state.trailing_data[0])  # noqa: SLF001


def drop_surplus(client: Any, response: httpx.Response) -> None:
    """See to it that a client of httpx uses a connection no more when more has come than the answer."""
    is_httpcores = "network_stream" in response.extensions and response.http_version.startswith("HTTP/1")
    if not is_httpcores or _pool_of(client, response.request.url) is None:
        return
    with _known():
        stream: Any = response.stream
        connection = stream._stream._httpcore_stream._stream._connection  # noqa: SLF001
        network = response.extensions["network_stream"]
        is_async = isinstance(network, httpcore.AsyncNetworkStream)
        if has_surplus(connection) or (is_async and has_unread(network)):
            connection._h11_state.send_failed()  # noqa: SLF001 - httpcore closes the connection then


def has_unread(stream: Any) -> bool:
    """Tell whether bytes wait between the socket of an idle connection and who reads from its stream."""
    with _known():
        inner = stream._stream  # noqa: SLF001
        below: Any = getattr(inner, "transport_stream", inner)
        in_tls = below is not inner and _incoming_of(inner).pending
        return bool(in_tls or (not in_trio() and below._protocol.read_queue))  # noqa: SLF001


def in_trio() -> bool:
    """Tell whether the event loop that runs is trio's, whose sockets keep nothing back."""
    trio: Any = sys.modules.get("trio.lowlevel")
    return trio is not None and bool(trio.in_trio_task())


def _incoming_of(inner: Any) -> Any:
    # Of anyio, or of trio, over which a client of the caller's own may read.
    return inner._read_bio if hasattr(inner, "_read_bio") else inner._incoming  # noqa: SLF001


# A refusal in TLS 1.3 is told, though the stream was closed before it was read.


def read_tls(stream: Any, received: bytes) -> None:
    """Have TLS read what has come over a connection that anyio or trio reads from no more.

    Raises:
        ssl.SSLError: The peer has ended the connection; or it cannot be read.
    """
    with _known():
        inner = stream._stream  # noqa: SLF001
        if not hasattr(inner, "transport_stream"):  # our own stream lies above
            inner = inner._stream  # noqa: SLF001
        _incoming_of(inner).write(received)
    stream.get_extra_info("ssl_object").read(1)


# Nothing is left of an event loop that has ended.


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


# A call ends at its deadline, whichever address is tried.


def stream_over(connected: socket.socket) -> httpcore.NetworkStream:
    """Return a stream of httpcore over a socket that is connected, for which it has no public way."""
    with _known():
        from httpcore._backends.sync import SyncStream
    return SyncStream(connected)


# Of the caller's own HTTP client: its pool wedges when more wait for it than it has connections, and an error
# names its proxy. A transport that is not httpx's has neither.

_PROXIES = (httpcore.HTTPProxy, httpcore.SOCKSProxy, httpcore.AsyncHTTPProxy, httpcore.AsyncSOCKSProxy)


def proxy_of(client: Any, url: httpx.URL) -> str | None:
    """Return host and port of the proxy by which an httpx client reaches a URL, if there is one."""
    pool = _pool_of(client, url)
    if not isinstance(pool, _PROXIES):
        return None
    proxy: Any = pool
    with _known():
        return str(proxy._proxy_url.origin).partition("://")[2]  # noqa: SLF001


def pool_size(client: Any, url: httpx.URL) -> int | None:
    """Return how many connections the pool of an httpx client has, or None where it has no such pool."""
    pool = _pool_of(client, url)
    with _known():
        return None if pool is None else int(pool._max_connections)  # noqa: SLF001


def _pool_of(client: Any, url: httpx.URL) -> Any:
    with _known():
        transport = client._transport_for_url(url)  # noqa: SLF001
        is_httpx = type(transport) in {httpx.HTTPTransport, httpx.AsyncHTTPTransport}  # and no wrapper of one
        return transport._pool if is_httpx else None  # noqa: SLF001
