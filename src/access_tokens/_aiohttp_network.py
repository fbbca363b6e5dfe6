"""Connections over aiohttp, for tasks on asyncio."""

from __future__ import annotations

import asyncio
import ssl
import weakref
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Any

import aiohttp
import httpx
from aiohttp.http import HttpProcessingError
from attrs import define
from httpx_aiohttp import AiohttpTransport as Transport
from yarl import URL

from ._aiohttp_peer import LONGEST_HEAD, MOST_HEADERS, Peer
from ._pool import SetupError

_LONG = 3600.0
_UNKNOWN = "access_tokens does not know this version of aiohttp"
# What aiohttp raises.
_FAILURES = (aiohttp.ClientError, aiohttp.EofStream, HttpProcessingError, OSError)


def over_aiohttp() -> type[AiohttpTransport]:
    """Return what makes connections in this event loop.

    Raises:
        RuntimeError: It is not one of asyncio.
    """
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    if task is None:
        raise RuntimeError("access_tokens.aiohttp is for asyncio; on trio use access_tokens itself")
    return AiohttpTransport


class AiohttpTransport(Transport):
    """A transport over one connection.

    It asks aiohttp in words of its own. Those of httpx-aiohttp change the URL, take a service that hung up
    for one that was never reached, and let through most of what aiohttp raises.

    Args:
        tls: How TLS is done.
        proxy: The proxy to go through.

    Raises:
        SetupError: aiohttp does not go through such a proxy.
    """

    is_usable = True  # what cannot be used again is replaced in here

    def __init__(self, _base: str, tls: ssl.SSLContext, proxy: httpx.Proxy | None) -> None:
        if proxy and proxy.url.scheme not in {"http", "https"}:
            raise SetupError(f"aiohttp does not go through a {proxy.url.scheme} proxy")
        super().__init__(verify=tls, proxy=proxy)
        tls.set_alpn_protocols(["http/1.1"])
        self._session: aiohttp.ClientSession | None = None
        self._connector: _Connector | None = None
        self._credentials = _credentials(proxy) if proxy else []

    def get_client(self) -> aiohttp.ClientSession:
        """Make what holds the connection."""
        self._connector = _Connector(self, self.ssl_context)
        session = aiohttp.ClientSession(
            connector=self._connector,
            request_class=_Request,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=LONGEST_HEAD,
            max_field_size=LONGEST_HEAD,
            max_headers=MOST_HEADERS,
        )
        _set(session, "_retry_connection", False)  # it would repeat some requests by itself
        return session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Same as `httpx.AsyncBaseTransport.handle_async_request`."""
        if self._session is None:
            self._session = self.client = self.get_client()
        try:
            answer = await self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                data=request.content or None,
                allow_redirects=False,
                timeout=_timeout(**request.extensions["timeout"]),
                **self._addressed(request),
            )
        except _FAILURES as error:
            raise _translated(error) from error
        content = _Content(answer)
        reason = (answer.reason or "").encode(errors="surrogateescape")
        return httpx.Response(
            answer.status,
            headers=answer.raw_headers,
            stream=content,
            extensions={"reason_phrase": reason, "network_stream": content},
        )

    async def aclose(self) -> None:
        """Close the connection. Its socket goes in the next round of the loop, come a cancellation or not."""
        if self._connector is not None:
            self._connector.abort()
            await asyncio.sleep(0)

    def _addressed(self, request: httpx.Request) -> dict[str, Any]:
        headers = [(name.decode(), value.decode()) for name, value in request.headers.raw]
        if self.proxy is None:
            return {"headers": headers}
        proxy = URL(str(self.proxy.url), encoded=True)
        if request.url.scheme == "https":
            return {"headers": headers, "proxy": proxy, "proxy_headers": self._credentials}
        return {"headers": headers + self._credentials, "proxy": proxy}


def _credentials(proxy: httpx.Proxy) -> list[tuple[str, str]]:
    if proxy.raw_auth is None:
        return []
    return [("Proxy-Authorization", f"Basic {b64encode(b':'.join(proxy.raw_auth)).decode()}")]


def _timeout(connect: float, read: float, **_: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(connect=connect, sock_connect=connect, sock_read=read)


@define
class _Content(httpx.AsyncByteStream):
    """The body of an answer; to close it before its end is to hang up."""

    _answer: aiohttp.ClientResponse

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await self._answer.content.readany()
        except _FAILURES as error:
            raise _translated(error) from error
        if chunk:
            return chunk
        raise StopAsyncIteration

    async def aclose(self) -> None:
        await self._answer.__aexit__(None, None, None)


class _Request(aiohttp.ClientRequest):
    # To none of them is a Content-Type added.
    POST_METHODS: set[str] = set()  # noqa: RUF012 - as aiohttp has it


class _Connector(aiohttp.TCPConnector):
    """Makes one connection, and knows what was never sent."""

    def __init__(self, user: AiohttpTransport, tls: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - an argument of it has no type
            ssl=tls,
            limit=1,
            keepalive_timeout=_LONG,  # it is for the pool above to say
            resolver=aiohttp.ThreadedResolver(loop),  # and never by aiodns, should that be installed
            use_dns_cache=False,  # with which a task of its own would do it
        )
        _set(self, "_factory", partial(Peer, loop))
        self._user = weakref.ref(user)

    @property
    def closed(self) -> bool:
        # When nobody is left to use it, the session does not complain that nobody has closed it.
        return self._closed or self._user() is None

    def abort(self) -> None:
        self._close()

    def __del__(self, _warnings: object = None) -> None:
        """Close the connection without a word, in its own loop; if that is over, asyncio sees to it."""
        with suppress(RuntimeError):
            if asyncio.get_running_loop() is self._loop:
                self._close()

    async def connect(self, *args: Any, **options: Any) -> aiohttp.connector.Connection:
        try:
            connection = await super().connect(*args, **options)
        except aiohttp.ClientHttpProxyError as error:
            raise httpx.ProxyError(f"{error.status} {error.message}") from error
        except TimeoutError as error:
            raise httpx.ConnectTimeout("") from error
        except _FAILURES as error:
            raise httpx.ConnectError(_reason(error)) from error
        if not isinstance(connection.protocol, Peer):
            connection.close()
            raise SetupError(_UNKNOWN)
        return connection


def _set(owner: object, name: str, value: object) -> None:
    """Set an attribute that is not public, and so may be gone in another version of aiohttp."""
    if not hasattr(owner, name):
        raise SetupError(_UNKNOWN)
    setattr(owner, name, value)


def _translated(error: Exception) -> httpx.TransportError:
    """Return what httpx would raise once a connection is there."""
    if isinstance(error, TimeoutError):
        return httpx.ReadTimeout(str(error))
    if isinstance(error, (aiohttp.ClientResponseError, HttpProcessingError, aiohttp.ServerDisconnectedError)):
        return httpx.RemoteProtocolError(_reason(error))
    return httpx.ReadError(_reason(error))


def _reason(error: Exception) -> str:
    """Return the text of an error, without anything of an answer or a request."""
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the connection was closed before an answer had come"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the connection was closed before the answer had ended"
    if isinstance(error, (aiohttp.ClientResponseError, HttpProcessingError)):
        return f"the answer is not HTTP: {error.message.partition(':')[0]}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return str(error.os_error)
    return str(error)
