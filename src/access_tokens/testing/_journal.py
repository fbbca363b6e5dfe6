"""Records the requests that a service has received."""

import threading

import attrs
from starlette.datastructures import Headers, QueryParams


class _DiscreetHeaders(Headers):
    def __repr__(self) -> str:
        return f"<headers {', '.join(self.keys())}>"


def _discreet(headers: Headers) -> Headers:
    return _DiscreetHeaders(raw=headers.raw)


@attrs.frozen
class ReceivedRequest:
    """A request as it was received. Its `repr` shows neither header values nor the body.

    Attributes:
        method: The method, in capitals.
        path: The path as it was sent, percent-encoded.
        query: The query parameters as a mapping; `str()` returns the query as it was sent.
        headers: The headers as a mapping with case-insensitive names.
        body: The whole body.
    """

    method: str
    path: str
    query: QueryParams
    headers: Headers = attrs.field(converter=_discreet)
    body: bytes = attrs.field(repr=lambda body: f"<{len(body)} bytes>")


class Journal:
    """Keeps requests in the order of their arrival. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[ReceivedRequest] = []

    def append(self, request: ReceivedRequest) -> None:
        """Add a request."""
        with self._lock:
            self._requests.append(request)

    def read(self) -> list[ReceivedRequest]:
        """Return all requests."""
        with self._lock:
            return list(self._requests)

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._requests.clear()
