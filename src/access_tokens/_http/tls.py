"""How TLS is done."""

from __future__ import annotations

import os
import ssl
from functools import cache
from importlib import import_module

import httpx

from .._settings import Settings

# What a first connection would import. An import that another thread has begun never ends in a forked child.
for _name in ("certifi", "encodings.idna"):
    import_module(_name)


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
