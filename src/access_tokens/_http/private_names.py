"""All uses of private names of other libraries, each under the promise that needs it (case 100).

When such a name is missing, as in an untested version of httpx, a `SetupError` is raised before a connection
is made or a response is read. A promise is never broken silently.
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

from .._fork_lock import no_fork
from .._signals import suppress
from .tls import SetupError


@contextmanager
def _known() -> Generator[None, None, None]:
    try:
        yield
    except (AttributeError, ImportError) as error:
        from importlib.metadata import version

        found = ", ".join(f"{each} {version(each)}" for each in (httpx.__name__, httpcore.__name__, "anyio"))
        raise SetupError(f"this version of access-tokens-client does not know {found}: {error}") from None


@cache
def check_libraries() -> None:
    """Check, with an in-memory network, that the private names which a connection needs exist.

    Raises:
        SetupError: One is missing.
    """
    with no_fork, _known():
        transport: Any = httpx.HTTPTransport(verify=False)
        transport._pool.close()
        origin = httpcore.Origin(b"http", b"localhost", 80)
        network = httpcore.MockStream([b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore"])
        inner = httpcore.HTTP11Connection(origin, network)
        inner.request("GET", "http://localhost")  # not by its owner, for which respx would answer
        owner: Any = httpcore.HTTPConnection(origin)
        owner._connection = owner._connection or inner
        if not has_surplus(owner):
            raise AttributeError("surplus bytes")


# The promise: instrumentation, such as OpenTelemetry's, sees our requests. It patches httpx's own transports.


def send_over(transport: Any, connection: Any) -> None:
    """Make an httpx transport send over the given httpcore connection. httpx has no argument for it."""
    transport._pool = connection


# The promise: no call reads bytes of another call's response. httpcore takes surplus bytes after a response
# for the next response.


def has_surplus(connection: Any) -> bool:
    """Tell whether an httpcore connection, or a pool with one, has read more than the response."""
    inner = connection
    if hasattr(connection, "connections"):
        inner = next(iter(connection.connections), None)
    with _known():
        while inner and not hasattr(inner, "_h11_state"):
            inner = inner._connection
        return bool(inner and inner._h11_state.trailing_data[0])


def drop_surplus(client: Any, response: httpx.Response) -> None:
    """Make an httpx client stop using a connection that has received more than the response."""
    is_httpcores = "network_stream" in response.extensions and response.http_version.startswith("HTTP/1")
    if not is_httpcores or _pool_of(client, response.request.url) is None:
        return
    with _known():
        stream: Any = response.stream
        connection = stream._stream._httpcore_stream._stream._connection
        network = response.extensions["network_stream"]
        is_async = isinstance(network, httpcore.AsyncNetworkStream)
        if has_surplus(connection) or (is_async and has_unread(network)):
            connection._h11_state.send_failed()  # httpcore closes the connection then


def has_unread(stream: Any) -> bool:
    """Tell whether an idle connection has received bytes that nobody has read from its stream yet."""
    with _known():
        inner: Any = stream._stream
        while hasattr(inner, "transport_stream"):  # TLS, of which a proxy may add a layer
            if _incoming_of(inner).pending:
                return True
            inner = inner.transport_stream
        if hasattr(inner, "received"):  # a `TcpConnection`, whose module would bring asyncio into sync code
            return bool(inner.received)
        return not in_trio() and bool(inner._protocol.read_queue)


def in_trio() -> bool:
    """Tell whether trio is running. Its sockets have no buffer above the system's, unlike asyncio's."""
    trio: Any = sys.modules.get("trio.lowlevel")
    return trio is not None and bool(trio.in_trio_task())


def _incoming_of(inner: Any) -> Any:
    # The input buffer of anyio's TLS stream, or of trio's, which the caller's own client may use.
    return inner._read_bio if hasattr(inner, "_read_bio") else inner._incoming


# The promise: the caller is told of a refusal in TLS 1.3, even if the stream was closed before it was read.


def read_tls(stream: Any, received: bytes) -> None:
    """Decrypt bytes from a connection that anyio or trio has stopped reading from.

    Raises:
        ssl.SSLError: The bytes are an alert by which the peer ends the connection, or are incomplete.
    """
    with _known():
        inner = stream._stream
        if not hasattr(inner, "transport_stream"):  # our own stream wraps httpcore's
            inner = inner._stream
        _incoming_of(inner).write(received)
    stream.get_extra_info("ssl_object").read(1)


# The promise: no connection of an event loop is left open after the loop has ended.


def sever(stream: Any) -> None:
    """Close an idle connection without its event loop, which asyncio's `close` would need."""
    transport = getattr(stream._stream, "_transport", None)  # only asyncio has a transport
    with suppress(AttributeError, OSError):
        if transport is None:
            os.close(stream.get_extra_info("socket").detach())
        elif not hasattr(transport, "_call_connection_lost"):
            transport.abort()  # uvloop, which closes its connections when the loop is closed
        else:
            transport._closing = True  # else the loop mistakes the next socket of this number
            transport._call_connection_lost(None)


# The promise: a call ends at its deadline, no matter how many addresses the host has.


def stream_over(connected: socket.socket) -> httpcore.NetworkStream:
    """Return an httpcore stream over a connected socket. httpcore has no public way to make one."""
    with _known():
        from httpcore._backends.sync import SyncStream
    return SyncStream(connected)


# The promises about the caller's own HTTP client: no call hangs in its pool, as can happen with more callers
# than connections; and an error names its proxy. A transport that is not httpx's own has neither.

_PROXIES = (httpcore.HTTPProxy, httpcore.SOCKSProxy, httpcore.AsyncHTTPProxy, httpcore.AsyncSOCKSProxy)


def proxy_of(client: Any, url: httpx.URL) -> str | None:
    """Return host and port of the proxy through which an httpx client reaches a URL, if there is one."""
    pool = _pool_of(client, url)
    if not isinstance(pool, _PROXIES):
        return None
    proxy: Any = pool
    with _known():
        return str(proxy._proxy_url.origin).partition("://")[2]


def pool_size(client: Any, url: httpx.URL) -> int | None:
    """Return how many connections an httpx client may open for a URL, or None if it has no httpx pool."""
    pool = _pool_of(client, url)
    with _known():
        return None if pool is None else int(pool._max_connections)


def _pool_of(client: Any, url: httpx.URL) -> Any:
    with _known():
        transport = client._transport_for_url(url)
        is_httpx = type(transport) in {httpx.HTTPTransport, httpx.AsyncHTTPTransport}  # and no subclass
        return transport._pool if is_httpx else None
