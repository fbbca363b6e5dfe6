"""HTTP for threads: requests in, answers out, over connections of our own or of the caller's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import httpx

from ._gate import Gate
from ._pool import proxy_for, tls, width_of
from ._settings import Settings
from ._steps import Answer
from ._wire import Body, answer_from

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
        self._transport: Transport | None = None
        self._is_closed = False
        self.gate = Gate(width_of(borrowed, settings))

    def answer(self, request: httpx.Request, deadline: float, sent_at: float) -> Answer:
        """Send a request and return the answer to it.

        Raises:
            Exception: Anything that a transport may raise.
        """
        try:
            return self._answer(request, deadline, sent_at)
        except Exception:
            raise
        except BaseException:
            self._drop()
            raise

    def _answer(self, request: httpx.Request, deadline: float, sent_at: float) -> Answer:
        response: httpx.Response | None = None
        try:
            response = self._respond(request, deadline)
            return answer_from(response, self._content(response, deadline), sent_at)
        finally:
            if response is not None:
                response.close()

    def _respond(self, request: httpx.Request, deadline: float) -> httpx.Response:
        if self._borrowed is not None:
            return self._borrowed.send(request, stream=True, auth=None, follow_redirects=False)
        transport = self._open()
        transport.network.obey(deadline)
        return transport.handle_request(request)

    def _content(self, response: httpx.Response, deadline: float) -> bytes:
        if response.is_stream_consumed:  # by a hook of the caller's own client
            return response.content
        body = Body(response)
        for chunk in cast(httpx.SyncByteStream, response.stream):  # which of the two, httpx leaves open
            if self._seconds_until(deadline) <= 0:
                raise TimeoutError
            body.add(chunk)
        return body.content()

    def _open(self) -> Transport:
        with self._lock:
            if self._is_closed:
                raise RuntimeError("the client is closed")
            if self._transport is None:
                self._transport = self._new_transport(self._seconds_until, tls(), proxy_for(self._settings))
            return self._transport

    def _drop(self) -> None:
        """Begin anew after an interrupt, which may have left the pool in any state."""
        with self._lock:
            if not self.gate.is_alone():  # others still need it
                return
            transport, self._transport = self._transport, None
        if transport:
            transport.close()

    def close(self) -> None:
        """Close the connections, wake who waits for one, and make no more."""
        with self._lock:
            self._is_closed = True
            transport, self._transport = self._transport, None
        self.gate.open_wide()
        if transport:
            transport.close()
