"""Takes over headers, query parameters and timeout of the caller's own httpx client (case 88).

They are read for each request, since the caller may change them. The defaults of httpx are not taken over.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Protocol

import httpx

from .._settings import USUAL_TIMEOUT, Settings

# Not taken over: headers that our requests set themselves, and those about the connection or the body.
_OURS = {
    *("accept", "accept-encoding", "authorization", "connection", "cookie", "expect", "host", "keep-alive"),
    *("proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
}
_OF_THE_BODY = "content-"


class Borrowed(Protocol):
    """The attributes of `httpx.Client` and `httpx.AsyncClient` that are used here."""

    @property
    def is_closed(self) -> bool: ...
    @property
    def headers(self) -> httpx.Headers: ...
    @property
    def params(self) -> httpx.QueryParams: ...
    @property
    def timeout(self) -> httpx.Timeout: ...


def with_headers_of(
    client: Borrowed | None, before: Mapping[str, str], after: Mapping[str, str]
) -> Mapping[str, str]:
    """Merge our headers with those that the caller has set on an httpx client.

    Args:
        client: The caller's client, if there is one.
        before: Our defaults, which the caller's headers replace.
        after: Our headers that replace the caller's.
    """
    if client is None:
        return {**before, **after}
    theirs = httpx.Headers(client.headers)  # a copy, since Headers caches the encoding of its first content
    merged = httpx.Headers([(name, value) for name, value in theirs.raw if _is_owners(theirs, name)])
    for name, value in before.items():
        merged.setdefault(name, value)
    merged.update(after)
    return merged


def _is_owners(headers: httpx.Headers, raw_name: bytes) -> bool:
    name = raw_name.decode("latin-1").lower()
    is_ours = name in _OURS or name.startswith(_OF_THE_BODY)
    return not is_ours and headers.get_list(name) != _usual().headers.get_list(name)


def params_of(client: Borrowed | None) -> dict[str, tuple[str, ...]]:
    """Return the query parameters that the caller has set on an httpx client."""
    return {} if client is None else {name: tuple(client.params.get_list(name)) for name in client.params}


def timeout_of(client: Borrowed | None, settings: Settings) -> httpx.Timeout:
    """Return the timeout to use: from our constructor, else from the caller's client, else our default."""
    theirs = None if client is None or client.timeout == _usual().timeout else client.timeout
    return settings.timeout or theirs or USUAL_TIMEOUT


@cache
def _usual() -> httpx.Client:
    """Return an httpx client with all defaults, to compare with. It never sends a request."""
    return httpx.Client(transport=httpx.BaseTransport(), trust_env=False)
