"""Tells TLS errors that will occur again from those that may pass (case 87).

They are recognised by OpenSSL's messages, since Python's list of reason codes lags behind OpenSSL's.
"""

from __future__ import annotations

import re
import ssl

# A damaged connection, or a peer or machine in trouble: the next handshake may succeed.
_PASSING = re.compile("bad record mac|decrypt|internal error|user cancel|malloc")
# The alerts by which a peer refuses a client (RFC 8446, section 6.2).
_REFUSAL = re.compile(
    "alert .*(certificate|unknown ca|access denied|handshake failure|protocol version|insufficient security)"
)


def is_lasting(error: BaseException, in_handshake: bool) -> bool:
    """Tell whether TLS will fail in the same way next time.

    During a handshake all protocol errors will, except those that a damaged connection or a peer in trouble
    explains. After the handshake TLS has worked once, and only a refusal by the peer will occur again.
    """
    if isinstance(error, ssl.SSLCertVerificationError) or is_refusal(error):
        return True
    return in_handshake and _is_of_protocol(error) and not _PASSING.search(_words(error))


def is_refusal(error: BaseException) -> bool:
    """Tell whether the peer refuses this client by an alert, and so has not read the request.

    In TLS 1.3 the alert for a missing certificate comes after the client's handshake, when the request may
    be on its way. But the peer verifies the certificate before it reads further (RFC 8446, section 4.4).
    """
    return isinstance(error, ssl.SSLError) and _REFUSAL.search(_words(error)) is not None


def _is_of_protocol(error: BaseException) -> bool:
    # Other errnos are connection errors, such as EOF. `library` is set only if the error is OpenSSL's own.
    is_of_tls = isinstance(error, ssl.SSLError) and error.errno == ssl.SSL_ERROR_SSL
    return is_of_tls and bool(getattr(error, "library", None))


def _words(error: BaseException) -> str:
    return str(error).lower()
