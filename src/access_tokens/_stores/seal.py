"""Names and encrypts what lies in a store, so that nobody without the PAT can read it."""

from __future__ import annotations

import json
import math
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from importlib import import_module
from typing import Any

from attrs import field, frozen

from .._secret import Masked, Secret, mask

# Sizes in bytes: of the random part of an encryption (RFC 5116, section 5.1), and of the longest entry.
_NONCE = 12
_LARGEST = 2**17
# What the derived keys are for. A later format has other labels, and so meets none of these entries.
_NAME, _KEY = b"access_tokens jwt store 1: name of ", b"access_tokens jwt store 1: key"


@frozen(eq=False, repr=False)
class SharedJwt(Masked):
    """A JWT for other processes, whose life is counted by the wall clock.

    Attributes:
        token: The JWT.
        obtained_at: When its exchange was sent, in Unix seconds.
        lifetime: How long it lives from then on, in seconds.
    """

    token: Secret = field(repr=mask)
    obtained_at: float
    lifetime: float


class Seal:
    """Names and encrypts the JWTs that are got with one PAT at one endpoint.

    The name and the key are derived from the PAT (HKDF, RFC 5869). A PAT is long and random, so that neither
    can be found by trying. An entry that was moved to another name cannot be read.

    Args:
        pat: The PAT.
        endpoint: The URL of the exchange.
    """

    def __init__(self, pat: Secret, endpoint: str) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self.name = _derived(pat, _NAME + endpoint.encode()).hex()
        self._cipher = AESGCM(_derived(pat, _KEY))

    def close(self, shared: SharedJwt) -> str:
        """Encrypt a JWT."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._cipher.encrypt(nonce, _plain(shared), self.name.encode())
        return urlsafe_b64encode(nonce + sealed).decode()

    def open(self, value: object) -> SharedJwt | None:
        """Decrypt an entry; None for one that is not of this PAT and endpoint."""
        from cryptography.exceptions import InvalidTag

        if type(value) not in {str, bytes}:  # a store of the caller's may return anything
            return None
        text: Any = value
        try:
            data = urlsafe_b64decode(text[:_LARGEST])
            return _shared(json.loads(self._cipher.decrypt(data[:_NONCE], data[_NONCE:], self.name.encode())))
        except (ValueError, InvalidTag):
            return None


def _plain(shared: SharedJwt) -> bytes:
    return json.dumps([shared.token.reveal(), float(shared.obtained_at), float(shared.lifetime)]).encode()


def _shared(plain: Any) -> SharedJwt | None:
    match plain:
        case [str(token), float(obtained_at), float(lifetime)] if math.isfinite(obtained_at + lifetime):
            return SharedJwt(Secret(token), obtained_at, lifetime)
        case _:
            return None


def _derived(pat: Secret, label: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, salt=None, info=label).derive(pat.reveal().encode())


def require_cryptography() -> None:
    """Check that the library that encrypts is installed.

    Raises:
        ImportError: It is not.
    """
    try:
        import_module("cryptography.hazmat.primitives.ciphers.aead")
    except ImportError:
        message = 'a jwt_store needs: pip install "access-tokens-client[store]", or [redis]'
        raise ImportError(message) from None
