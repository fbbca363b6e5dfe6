"""Which errors of TLS last, and which may pass.

They are told by the words of OpenSSL: Python has a name for them only where its own list has kept up.
"""

from __future__ import annotations

import re
import ssl

# A connection that was cut or garbled, and a peer or machine in trouble: the next handshake may succeed.
_PASSING = re.compile("bad record mac|decrypt|internal error|user cancel|malloc")
# The alerts by which a peer refuses whoever connects (RFC 8446, section 6.2).
_REFUSAL = re.compile(
    "alert .*(certificate|unknown ca|access denied|handshake failure|protocol version|insufficient security)"
)


def is_lasting(error: BaseException, in_handshake: bool) -> bool:
    """Tell whether TLS will fail in the same way next time.

    In a handshake all errors last, but for those that a bad line or a peer in trouble explains. Afterwards
    TLS has worked once, and only the peer's refusal lasts.
    """
    if isinstance(error, ssl.SSLCertVerificationError) or is_refusal(error):
        return True
    return in_handshake and _is_of_protocol(error) and not _PASSING.search(_words(error))


def is_refusal(error: BaseException) -> bool:
    """Tell whether the peer refuses this client by an alert, and so has looked at no request.

    In TLS 1.3 that of a missing certificate comes after the handshake, when the request may be on its way; it
    is verified before what follows is read (RFC 8446, section 4.4).
    """
    return isinstance(error, ssl.SSLError) and _REFUSAL.search(_words(error)) is not None


def _is_of_protocol(error: BaseException) -> bool:
    # An end, a reset and the like have other numbers, and what OpenSSL has not said names no part of it.
    is_of_tls = isinstance(error, ssl.SSLError) and error.errno == ssl.SSL_ERROR_SSL
    return is_of_tls and bool(getattr(error, "library", None))


def _words(error: BaseException) -> str:
    return str(error).lower()
