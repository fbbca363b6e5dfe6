"""Builds the httpx request from the generated code's arguments, and an `Answer` from the httpx response."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import httpx
from attrs import Factory, define

from .._flow.bounds import ANY
from .._flow.retry_after import date_of, parse_retry_after
from .._flow.steps import Answer
from .._secret import Secret
from .._settings import Settings
from .._version import __version__
from .borrowed import Borrowed, params_of, timeout_of, with_headers_of

# Methods that change nothing at the service (RFC 9110, section 9.2.1).
SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
_USER_AGENT = f"access-tokens-client/{__version__}"


@define(eq=False, repr=False)
class Progress:
    """How far sending a request has come; tells after an error what may have happened.

    Attributes:
        method: The method of the request. The first bytes of the request begin with it, unlike those of a
            CONNECT, which may be sent to a proxy before.
        sent_at: When the request is sent, by the session's clock.
        deadline: When the call must be over, by the same clock.
        has_begun: Whether any byte of the request may have been sent.
        proxy: Host and port of the proxy, if there is one.
        handshakes: The number of TLS handshakes that have not begun: with an https:// proxy, and with the
            service, which begins once the tunnel through the proxy is open.
        headers: The headers of the response, once they have arrived.
        is_tunnelled: Whether the proxy opens a tunnel, so that only the service can send a response.
        known: The secrets of the proxy, to be hidden in messages.
    """

    method: str
    sent_at: float
    deadline: float
    has_begun: bool = False
    proxy: str | None = None
    handshakes: int = 0
    headers: Mapping[str, str] = Factory(dict[str, str])
    is_tunnelled: bool = False
    known: tuple[Secret, ...] = ()

    def note(self, written: bytes) -> None:
        """Note bytes that are about to be written to the connection."""
        self.has_begun = self.has_begun or written.startswith(self.method.upper().encode())

    def note_handshake(self) -> None:
        """Note that a TLS handshake is about to begin."""
        self.handshakes -= 1

    def whose(self, error: Exception, host: str) -> str:
        """Say where an error comes from: the proxy, the host behind it, or either of them if unclear."""
        if self.proxy is None:
            return host
        is_through = self.has_begun or self.handshakes == 0
        if isinstance(error, httpx.ProxyError) or not is_through:
            return f"the proxy {self.proxy}"
        return host if self.is_tunnelled else f"{host} through the proxy {self.proxy}"


def build_request(
    settings: Settings,
    kwargs: Mapping[str, Any],
    bearer: Secret,
    seconds_left: float,
    borrowed: Borrowed | None = None,
) -> httpx.Request:
    """Build the httpx request.

    The bounds of the response, and the secrets to hide in messages, are added as extensions of the request.

    Args:
        settings: The settings of the client.
        kwargs: The arguments for httpx as the generated code returns them, and `bounds` and `known`.
        bearer: The bearer token.
        seconds_left: The time until the deadline of the call; no timeout is longer.
        borrowed: The caller's own httpx client, whose headers, parameters and timeout are taken over.
    """
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        **kwargs.get("headers", {}),
        "Authorization": f"Bearer {bearer.reveal()}",
    }
    params = params_of(borrowed) | kwargs.get("params", {})
    request = httpx.Request(
        kwargs["method"],
        _url(settings.url(kwargs["url"]), tuple(params.items())),
        content=kwargs.get("content"),
        data=kwargs.get("data"),
        json=kwargs.get("json"),
        headers=with_headers_of(borrowed, {"User-Agent": _USER_AGENT}, headers),
        extensions={
            "timeout": _clipped(timeout_of(borrowed, settings), seconds_left),
            "bounds": kwargs.get("bounds", ANY),
            "known": (bearer, *settings.pat.known, *kwargs.get("known", ())),
        },
    )
    request.stream = _Content(request.content)
    return request


@lru_cache(maxsize=64)
def _url(url: str, params: tuple[tuple[str, Any], ...]) -> httpx.URL:
    # Cached, since httpx parses a URL twice, and most calls use one of a few URLs.
    return httpx.URL(url, params=dict(params)) if params else httpx.URL(url)


@define(eq=False, repr=False)
class _Content(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of a request. httpx's own is an async generator; trio warns when one is left unfinished."""

    _body: bytes

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._body,))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Awaited(iter(self))


@define(eq=False, repr=False)
class _Awaited(AsyncIterator[bytes]):
    _parts: Iterator[bytes]

    async def __anext__(self) -> bytes:
        for part in self._parts:
            return part
        raise StopAsyncIteration


def _clipped(timeout: httpx.Timeout, seconds_left: float) -> dict[str, float]:
    parts = timeout.as_dict()
    return {name: seconds_left if part is None else min(part, seconds_left) for name, part in parts.items()}


def answer_from(
    response: httpx.Response, content: bytes, progress: Progress, extensions: Mapping[str, Any]
) -> Answer:
    """Return the `Answer` for an httpx response to a request with this progress and these extensions."""
    return Answer(
        status_code=response.status_code,
        headers=response.headers,
        content=content,
        reason=response.reason_phrase,
        sent_at=progress.sent_at,
        retry_after=_retry_after_of(response),
        known=(*extensions.get("known", ()), *progress.known),
        bounds=extensions.get("bounds", ANY),
    )


def _retry_after_of(response: httpx.Response) -> float | None:
    if response.status_code not in {429, 503}:
        return None
    return parse_retry_after(response.headers.get("retry-after", ""), _now_at(response))


def _now_at(response: httpx.Response) -> datetime:
    """Return the time by the service's clock, since the clock of this machine may be minutes off."""
    dates = map(date_of, response.headers.get_list("date"))  # a gateway may add a second Date header
    return next(filter(None, dates), None) or datetime.now(UTC)
