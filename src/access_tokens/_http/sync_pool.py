"""The connections of threads: who may have one, and what is sent over it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import cast

import httpx

from .._flow.bounds import Bounds
from .._flow.steps import Answer
from .._settings import Settings
from .._signals import suppress
from .body import Body, body_read_before
from .fork import SafeWeakSet
from .limits import NO_PLACE, IdleConnections, max_connections
from .private_names import drop_surplus
from .proxy import proxy_for
from .request import Progress, answer_from
from .sync_connection import SyncTransport
from .tls import Tls


class InterruptibleEvent:
    """An event that may be set by an interrupted thread, or by a signal handler."""

    def __init__(self) -> None:
        self._is_set = False
        self._waiting: list[threading.Lock] = []

    def set(self) -> None:
        """Wake who waits, and let nobody wait any more."""
        self._is_set = True
        for each in list(self._waiting):
            with suppress(RuntimeError):  # it was woken before
                each.release()

    def wait(self, seconds: float) -> bool:
        """Wait until it is set, this many seconds at most, and tell whether it is."""
        own = threading.Lock()
        own.acquire()
        try:
            self._waiting.append(own)
            return self._is_set or own.acquire(timeout=max(0.0, seconds))
        finally:
            with suppress(ValueError):
                self._waiting.remove(own)


class ThreadLimiter:
    """Lets as many threads in at a time as there are connections, so that the pool's own queue stays empty.

    Args:
        width: How many.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        # By thread, and not by number: who was interrupted on the way out has the same place again.
        self._inside: set[int] = set()
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._is_lifted = False

    @contextmanager
    def place(self, seconds: float) -> Generator[None, None, None]:
        """Wait for a place, and hold it meanwhile.

        Raises:
            httpx.PoolTimeout: There was none for this many seconds.
        """
        try:
            try:
                self._enter(seconds)
                yield
            finally:
                self._leave()
        finally:
            self._leave()  # again, since an interrupt may have broken off the first

    def lift(self) -> None:
        """Let everybody in from now on."""
        with self._lock:
            self._is_lifted = True
            self._changed.notify_all()

    def _enter(self, seconds: float) -> None:
        with self._lock:
            if not self._changed.wait_for(self._has_place, max(0.0, seconds)):
                raise httpx.PoolTimeout(NO_PLACE)
            self._inside.add(threading.get_ident())

    def _has_place(self) -> bool:
        return len(self._inside) < self._width or threading.get_ident() in self._inside or self._is_lifted

    def _leave(self) -> None:
        with self._lock:
            self._inside.discard(threading.get_ident())
            self._changed.notify()


class SyncPool:
    """The connections of a session.

    Args:
        settings: Where the service is.
        borrowed: The caller's own HTTP stack, which is never closed here.
        seconds_until: Tells how far away a deadline is.
    """

    def __init__(
        self, settings: Settings, borrowed: httpx.Client | None, seconds_until: Callable[[float], float]
    ) -> None:
        self._settings = settings
        self._borrowed = borrowed
        self._seconds_until = seconds_until
        self._lock = threading.RLock()
        self._idle: IdleConnections[SyncTransport] = IdleConnections()
        self._all: SafeWeakSet[SyncTransport] = SafeWeakSet()  # what an interrupt loses is not in it for long
        self._is_closed = False
        self._tls = Tls(settings)
        self.limiter = ThreadLimiter(max_connections(borrowed, settings))

    def answer(self, request: httpx.Request, progress: Progress, deadline: float, sent_at: float) -> Answer:
        """Send a request and return the answer to it.

        Raises:
            Exception: Anything that a transport may raise.
        """
        if self._borrowed is not None:
            progress.has_begun = True  # for all that is known
            send = partial(self._borrowed.send, stream=True, auth=None, follow_redirects=False)
            return self._answer(send, request, deadline, sent_at)
        transport: SyncTransport | None = None
        try:
            with self._lock:
                self._close_outdated()
                if transport := self._idle.last():
                    self._idle.remove(transport)
            if transport and not transport.is_usable:
                self._drop(transport)
                transport = None
            transport = transport or self._new()
            transport.network.set_deadline(deadline)
            transport.network.progress = progress
            answer = self._answer(transport.handle_request, request, deadline, sent_at)
            self._put_back(transport)
        except BaseException:
            # It may be in any state, above all after an interrupt.
            if transport is not None:
                self._drop(transport)
            raise
        return answer

    def _answer(
        self,
        send: Callable[[httpx.Request], httpx.Response],
        request: httpx.Request,
        deadline: float,
        sent_at: float,
    ) -> Answer:
        bounds: Bounds = request.extensions["bounds"]
        response: httpx.Response | None = None
        try:
            try:
                response = send(request)
                content = self._content(response, bounds.size, deadline)
                return answer_from(response, content, sent_at, bounds)
            finally:
                if response is not None:
                    response.close()
        finally:
            if response is not None:
                response.close()  # again, since an interrupt may have broken off the first

    def _content(self, response: httpx.Response, limit: int, deadline: float) -> bytes:
        if response.is_stream_consumed:
            return body_read_before(response, limit)
        body = Body(response, limit)
        for chunk in cast(httpx.SyncByteStream, response.stream):  # which of the two, httpx leaves open
            if self._seconds_until(deadline) <= 0:
                raise TimeoutError
            body.add(chunk)
            if body.has_trouble:
                break
        drop_surplus(response)
        return body.content()

    def _close_outdated(self) -> None:
        while outdated := self._idle.outdated():
            self._drop(outdated)

    def _new(self) -> SyncTransport:
        proxy = proxy_for(self._settings)
        transport = SyncTransport(self._settings.base, self._seconds_until, self._tls.context(), proxy)
        self._all.add(transport)
        if self._is_closed:
            raise RuntimeError("the client is closed")
        return transport

    def _put_back(self, transport: SyncTransport) -> None:
        with self._lock:
            self._idle.put(transport)
        if self._is_closed:  # looked at last, since a signal handler may close the client between two lines
            self.close()

    def _drop(self, transport: SyncTransport) -> None:
        transport.close()
        transport.network.abandon()  # what an interrupt has kept from the pool
        self._idle.remove(transport)
        self._all.discard(transport)

    def abandon(self) -> None:
        """Close the connections of the parent in a child, which they do not end."""
        for transport in self._all:
            transport.network.abandon()

    def close(self) -> None:
        """End the connections, wake who waits for one, and make no more."""
        self._is_closed = True
        self.limiter.lift()
        for transport in self._all:
            transport.network.shut()
        while idle := self._idle.last():
            self._drop(idle)
