"""Failures of the transport, sorted by what the service may have done and whether a repeat may help."""

import ssl

import httpx
import pytest

from access_tokens import EndpointError, InvalidResponseError, UnavailableError
from access_tokens._http import failures as wire
from access_tokens._http.body import UnreadableBodyError
from access_tokens._http.tls import SetupError
from access_tokens._secret import Secret

JWT = Secret("the-jwt")
REQUEST = httpx.Request("GET", "https://h/", headers={"Authorization": "Bearer the-jwt"})


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


OF_TWO = ExceptionGroup("all failed", [OSError("refused"), OSError("unreachable"), OSError("refused")])


def of_tls(text: str) -> ssl.SSLError:
    """An error of OpenSSL's own."""
    error = ssl.SSLError(ssl.SSL_ERROR_SSL, text)
    error.library = "SSL"
    return error


def raised_while_handling(reason: str, by: str) -> httpx.ReadError:
    """An error without a cause, raised while code of this module handled another."""
    code = f"try: raise OSError({reason!r})\nexcept OSError: raise httpx.ReadError('')"
    with pytest.raises(httpx.ReadError) as raised:
        exec(code, {"__name__": by, "httpx": httpx})
    return raised.value


class MalformedError(Exception):
    """As socksio raises it, which is not installed."""

    __module__ = "socksio.exceptions"


@pytest.mark.fault(49)
@pytest.mark.parametrize(
    ("error", "acted", "kind"),
    [
        (httpx.ConnectError("refused", request=REQUEST), False, UnavailableError),
        (httpx.ConnectTimeout(""), False, UnavailableError),
        (httpx.PoolTimeout(""), False, UnavailableError),
        (httpx.ProxyError("502 Bad Gateway"), False, UnavailableError),
        (httpx.ProxyError("500 Internal Server Error"), False, UnavailableError),
        (httpx.ProxyError("505 HTTP Version Not Supported"), False, EndpointError),
        (httpx.ProxyError("407 Proxy Authentication Required"), False, EndpointError),
        (httpx.ProxyError("Proxy Server could not connect: Host unreachable."), False, UnavailableError),
        (httpx.ProxyError("Invalid username/password"), False, EndpointError),
        (httpx.WriteError("the-jwt"), True, UnavailableError),
        (httpx.WriteTimeout(""), True, UnavailableError),
        (httpx.ReadError(""), True, UnavailableError),
        (httpx.ReadTimeout("", request=REQUEST), True, UnavailableError),
        (httpx.RemoteProtocolError("peer closed connection"), True, UnavailableError),
        (OSError(9, "Bad file descriptor"), True, UnavailableError),
        (caused(httpx.ConnectError("x"), ssl.SSLCertVerificationError("expired")), False, EndpointError),
        (caused(httpx.ReadError("x"), ssl.SSLError("tlsv1 alert unknown ca")), False, EndpointError),
        (caused(httpx.ConnectError("x"), of_tls("wrong version number")), False, EndpointError),
        (caused(httpx.ReadError("x"), of_tls("wrong version number")), True, UnavailableError),
        (httpx.LocalProtocolError("Illegal header value b'the-jwt'"), False, EndpointError),
        (httpx.UnsupportedProtocol("ftp"), False, EndpointError),
        (httpx.InvalidURL("no"), False, EndpointError),
        (SetupError("no such file"), False, EndpointError),
        (MalformedError("no reply of a SOCKS proxy"), True, UnavailableError),
        (KeyError("the-jwt"), True, EndpointError),
        (UnreadableBodyError("over"), True, InvalidResponseError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_failures_are_sorted_and_hold_no_secret(error, acted, kind):
    failure = wire.failure_of(error, "h:443", JWT)
    assert (failure.acted, failure.kind) == (acted, kind)
    assert "the-jwt" not in repr(failure.cause)
    cause = failure.cause
    assert (cause.__traceback__, cause.__cause__, cause.__context__) == (None, None, None)
    assert getattr(failure.cause, "_request", None) is None


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), "h:443: [Errno 111] Connection refused"),
        (httpx.ReadTimeout(""), "h:443: ReadTimeout"),
        (httpx.ReadError("x" * 501), f"h:443: {'x' * 500}"),
        (caused(httpx.ConnectError(""), ssl.SSLError("expired")), "h:443: ('expired',)"),
        (caused(httpx.ConnectError(""), ssl.SSLWantReadError("go on")), "h:443: ConnectError"),
        (OSError(9, "Bad file descriptor"), "h:443: [Errno 9] Bad file descriptor"),
        (raised_while_handling("reset", by="httpcore._sync"), "h:443: reset"),
        (raised_while_handling("of the caller's", by="app"), "h:443: ReadError"),
        # Its text holds the value, which may be any secret.
        (httpx.LocalProtocolError("Illegal header value b'hunter2'"), "h:443: LocalProtocolError"),
        (UnreadableBodyError("the body ended early"), "the body ended early"),
        (caused(httpx.ConnectError("all failed"), OF_TWO), "h:443: refused; unreachable"),
    ],
)
def test_a_failure_names_the_host_and_the_reason(error, text):
    cause = wire.failure_of(error, "h:443").cause
    assert str(cause) == text
    assert type(cause) is (httpx.TransportError if type(error) is OSError else type(error))


def test_an_answer_that_breaks_off_keeps_the_id_of_its_request():
    for error in (UnreadableBodyError("over"), httpx.ReadError("reset")):
        assert wire.failure_of(error, "h:443", request_id="abc").request_id == "abc"


LIBRARIES = ("httpx", "httpcore._exceptions", "h11._util", "anyio", "trio", "socksio.exceptions", "socket")


@pytest.mark.parametrize(
    "module", [*LIBRARIES, "access_tokens._http.body", "billiard.exceptions", "http_of_mine", "httpx2"]
)
def test_an_exception_of_no_transport_is_foreign(module):
    error = type("Trouble", (Exception,), {"__module__": module})
    assert wire.is_foreign(error()) == (module in {"billiard.exceptions", "http_of_mine", "httpx2"})


def test_an_interrupt_is_foreign():
    assert wire.is_foreign(KeyboardInterrupt())
