"""How TLS is done."""

from __future__ import annotations

import errno
import os
import ssl
from functools import cache
from importlib import import_module
from pathlib import Path

import httpx

from .._settings import Settings

# What a first connection would import. An import that another thread has begun never ends in a forked child.
for _name in ("certifi", "encodings.idna"):
    import_module(_name)


# What a machine runs out of, and has again.
_PASSING = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}


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
            SetupError: The environment names a file or directory that cannot be used.
            OSError: There is no free descriptor, which may pass.
        """
        if self._context is None:
            self._context = self._settings.ssl_context or _context_for(self._settings)
        return self._context


def _context_for(settings: Settings) -> ssl.SSLContext:
    if settings.base.startswith("http:"):
        return _no_tls()
    # What the environment names may change, and is read for each client.
    if not any(os.environ.get(each) for each in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")):
        return _usual_tls()
    try:
        return _named_tls()
    except OSError as error:
        if error.errno in _PASSING and not isinstance(error, ssl.SSLError):
            raise
        raise SetupError(f"{_at_fault()} cannot be used: {error}") from None


def _named_tls() -> ssl.SSLContext:
    directories = os.environ.get("SSL_CERT_DIR")
    if directories and not os.environ.get("SSL_CERT_FILE"):  # which goes first
        _check(directories.split(os.pathsep))
    return httpx.create_ssl_context()


def _check(directories: list[str]) -> None:
    # OpenSSL looks there in each handshake, and would merely find no authority.
    if not any(Path(each).is_dir() and os.access(each, os.X_OK) for each in directories):
        raise NotADirectoryError("it names no directory that can be searched")


def _at_fault() -> str:
    """Return the name of the variable with whose value nothing can be done."""
    try:
        if path := os.environ.get("SSLKEYLOGFILE"):
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = path
    except OSError:
        return "SSLKEYLOGFILE"
    return "SSL_CERT_FILE" if os.environ.get("SSL_CERT_FILE") else "SSL_CERT_DIR"


@cache
def _usual_tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


@cache
def _no_tls() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
