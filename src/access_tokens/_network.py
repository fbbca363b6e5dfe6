"""Connections for threads, which obey the deadline of a call and end when the client is closed.

httpx has a timeout for each read alone, so that an answer that trickles in lasts as long as it likes; and a
thread that reads from a socket does not notice that another has closed it.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import httpcore
import httpx

from ._pool import ONE_CONNECTION


class Network(httpcore.NetworkBackend):
    """Makes the connections of one transport, which one thread uses at a time.

    Args:
        seconds_until: Tells how far away a deadline is.
    """

    def __init__(self, seconds_until: Callable[[float], float]) -> None:
        self._seconds_until = seconds_until
        self._backend = httpcore.SyncBackend()
        self._deadline = 0.0
        self._lock = threading.RLock()
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._is_shut = False

    def obey(self, deadline: float) -> None:
        """Let nothing from now on last longer than until a deadline."""
        self._deadline = deadline

    def seconds_left(self, timeout: float | None) -> float:
        """Return a timeout, cut at the deadline.

        Raises:
            TimeoutError: The deadline has passed.
            OSError: The network is shut.
        """
        if self._is_shut:
            raise OSError("the network is shut")
        left = self._seconds_until(self._deadline)
        if left <= 0:
            raise TimeoutError
        return left if timeout is None else min(timeout, left)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host, as httpcore asks for it: to the first of its addresses that answers."""
        error: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._addresses(host, port, timeout):
            try:
                left = self.connecting(timeout)
                return self.keep(
                    self._backend.connect_tcp(address, port, left, local_address, socket_options)
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failure:
                error = failure
        raise error

    def _addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        # In a thread of its own, since it cannot be told when to give up.
        found: Future[list[str]] = Future()
        threading.Thread(target=_find_addresses, args=(host, port, found), daemon=True).start()
        try:
            return found.result(self.connecting(timeout))
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"the name server was not heard of for {host}") from None

    def connecting(self, timeout: float | None) -> float:
        """Return a timeout for a connection, cut at the deadline."""
        try:
            return self.seconds_left(timeout)
        except TimeoutError:
            raise httpcore.ConnectTimeout from None  # it tells that nothing was sent

    def keep(self, stream: httpcore.NetworkStream) -> httpcore.NetworkStream:
        """Return a stream that obeys, and remember its socket for `shut`."""
        self.watch(stream.get_extra_info("socket"))
        return _Stream(stream, self)

    def watch(self, each: socket.socket) -> None:
        """Remember a socket for `shut`, as long as it lives."""
        with self._lock:
            self._sockets.add(each)

    def shut(self) -> None:
        """End all connections, wake the threads that read from them, and allow no more."""
        self._is_shut = True
        with self._lock:
            sockets = list(self._sockets)
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def _find_addresses(host: str, port: int, found: Future[list[str]]) -> None:
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        found.set_result(list(dict.fromkeys(str(address[0]) for *_, address in addresses)))
    except OSError as error:
        found.set_exception(httpcore.ConnectError(str(error)))
    except Exception as error:  # noqa: BLE001 - a name may be one that cannot be encoded
        found.set_exception(error)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, network: Network) -> None:
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._network.seconds_left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._network.seconds_left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._network.connecting(timeout)
        # The handshake takes the socket that is watched away, and puts another in its place.
        with socket.socket(fileno=os.dup(self.get_extra_info("socket").fileno())) as twin:
            self._network.watch(twin)
            return self._network.keep(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Transport(httpx.HTTPTransport):
    """A transport over one such connection.

    Args:
        seconds_until: Tells how far away a deadline is.
        tls: How TLS is done.
        proxy: The proxy to go through.
    """

    def __init__(
        self, seconds_until: Callable[[float], float], tls: ssl.SSLContext, proxy: httpx.Proxy | None
    ) -> None:
        super().__init__(verify=tls, limits=ONE_CONNECTION, proxy=proxy)
        self.network = Network(seconds_until)
        # httpx has no argument for it, though httpcore has; tests tell when this has no effect.
        self._pool._network_backend = self.network  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
