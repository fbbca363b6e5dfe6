"""Why there is no answer: could the service have acted, and may a repeat help?"""

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
    ImportError,  # of a package that a SOCKS proxy needs
)
# The words of httpcore for a wrong password, and for what the proxy does not do (RFC 1928, section 6).
_REFUSED_BY_SOCKS = re.compile("password|Requested|not allowed|not supported")


def is_foreign(error: BaseException) -> bool:
    """Tell whether an exception is none that a transport raises, such as a time limit."""
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
    """Sort an exception of the transport by whether the service could have acted, and a repeat may help.

    Args:
        error: The exception.
        host: Where the request was to go.
        known: Secrets to hide.
        has_begun: Whether any of its bytes may have left. Where that is not known, the exception must tell.
        statuses: Those that are worth a repeat; of a proxy too, from 500 on.
        request_id: The id that the answer has for it, if one has begun.

    The cause of the result has no traceback, no context and no request: those hold the bearer token.
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
    # httpx and h11 put the value of an illegal header into the text.
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
    """Return the failures of several addresses, above which it is said only that all have failed."""
    return getattr(error, "exceptions", ())


def _says_why(error: BaseException) -> bool:
    # Below a timeout is the cancellation by which it was done, which tells of the event loop alone; and TLS
    # that wants to read is no reason.
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
    """Tell whether a proxy will not connect next time either."""
    if not isinstance(error, httpx.ProxyError):
        return False
    status = re.match(r"\d{3}\b", str(error))
    if status is None:
        return _REFUSED_BY_SOCKS.search(str(error)) is not None
    return int(status[0]) < 500 or int(status[0]) not in statuses


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        context = error.__context__  # also what the caller was handling when the call was made
        context = context if context and was_caught_by_library(context) else None
        error = error.__cause__ or context
