"""HTTP for threads: requests in, answers out, over connections of our own or of the caller's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

import httpx

from ._body import Body, drop_surplus
from ._gate import Gate
from ._living import Living
from ._pool import Idle, Tls, proxy_for, width_of
from ._settings import Settings
from ._steps import Answer
from ._wire import answer_from

if TYPE_CHECKING:
    from ._network import Transport


class SyncHttp:
    """The connections of a session.

    Args:
        settings: Where the service is.
        borrowed: The caller's own HTTP stack, which is never closed here.
        seconds_until: Tells how far away a deadline is.
    """

    def __init__(
        self, settings: Settings, borrowed: httpx.Client | None, seconds_until: Callable[[float], float]
    ) -> None:
        from ._network import Transport  # imports httpcore, which takes its time

        self._new_transport = Transport
        self._settings = settings
        self._borrowed = borrowed
        self._seconds_until = seconds_until
        self._lock = threading.RLock()
        self._idle: Idle[Transport] = Idle()
        self._all: Living[Transport] = Living()  # what an interrupt loses is not in it for long
        self._is_closed = False
        self._tls = Tls(settings)
        self.gate = Gate(width_of(borrowed, settings))

    def answer(self, request: httpx.Request, deadline: float, sent_at: float) -> Answer:
        """Send a request and return the answer to it.

        Raises:
            Exception: Anything that a transport may raise.
        """
        if self._borrowed is not None:
            send = partial(self._borrowed.send, stream=True, auth=None, follow_redirects=False)
            return self._answer(send, request, deadline, sent_at)
        transport: Transport | None = None
        try:
            with self._lock:
                self._close_outdated()
                if transport := self._idle.last():
                    self._idle.remove(transport)
            if transport and not transport.is_usable:
                self._drop(transport)
                transport = None
            transport = transport or self._new()
            transport.network.obey(deadline)
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
        response: httpx.Response | None = None
        try:
            try:
                response = send(request)
                return answer_from(response, self._content(response, deadline), sent_at)
            finally:
                if response is not None:
                    response.close()
        finally:
            if response is not None:
                response.close()  # again, since an interrupt may have broken off the first

    def _content(self, response: httpx.Response, deadline: float) -> bytes:
        if response.is_stream_consumed:  # by a hook of the caller's own client
            return response.content
        body = Body(response)
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

    def _new(self) -> Transport:
        proxy = proxy_for(self._settings)
        transport = self._new_transport(self._settings.base, self._seconds_until, self._tls.context(), proxy)
        self._all.add(transport)
        if self._is_closed:
            raise RuntimeError("the client is closed")
        return transport

    def _put_back(self, transport: Transport) -> None:
        with self._lock:
            self._idle.put(transport)
        if self._is_closed:  # looked at last, since a signal handler may close the client between two lines
            self.close()

    def _drop(self, transport: Transport) -> None:
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
        self.gate.open_wide()
        for transport in self._all:
            transport.network.shut()
        while idle := self._idle.last():
            self._drop(idle)
