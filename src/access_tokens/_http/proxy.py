"""Connects to the service directly, or through the proxy that the environment names (cases 55, 89)."""

from __future__ import annotations

import ssl
from base64 import b64encode
from importlib.util import find_spec
from typing import Any, NamedTuple
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from .._flow.steps import Answer
from .._secret import Secret
from .._settings import Settings
from .no_proxy import is_excepted
from .request import Progress
from .tls import SetupError


class Kinds(NamedTuple):
    """The httpcore classes for connections: sync or async ones."""

    direct: Any
    http_proxy: Any
    socks_proxy: Any


_PORTS = {"http": 80, "https": 443}
_UNUSABLE = "the proxy that the environment names cannot be used"


def connection_over(
    kinds: Kinds, network: Any, base: str, tls: ssl.SSLContext | None, proxy: httpx.Proxy | None
) -> Any:
    """Return an httpcore connection to the service, not connected yet.

    Args:
        kinds: The classes to use, sync or async.
        network: The network backend.
        base: The URL of the service.
        tls: The TLS context for the service.
        proxy: The proxy to go through, if any.

    Raises:
        SetupError: The package that a SOCKS proxy needs is not installed.
    """
    if proxy is None:
        url = httpx.URL(base)
        host = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/")
        return kinds.direct(host.origin, tls, network_backend=network)
    url = proxy.url
    options = {
        "proxy_url": httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        ),
        "proxy_auth": proxy.raw_auth,
        "ssl_context": tls,
        "max_connections": 1,
        "network_backend": network,
    }
    if url.scheme in {"http", "https"}:
        headers = proxy.headers.raw
        return kinds.http_proxy(proxy_headers=headers, proxy_ssl_context=proxy.ssl_context, **options)
    if find_spec("socksio") is None:
        raise SetupError("a SOCKS proxy needs a package: pip install httpx[socks]")
    return kinds.socks_proxy(**options)


def proxy_for(settings: Settings) -> httpx.Proxy | None:
    """Return the proxy that the environment names for the service, if any, with respect to `NO_PROXY`.

    For plain http:// to a loopback address no proxy is used, since it would see the secrets. With
    `allow_http`, it is used.

    Raises:
        SetupError: The environment names a proxy that cannot be used.
    """
    url = httpx.URL(settings.base)
    if url.scheme == "http" and not settings.allow_http:
        return None
    proxies = getproxies()
    # proxy_bypass also reads the system settings of macOS and Windows.
    if is_excepted(url, proxies.get("no", "")) or proxy_bypass(url.host):
        return None
    proxy = (proxies.get(url.scheme, "").strip() or proxies.get("all", "")).strip()
    return _proxy(proxy if "://" in proxy else f"http://{proxy}", settings.ssl_context) if proxy else None


def go_through(proxy: httpx.Proxy | None, base: str, progress: Progress) -> None:
    """Note in the progress of a request which proxy the request goes through, and how."""
    if proxy:
        progress.proxy = _with_port(proxy.url)
        progress.known = _secrets_of(proxy)
        progress.handshakes = 2 if proxy.url.scheme == "https" else 1
        progress.is_tunnelled = base.startswith("https:") or not proxy.url.scheme.startswith("http")


def check_let_through(answer: Answer, base: str, progress: Progress) -> None:
    """Check that a proxy which forwards the request, instead of making a tunnel, has not refused it.

    Raises:
        httpx.ProxyError: The status is 407, which only a proxy sends (RFC 9110, section 15.5.8).
    """
    is_given_it = progress.proxy and base.startswith("http:") and not progress.is_tunnelled
    if is_given_it and answer.status_code == 407:
        raise httpx.ProxyError(f"407 {answer.reason}")


def _secrets_of(proxy: httpx.Proxy) -> tuple[Secret, ...]:
    """Return the secrets for a proxy: its password, and the encoded credentials as sent (RFC 7617).

    Without a password the user name counts as secret, since some proxies expect a token there.
    """
    if proxy.raw_auth is None:
        return ()
    user, password = proxy.raw_auth
    return Secret((password or user).decode()), Secret(b64encode(user + b":" + password).decode())


def _with_port(url: httpx.URL) -> str:
    port = url.port or _PORTS.get(url.scheme, 1080)
    return f"{url.netloc.decode().removesuffix(f':{port}')}:{port}"


def _proxy(url: str, tls: ssl.SSLContext | None) -> httpx.Proxy:
    try:
        proxy = httpx.Proxy(url, ssl_context=tls if url.lower().startswith("https:") else None)
    except (ValueError, httpx.InvalidURL):  # its text may contain the password
        raise SetupError(_UNUSABLE) from None
    if proxy.url.port is not None and not 0 < proxy.url.port < 2**16:
        raise SetupError(_UNUSABLE)
    return proxy
