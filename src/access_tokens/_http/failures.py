"""Classifies a failed request: did the service act, and may a repeat help (cases 1 to 5, 67)?"""

from __future__ import annotations

import re
import ssl
from collections.abc import Collection, Iterator

import httpx

from .._flow.steps import Failure
from .._secret import Secret, redact
from .._signals import LIBRARIES, is_from_handler, package_of, was_caught_by_library
from ..errors import EndpointError, InvalidResponseError, UnavailableError, excerpt, one_line
from ..retry import RETRYABLE_STATUSES
from .body import UnreadableBodyError
from .tls import SetupError
from .tls_errors import is_lasting, is_refusal

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NEVER_SENDABLE = (
    httpx.LocalProtocolError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    SetupError,
)
# httpcore's texts for a wrong password, and for the replies by which a proxy refuses (RFC 1928, section 6).
_REFUSED_BY_SOCKS = re.compile("password|Requested|not allowed|not supported")


def is_foreign(error: BaseException) -> bool:
    """Tell whether an exception was not raised by the transport, but by a signal handler or other code.

    Such an exception, a time limit for example, is passed on as it is.
    """
    is_librarys = isinstance(error, Exception) and package_of(type(error).__module__) in LIBRARIES
    return not is_librarys or is_from_handler(error)


def failure_of(
    error: Exception,
    host: str,
    *known: Secret,
    has_begun: bool = True,
    statuses: Collection[int] = RETRYABLE_STATUSES,
    request_id: str | None = None,
) -> Failure:
    """Classify an exception of the transport: could the service have acted, and may a repeat help?

    The cause in the result is a new exception without traceback, context and request, since those hold the
    bearer token.

    Args:
        error: The exception.
        host: The host, or the proxy, that the error message is to name.
        known: Secrets to hide in the message.
        has_begun: Whether any byte of the request may have been sent. True when unknown; then only the kind
            of exception decides.
        statuses: The status codes that are worth a repeat. From 500 on, they count for a proxy as well.
        request_id: The request ID in the headers of the response, if they have arrived.
    """
    if isinstance(error, UnreadableBodyError):
        return Failure(UnreadableBodyError(str(error)), True, InvalidResponseError, request_id)
    is_connections = isinstance(error, (httpx.TransportError, OSError)) or _is_of_socks(error)
    may_pass = is_connections and not _is_hopeless(error) and not _is_refused_by_proxy(error, statuses)
    return Failure(
        cause=_clean(error, host, known),
        acted=has_begun and not _was_never_read(error),
        kind=UnavailableError if may_pass else EndpointError,
        request_id=request_id,
    )


def _clean(error: Exception, host: str, known: tuple[Secret, ...]) -> Exception:
    # The text of a LocalProtocolError may contain the value of an illegal header, so it is dropped.
    text = (
        ""
        if isinstance(error, httpx.LocalProtocolError)
        else one_line(redact(excerpt(_text(error)), *known), 500)
    )
    kind = type(error) if isinstance(error, httpx.TransportError) else httpx.TransportError
    return kind(f"{host}: {text or type(error).__name__}")


def _text(error: Exception) -> str:
    chain = list(_chain(error))
    reasons = [str(one) for each in chain for one in _grouped(each)]
    return "; ".join(dict.fromkeys(reasons)) or next((str(each) for each in chain if _says_why(each)), "")


def _grouped(error: BaseException) -> tuple[BaseException, ...]:
    """Return the errors inside an exception group. Its own text says only that all addresses have failed."""
    return getattr(error, "exceptions", ())


def _says_why(error: BaseException) -> bool:
    # The cause of a timeout may be a cancellation, whose text is about the event loop, or an SSLWant...Error,
    # which only says that TLS was waiting. Neither is a reason.
    is_state = isinstance(error, (ssl.SSLWantReadError, ssl.SSLWantWriteError))
    return isinstance(error, Exception) and not is_state and bool(str(error))


def _was_never_read(error: Exception) -> bool:
    return isinstance(error, (*_NEVER_SENT, *_NEVER_SENDABLE)) or any(map(is_refusal, _chain(error)))


def _is_hopeless(error: Exception) -> bool:
    in_handshake = isinstance(error, _NEVER_SENT)
    return isinstance(error, _NEVER_SENDABLE) or any(is_lasting(each, in_handshake) for each in _chain(error))


def _is_of_socks(error: Exception) -> bool:
    return package_of(type(error).__module__) == "socksio"


def _is_refused_by_proxy(error: Exception, statuses: Collection[int]) -> bool:
    """Tell whether a proxy has refused to connect, and will refuse again."""
    if not isinstance(error, httpx.ProxyError):
        return False
    status = re.match(r"\d{3}\b", str(error))
    if status is None:
        return _REFUSED_BY_SOCKS.search(str(error)) is not None
    return int(status[0]) < 500 or int(status[0]) not in statuses


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        context = error.__context__  # may be an exception that the caller was handling, which is skipped
        context = context if context and was_caught_by_library(context) else None
        error = error.__cause__ or context
