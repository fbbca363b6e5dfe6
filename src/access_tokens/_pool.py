"""How connections are made, and how many there may be, for both colours."""

from __future__ import annotations

import os
import ssl
import time
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.request import getproxies, proxy_bypass

import httpx

from ._settings import Settings

if TYPE_CHECKING:
    import httpcore

WIDTH = 100
NO_PLACE = "no connection was free"
# One transport for each connection, so that no caller meets another in it. A pool of httpx can be wedged by a
# caller that is cancelled, closes connections that others use, and looks at all of them for each request.
ONE_CONNECTION = httpx.Limits(max_connections=1, max_keepalive_connections=1)
# In seconds, as httpx has it: longer, and most services have closed them.
_LONGEST_IDLE = 5.0
_UNLIMITED = 2**31

T = TypeVar("T")


class Idle(Generic[T]):
    """Transports that nobody uses. The one that was used last is taken first.

    They are looked at and removed in two steps: one that is removed before it has a name is lost, and stays
    open, when an interrupt comes in between.
    """

    def __init__(self) -> None:
        self._since: dict[T, float] = {}

    def last(self) -> T | None:
        """Return the one that was used last, if there is any."""
        return next(reversed(list(self._since)), None)

    def outdated(self) -> T | None:
        """Return one that has been here too long, if there is any."""
        for transport, since in list(self._since.items())[:1]:
            if time.monotonic() - since > _LONGEST_IDLE:
                return transport
        return None

    def put(self, transport: T) -> None:
        """Add one."""
        self._since[transport] = time.monotonic()

    def remove(self, transport: T) -> None:
        """Remove one, if another thread has not done so."""
        self._since.pop(transport, None)


class SetupError(ValueError):
    """The environment names something with which no connection can be made."""


class Tls:
    """How a client does TLS, found out with its first connection.

    No cached_property does it: the lock of one, which all instances share, may be held for ever in a child.

    Args:
        settings: Where the service is.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """Return how it is done.

        Raises:
            SetupError: The environment names certificates that cannot be used.
        """
        if self._context is None:
            self._context = _context_for(self._settings)
        return self._context


def _context_for(settings: Settings) -> ssl.SSLContext:
    if settings.base.startswith("http:"):
        return _no_tls()
    # What the environment names may change, and is read for each client.
    if not (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
        return _usual_tls()
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise SetupError(f"SSL_CERT_FILE or SSL_CERT_DIR cannot be used: {error}") from None


@cache
def _usual_tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


@cache
def _no_tls() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def origin_of(base: str) -> httpcore.Origin:
    """Return to which host a connection is made, as httpcore has it."""
    import httpcore

    url = httpx.URL(base)
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/").origin


def is_usable(connection: Any) -> bool:
    """Tell whether a connection can be used again. A pool, as there is for a proxy, sees to it itself."""
    is_pool = not hasattr(connection, "is_available")
    return is_pool or (connection.is_available() and not connection.has_expired())


def width_of(borrowed: Any, settings: Settings) -> int:
    """Return how many connections there may be to the service.

    The pool of an httpx client can wedge, or fail a call, when it has more callers than connections. It
    does not tell its size; where that cannot be found either, the pool is left to itself.
    """
    if borrowed is None:
        return WIDTH
    with suppress(AttributeError):
        transport = borrowed._transport_for_url(httpx.URL(settings.base))  # noqa: SLF001
        return int(transport._pool._max_connections)  # noqa: SLF001
    return _UNLIMITED


def proxy_for(settings: Settings) -> httpx.Proxy | None:
    """Return the proxy that the environment names for the service, `NO_PROXY` respected.

    There is none for plain http:// on loopback, unless `allow_http` is set: it would see the secrets.

    Raises:
        SetupError: It is none that could be used.
    """
    url = httpx.URL(settings.base)
    if proxy_bypass(url.host) or proxy_bypass(url.netloc.decode()):
        return None
    if url.scheme == "http" and not settings.allow_http:
        return None
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return _proxy(proxy if "://" in proxy else f"http://{proxy}") if proxy else None


def _proxy(url: str) -> httpx.Proxy:
    try:
        return httpx.Proxy(url)
    except (ValueError, httpx.InvalidURL):  # whose text may hold a password
        raise SetupError("the proxy that the environment names cannot be used") from None
