"""Makes the TLS context for connections to the service (cases 56, 67)."""

from __future__ import annotations

import errno
import os
import ssl
from functools import cache
from importlib import import_module
from pathlib import Path

import httpx

from .._fork_lock import no_fork
from .._settings import Settings

# Imported here instead of by the first connection: in a forked child, an import that another thread of the
# parent had begun never ends.
for _name in ("certifi", "encodings.idna"):
    import_module(_name)


# Errors that may pass: the machine is out of file descriptors or memory.
_PASSING = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}


class SetupError(ValueError):
    """No connection can be made with this environment: its variables or its installed packages."""


class Tls:
    """The TLS context of a client, made with its first connection.

    Not a `cached_property`: before Python 3.12 its lock, which all instances share, could stay held for ever
    in a forked child.

    Args:
        settings: The settings of the client.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext | None:
        """Return the TLS context, or None for a service without TLS.

        Raises:
            SetupError: The environment names a file or directory that cannot be used.
            OSError: The machine is out of file descriptors or memory, which may pass.
        """
        if self._context is None and self._settings.base.startswith("https:"):
            with no_fork:
                self._context = self._settings.ssl_context or _context_from_environment()
        return self._context


def _context_from_environment() -> ssl.SSLContext:
    # The named files may change, so they are read for each client, unlike the default certificates.
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
    if directories and not os.environ.get("SSL_CERT_FILE"):  # SSL_CERT_FILE takes precedence
        _check(directories.split(os.pathsep))
    return httpx.create_ssl_context()


def _check(directories: list[str]) -> None:
    # OpenSSL reads a directory only in a handshake; if it is missing, the error is just "unknown authority".
    if not any(Path(each).is_dir() and os.access(each, os.X_OK) for each in directories):
        raise NotADirectoryError("it names no directory that can be searched")


def _at_fault() -> str:
    """Return the name of the environment variable whose value cannot be used."""
    try:
        if path := os.environ.get("SSLKEYLOGFILE"):
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = path
    except OSError:
        return "SSLKEYLOGFILE"
    return "SSL_CERT_FILE" if os.environ.get("SSL_CERT_FILE") else "SSL_CERT_DIR"


@cache
def _usual_tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()
