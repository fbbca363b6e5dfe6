"""Sends requests of threads, each over a connection that no other request uses meanwhile (case 50)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

import httpx

from .._flow.bounds import Bounds
from .._flow.steps import Answer
from .._settings import Settings
from .body import Body, body_read_before
from .fork import SafeWeakSet
from .interrupts import finally_twice
from .limits import IdleConnections, max_connections
from .private_names import drop_surplus, proxy_of
from .proxy import check_let_through, go_through, proxy_for
from .request import Progress, answer_from
from .sync_connection import SyncTransport
from .sync_limiter import ThreadLimiter
from .tls import Tls


class SyncPool:
    """The connections of a session.

    Args:
        settings: The settings of the client.
        borrowed: The caller's own httpx client to send through, which is never closed here.
        seconds_until: Returns how many seconds are left until a deadline.
    """

    def __init__(
        self, settings: Settings, borrowed: httpx.Client | None, seconds_until: Callable[[float], float]
    ) -> None:
        self._settings = settings
        self._borrowed = borrowed
        self._seconds_until = seconds_until
        self._idle: IdleConnections[SyncTransport] = IdleConnections()
        self._all: SafeWeakSet[SyncTransport] = SafeWeakSet()  # weak, to forget those lost in an interrupt
        self._is_closed = self._is_abandoned = False
        self._tls = Tls(settings)
        self.limiter = ThreadLimiter(max_connections(borrowed, settings))

    def answer(self, request: httpx.Request, progress: Progress) -> Answer:
        """Send a request and return the answer.

        Raises:
            Exception: Any exception that a transport may raise.
        """
        if self._borrowed is not None:
            return self._answer_by(self._borrowed, request, progress)
        transport: SyncTransport | None = None
        try:
            self._close_outdated()
            while (idle := self._idle.last()) and not self._idle.remove(idle):
                pass  # another thread has taken this one; look for the next
            transport = idle
            if transport and not transport.is_usable:
                self._drop(transport)
                transport = None
            transport = transport or self._new()
            transport.network.progress = progress
            go_through(transport.proxy, self._settings.base, progress)
            answer = self._answer(transport.handle_request, request, progress)
            if transport.has_surplus:  # else the surplus would be taken for the next response
                self._drop(transport)
            else:
                self._put_back(transport)
        except BaseException:
            # The connection may be in any state, above all after an interrupt.
            if transport is not None:
                self._drop(transport)
            raise
        return answer

    def _answer_by(self, borrowed: httpx.Client, request: httpx.Request, progress: Progress) -> Answer:
        progress.has_begun = True  # unknown for the caller's client, so assume the worst
        progress.proxy = proxy_of(borrowed, request.url)
        send = partial(borrowed.send, stream=True, auth=None, follow_redirects=False)
        return self._answer(send, request, progress)

    def _answer(
        self, send: Callable[[httpx.Request], httpx.Response], request: httpx.Request, progress: Progress
    ) -> Answer:
        opened: list[httpx.Response] = []

        def close() -> None:
            for each in opened:
                each.close()

        def answer() -> Answer:
            opened.append(response := send(request))
            progress.headers = response.headers
            bounds: Bounds = request.extensions["bounds"]
            content = self._content(response, bounds.size, progress.deadline)
            return answer_from(response, content, progress, request.extensions)

        answered = finally_twice(answer, close)
        check_let_through(answered, self._settings.base, progress)
        return answered

    def _content(self, response: httpx.Response, limit: int, deadline: float) -> bytes:
        if response.is_stream_consumed:
            return body_read_before(response, limit)
        body = Body(response, limit)
        for chunk in cast(httpx.SyncByteStream, response.stream):  # typed by httpx as sync or async
            if self._seconds_until(deadline) <= 0:
                raise TimeoutError
            body.add(chunk)
            if body.has_trouble:
                break
        if self._borrowed is not None:
            drop_surplus(self._borrowed, response)
        return body.content()

    def _close_outdated(self) -> None:
        while outdated := self._idle.outdated():
            if self._idle.remove(outdated):
                self._drop(outdated)

    def _new(self) -> SyncTransport:
        proxy = proxy_for(self._settings)
        transport = SyncTransport(self._settings.base, self._seconds_until, self._tls.context(), proxy)
        self._all.add(transport)
        if self._is_closed:
            raise RuntimeError("the client is closed")
        return transport

    def _put_back(self, transport: SyncTransport) -> None:
        self._idle.put(transport)
        if self._is_abandoned:
            self._drop(transport)
        if self._is_closed:  # checked last, since a signal handler may close the client between two lines
            self.close()

    def _drop(self, transport: SyncTransport) -> None:
        transport.close()
        transport.network.abandon()  # also closes a socket that httpcore lost in an interrupt
        self._idle.remove(transport)
        self._all.discard(transport)

    def abandon(self) -> None:
        """Close the inherited connections in a forked child, without ending them for the parent.

        The only thread of the child may be waiting for a place, and no other thread exists to free one.
        """
        self._is_abandoned = True
        self.limiter.lift()
        for transport in self._all:
            transport.network.abandon()

    def close(self) -> None:
        """End the connections, wake the threads that wait for one, and allow no new ones."""
        self._is_closed = True
        self.limiter.lift()
        for transport in self._all:
            transport.network.shut()
        while idle := self._idle.last():
            self._drop(idle)
