"""HTTP as httpx does it: requests as the generated core describes them, answers bounded, failures sorted."""

from __future__ import annotations

import re
import ssl
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import httpx
from attrs import define

from ._body import UnreadableBodyError
from ._pool import SetupError
from ._secret import Secret, redact
from ._settings import Settings
from ._steps import Answer, Failure
from ._version import __version__
from .errors import EndpointError, InvalidResponseError, UnavailableError, one_line

_USER_AGENT = f"access-tokens-client/{__version__}"

# Whose exceptions may tell of a connection.
_FAMILIES = {*sys.stdlib_module_names, "httpx", "httpcore", "h11", "anyio", "trio", "access_tokens"}
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NEVER_SENDABLE = (
    httpx.LocalProtocolError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    SetupError,
    ImportError,  # of a package that a SOCKS proxy needs
)


def build_request(
    settings: Settings, kwargs: Mapping[str, Any], bearer: Secret, seconds_left: float
) -> httpx.Request:
    """Build a request as the generated core describes it."""
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "User-Agent": _USER_AGENT,
        **kwargs.get("headers", {}),
        "Authorization": f"Bearer {bearer.reveal()}",
    }
    request = httpx.Request(
        kwargs["method"],
        _url(settings.url(kwargs["url"]), tuple(kwargs.get("params", {}).items())),
        json=kwargs.get("json"),
        headers=headers,
        extensions={"timeout": _clipped(settings.timeout, seconds_left)},
    )
    request.stream = _Content(request.content)
    return request


@lru_cache(maxsize=64)
def _url(url: str, params: tuple[tuple[str, Any], ...]) -> httpx.URL:
    # Kept, since httpx parses it twice, and most calls are for one of a few.
    return httpx.URL(url, params=dict(params)) if params else httpx.URL(url)


@define
class _Content(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of a request. httpx's own is an async generator, of which trio warns when it is left early."""

    _body: bytes

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._body,))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Awaited(iter(self))


@define
class _Awaited(AsyncIterator[bytes]):
    _parts: Iterator[bytes]

    async def __anext__(self) -> bytes:
        for part in self._parts:
            return part
        raise StopAsyncIteration


def _clipped(timeout: httpx.Timeout, seconds_left: float) -> dict[str, float]:
    parts = timeout.as_dict()
    return {name: seconds_left if part is None else min(part, seconds_left) for name, part in parts.items()}


def answer_from(response: httpx.Response, content: bytes, sent_at: float) -> Answer:
    """Return what is needed of a response."""
    return Answer(
        status_code=response.status_code,
        headers=response.headers,
        content=content,
        reason=response.reason_phrase,
        sent_at=sent_at,
        retry_after=_retry_after_of(response),
    )


def _retry_after_of(response: httpx.Response) -> float | None:
    if response.status_code not in {429, 503}:
        return None
    return parse_retry_after(response.headers.get("retry-after", ""), datetime.now(UTC))


def parse_retry_after(value: str, now: datetime) -> float | None:
    """Parse a `Retry-After` header (RFC 9110, section 10.2.3).

    Returns:
        Seconds from now, 0 or more and perhaps infinite; None for a value that is neither a number of
        seconds nor an HTTP date.
    """
    if re.fullmatch("[0-9]+", value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def is_foreign(error: BaseException) -> bool:
    """Tell whether an exception is none that a transport raises, such as a task queue's time limit."""
    family = type(error).__module__.partition(".")[0]
    return family not in _FAMILIES or not isinstance(error, Exception)


def failure_of(error: Exception, host: str, *known: Secret) -> Failure:
    """Sort an exception of the transport by whether the service could have acted, and a repeat may help.

    The cause of the result has no traceback, no context and no request: those hold the bearer token.
    """
    if isinstance(error, UnreadableBodyError):
        return Failure(UnreadableBodyError(str(error)), acted=True, kind=InvalidResponseError)
    may_pass = isinstance(error, (httpx.TransportError, OSError)) and not _is_hopeless(error)
    return Failure(
        cause=_clean(error, host, known),
        acted=not isinstance(error, (*_NEVER_SENT, *_NEVER_SENDABLE)),
        kind=UnavailableError if may_pass else EndpointError,
    )


def _clean(error: Exception, host: str, known: tuple[Secret, ...]) -> Exception:
    # httpx and h11 put the value of an illegal header into the text.
    text = "" if isinstance(error, httpx.LocalProtocolError) else one_line(redact(_text(error), *known), 500)
    kind = type(error) if isinstance(error, httpx.TransportError) else httpx.TransportError
    return kind(f"{host}: {text or type(error).__name__}")


def _text(error: Exception) -> str:
    # Below a timeout is the cancellation by which it was done, which tells of the event loop alone.
    return next((str(each) for each in _chain(error) if isinstance(each, Exception) and str(each)), "")


def _is_hopeless(error: Exception) -> bool:
    return isinstance(error, _NEVER_SENDABLE) or any(
        isinstance(each, ssl.SSLCertVerificationError) for each in _chain(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
