"""What a service remembers of the requests that it received."""

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
    """A request as it arrived. Its `repr` shows neither header values nor the body.

    Attributes:
        method: The method, in capitals.
        path: The path as it was sent, percent-encoded.
        query: The parameters, a mapping by name; `str()` gives them as they were sent.
        headers: The headers, a mapping in which the case of names does not matter.
        body: The whole body.
    """

    method: str
    path: str
    query: QueryParams
    headers: Headers = attrs.field(converter=_discreet)
    body: bytes = attrs.field(repr=lambda body: f"<{len(body)} bytes>")


class Journal:
    """Requests in the order in which they arrived, safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[ReceivedRequest] = []

    def append(self, request: ReceivedRequest) -> None:
        """Remember a request."""
        with self._lock:
            self._requests.append(request)

    def read(self) -> list[ReceivedRequest]:
        """Answer all that is remembered."""
        with self._lock:
            return list(self._requests)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._requests.clear()
