"""`LocalService`: the service on a port of the loopback interface, run by uvicorn in a thread."""

import asyncio
import contextlib
import errno
import logging
import os
import socket
import sys
import threading
from types import TracebackType
from typing import Self

import attrs
import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from access_tokens._http.fork import reset_after_fork
from access_tokens.testing._service import Service
from access_tokens.testing._settings import must_be

_THREAD = "access-tokens-service"
_KEEP_ALIVE = 60

# Held while a server starts or stops. `os.fork` acquires it first, since a child could never finish a start
# or stop that another thread has begun.
_starting = threading.RLock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_starting.acquire, after_in_parent=_starting.release, after_in_child=_starting.release
    )


def _is_port(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**16


@attrs.define(kw_only=True, eq=False, repr=False, slots=False)
class LocalService(Service):
    """A `Service` that listens on 127.0.0.1, or on ::1 without IPv4, in a thread of its own.

    Same as `Service`, but it has an `endpoint` between `start()` and `stop()`, or during a `with` block, and
    `drop_next` really closes connections. A forked child has its parent's endpoint until it calls `start()`.

    Attributes:
        port: The port to listen on; 0 for a free port.

    Raises:
        ValueError: An option is not as described. The message names it.

    Example:
        from access_tokens.testing import LocalService

        with LocalService() as local, AccessTokensClient(local.endpoint, local.admin_pat) as client:
            client.issue("user@example.com")
    """

    port: int = attrs.field(default=0, validator=must_be("a port from 0 to 65535", _is_port))
    _server: "_Server | None" = attrs.field(init=False, default=None)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        """The base URL of the service.

        Raises:
            RuntimeError: The service is not running.

        Example:
            client = AccessTokensClient(service.endpoint, service.admin_pat)
        """
        if self._server is None:
            raise RuntimeError("The service does not run: call start(), or use it in a `with` block")
        return self._server.url

    def start(self) -> None:
        """Start the service, and return when it answers requests. Does nothing if it is running already.

        Raises:
            OSError: The port is taken.
            RuntimeError: No thread can be started.

        Example:
            service.stop()
            service.start()  # with the same tokens, at another port
        """
        with _starting:
            if self._server is None or not self._server.runs:
                self._server = _Server(self.app, self.port)

    def stop(self) -> None:
        """Stop the service, and close all connections. Does nothing if it is not running.

        Example:
            service.stop()
        """
        with _starting:
            if self._server is not None and self._server.runs:
                self._server.stop()
                self._offload.join()
            self._server = None

    def _hang_up(self, scope: Scope) -> None:
        if self._server is None or not self._server.serves(scope):
            super()._hang_up(scope)
        else:
            self._server.abort(scope["client"])


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        proxy_headers=False,  # else a client address from headers would replace the one that abort() needs
        timeout_keep_alive=_KEEP_ALIVE,
    )


class _Server(uvicorn.Server):
    # Replaces uvicorn's ways to wait and to stop, which poll ten times a second.

    def __init__(self, app: ASGIApp, port: int) -> None:
        super().__init__(_config(app))
        self._listener = _listen(port)
        self._address = self._listener.getsockname()[:2]  # an IPv6 address has two more items
        self.url = _url(*self._address)
        self._is_inherited = False
        self._ready = threading.Event()
        self._stopping = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=_THREAD, daemon=True)
        _silence()
        try:
            _start(self._thread)
        except RuntimeError:
            self._listener.close()
            self._loop.close()
            raise
        self._ready.wait()
        reset_after_fork(self)

    @property
    def runs(self) -> bool:
        """Whether the server runs in this process: not in a forked child, nor at interpreter exit."""
        return not self._is_inherited and not sys.is_finalizing()

    def stop(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: a signal handler has stopped the server
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def reset(self) -> None:
        """In a forked child, close the listening socket, and leave the port to the parent."""
        self._is_inherited = True
        self._listener.close()

    def serves(self, scope: Scope) -> bool:
        return bool(scope.get("server") == self._address)

    def abort(self, client: object) -> None:
        for peer in self.server_state.connections:
            if isinstance(peer, H11Protocol) and peer.client == client:
                peer.transport.abort()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self.serve([self._listener]))
        finally:
            self._ready.set()

    async def main_loop(self) -> None:
        self._ready.set()
        while not self._stopping.is_set():
            await self.on_tick(0)  # updates the Date header
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        listeners = sockets or []
        for listener in listeners:
            with contextlib.suppress(NotImplementedError):  # the proactor loop of Windows has no readers
                self._loop.remove_reader(listener)
        # Before the asyncio.Server is closed, which loses connections just accepted without closing them.
        await self._abort_all()
        for server in self.servers:
            server.close()
        for listener in listeners:
            listener.close()
        for server in self.servers:
            await server.wait_closed()

    async def _abort_all(self) -> None:
        self._abort_connections()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
            self._abort_connections()

    def _abort_connections(self) -> None:
        for peer in list(self.server_state.connections):
            peer.transport.abort()


def _start(thread: threading.Thread) -> None:
    if sys.is_finalizing():  # Python 3.11 would wait for ever, since the thread never runs
        raise RuntimeError("can't start new thread")
    thread.start()


def _listen(port: int) -> socket.socket:
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise
        listener = socket.create_server(("::1", port), family=socket.AF_INET6)
    # Without TCP_NODELAY each answer takes 40 ms. asyncio sets it only for sockets with an explicit protocol.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _silence() -> None:
    for name in ("asyncio", "uvicorn.access", "uvicorn.error"):
        logging.getLogger(name).addFilter(_is_worth_logging)


def _is_worth_logging(record: logging.LogRecord) -> bool:
    # Recognised by the thread, so that another uvicorn in the same process can still log.
    return record.threadName != _THREAD or record.levelno >= logging.ERROR
