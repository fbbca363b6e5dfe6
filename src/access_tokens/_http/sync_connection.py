"""Sync connections that respect the deadline of a call, and end when the client is closed (cases 6, 34, 57).

httpx has a timeout for each single read only, so that a response that trickles in may take any time. And a
thread that reads from a socket does not notice when another thread closes the socket.
"""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpcore
import httpx

from .._signals import is_from_handler, pass_on, suppress
from . import happy_eyeballs, private_names
from .fork import SafeWeakSet
from .handover import Handover
from .limits import is_usable
from .proxy import Kinds, connection_over
from .request import Progress


class DeadlineBackend(httpcore.NetworkBackend):
    """The network backend of one transport, which one thread uses at a time.

    Args:
        seconds_until: Returns how many seconds are left until a deadline.

    Attributes:
        progress: The progress of the request under way.
    """

    progress: Progress

    def __init__(self, seconds_until: Callable[[float], float]) -> None:
        self._seconds_until = seconds_until
        self._sockets: SafeWeakSet[socket.socket] = SafeWeakSet()
        self._is_shut = False
        self._handshake: tuple[int, socket.socket] | None = None
        self._found: Handover[httpcore.NetworkStream] | None = None

    def seconds_left(self, timeout: float | None) -> float:
        """Return a timeout, shortened to end at the deadline.

        Raises:
            TimeoutError: The deadline has passed.
            OSError: The network is shut.
        """
        if self._is_shut:
            raise OSError("the network is shut")
        left = self._seconds_until(self.progress.deadline)
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
        """Connect to a host. Called by httpcore."""
        # Done in another thread, since resolving a name has no timeout and cannot be interrupted.
        found = self._found = Handover[httpcore.NetworkStream]()
        work = partial(self._connect, host, port, timeout, local_address, socket_options)
        found.begin(work)
        try:
            return self.keep(found.get(self.connecting(timeout)))
        except BaseException as error:
            if unused := found.refuse(OSError("nobody waits for it")):
                unused.close()
            if isinstance(error, TimeoutError) and not is_from_handler(error):
                raise httpcore.ConnectTimeout from None
            raise

    def _connect(
        self,
        host: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> httpcore.NetworkStream:
        until = time.monotonic() + self.connecting(timeout)
        try:
            connected = happy_eyeballs.connect(
                host,
                port,
                lambda: self.connecting(until - time.monotonic()),
                local_address,
                socket_options,
            )
        except TimeoutError:
            raise httpcore.ConnectTimeout from None
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return private_names.stream_over(connected)

    def connecting(self, timeout: float | None) -> float:
        """Same as `seconds_left`, for connecting: raises `httpcore.ConnectTimeout` after the deadline."""
        try:
            return self.seconds_left(timeout)
        except TimeoutError:
            raise httpcore.ConnectTimeout from None  # this type says that no request was sent

    def keep(self, stream: httpcore.NetworkStream) -> httpcore.NetworkStream:
        """Return a stream that respects the deadline, and remember its socket for `shut`."""
        self.watch(stream.get_extra_info("socket"))
        return _Stream(stream, self)

    def watch(self, each: socket.socket) -> None:
        """Remember a socket for `shut` and `abandon`, as long as the socket object lives."""
        self._sockets.add(each)
        if self._is_shut:  # by another thread in the meantime
            self.shut()

    @contextmanager
    def shaking_hands(self, descriptor: int) -> Generator[None, None, None]:
        """Remember a duplicate of a socket that is moved to another object by the TLS handshake."""
        with socket.socket(fileno=os.dup(descriptor)) as twin:
            self.watch(twin)
            self._handshake = descriptor, twin
            try:
                yield
            finally:
                self._handshake = None

    def abandon(self) -> None:
        """Close the sockets in a forked child, without ending the parent's connections.

        The only thread of the child may be using a socket, or waiting for a thread that no longer exists.
        """
        forked = httpcore.ConnectError("the process was forked")
        if self._found and (unused := self._found.refuse(forked)):
            unused.close()
        if self._handshake:
            _take_away(*self._handshake)
        for each in self._sockets:
            with suppress(OSError):
                each.close()

    def shut(self) -> None:
        """End all connections, wake the threads that read from them, and allow no new connections."""
        self._is_shut = True
        if self._found:
            self._found.put(OSError("the network is shut"))
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def _take_away(descriptor: int, twin: socket.socket) -> None:
    """Replace the descriptor of a socket by the null device, in this process only, unless it was reused."""
    with suppress(OSError):
        if os.path.sameopenfile(descriptor, twin.fileno()):
            with Path(os.devnull).open("rb") as nothing:
                os.dup2(nothing.fileno(), descriptor, inheritable=False)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, network: DeadlineBackend) -> None:
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._network.seconds_left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._network.seconds_left(timeout)
        self._network.progress.note(buffer)
        try:
            self._stream.write(buffer, left)
        except httpcore.WriteError as error:  # httpcore ignores it, and goes on to read the response
            pass_on(error)
            raise

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        with self._network.shaking_hands(self.get_extra_info("socket").fileno()):
            try:
                self._network.progress.note_handshake()
                left = self._network.connecting(timeout)
                return self._network.keep(self._stream.start_tls(ssl_context, server_hostname, left))
            except BaseException:  # httpcore closes the stream only if the handshake itself fails
                self.close()
                raise

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


_KINDS = Kinds(httpcore.HTTPConnection, httpcore.HTTPProxy, httpcore.SOCKSProxy)


class SyncTransport(httpx.HTTPTransport):
    """An httpx transport over one connection.

    Args:
        base: The URL of the service.
        seconds_until: Returns how many seconds are left until a deadline.
        tls: The TLS context for the service.
        proxy: The proxy to go through, if any.
    """

    def __init__(
        self,
        base: str,
        seconds_until: Callable[[float], float],
        tls: ssl.SSLContext | None,
        proxy: httpx.Proxy | None,
    ) -> None:
        private_names.check_libraries()
        self.network = DeadlineBackend(seconds_until)
        self.proxy = proxy
        self._connection = connection_over(_KINDS, self.network, base, tls, proxy)
        private_names.send_over(self, self._connection)

    @property
    def is_usable(self) -> bool:
        """Whether the connection can be used again."""
        return is_usable(self._connection)

    @property
    def has_surplus(self) -> bool:
        """Whether the connection has received more than the response."""
        return private_names.has_surplus(self._connection)
