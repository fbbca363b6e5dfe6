"""Where a connection goes: straight to the service, or through the proxy of the environment."""

from __future__ import annotations

from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from .._settings import Settings
from .tls import SetupError


def origin_of(base: str) -> httpcore.Origin:
    """Return to which host a connection is made, as httpcore has it."""
    url = httpx.URL(base)
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/").origin


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
