"""What the owner of an HTTP client has set on it, which goes with our requests as with the owner's own.

It is looked at for each request, since it may change. What httpx has set itself does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Protocol

import httpx

from .._settings import USUAL_TIMEOUT, Settings

# What our requests say themselves, and what is about the connection or the body of a message.
_OURS = {
    *("accept", "accept-encoding", "authorization", "connection", "cookie", "expect", "host", "keep-alive"),
    *("proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
}
_OF_THE_BODY = "content-"


class Borrowed(Protocol):
    """What the clients of httpx have in common."""

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
    """Return headers of ours, and those that the owner of a client has set.

    Args:
        client: The client, if there is one.
        before: Those that the owner's replace.
        after: Those that replace the owner's.
    """
    if client is None:
        return {**before, **after}
    theirs = httpx.Headers(client.headers)  # afresh, since one keeps the encoding of what was in it at first
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
    """Return the query parameters that the owner of a client has set."""
    return {} if client is None else {name: tuple(client.params.get_list(name)) for name in client.params}


def timeout_of(client: Borrowed | None, settings: Settings) -> httpx.Timeout:
    """Return the timeout that holds: that of our constructor, or of the client, or our usual one."""
    theirs = None if client is None or client.timeout == _usual().timeout else client.timeout
    return settings.timeout or theirs or USUAL_TIMEOUT


@cache
def _usual() -> httpx.Client:
    """Return a client on which nothing is set. It never sends."""
    return httpx.Client(transport=httpx.BaseTransport(), trust_env=False)
