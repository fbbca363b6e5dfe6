"""Generates PATs on this machine, so that the secret is never sent over the network by `register`."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from base64 import b64encode

from attrs import field, frozen

from ._secret import Masked, Secret, mask

_ALPHABET = string.digits + string.ascii_letters
_ID_LENGTH = 21
# {prefix}{tokenId}.{32 bytes in Base64}
_PAT = re.compile(r"[^.]*([0-9A-Za-z]{21})\.[A-Za-z0-9+/]{43}=?")
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**14, 8, 1


@frozen(eq=False)
class GeneratedToken(Masked):
    """A PAT, and the id and hash that `register` needs.

    Attributes:
        token: The PAT, for its owner only. Not shown in the repr.
        token_id: The id of the token.
        secret_phc: The hash of the PAT's secret, as a PHC string. Not shown in the repr.
    """

    token: str = field(repr=mask)
    token_id: str
    secret_phc: str = field(repr=mask)


def generate_token_id() -> str:
    """Return a new token id: 21 letters and digits from the system's random source."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))


def id_of_token(token: Secret) -> str | None:
    """Return the id in a PAT, or None if the text does not have the form of a PAT."""
    found = _PAT.fullmatch(token.reveal())
    return found[1] if found else None


def generate_token(prefix: str = "pat_", token_id: str | None = None) -> GeneratedToken:
    """Generate a PAT and its hash. Only the hash is then sent to the service, by `register`.

    Takes tens of milliseconds of CPU time and 16 MiB of memory, on purpose: it computes the same slow hash as
    the service (scrypt, RFC 7914, with N=16384, r=8, p=1).

    Args:
        prefix: The text that the PAT begins with; use the prefix of your deployment. At most 100 characters:
            ASCII letters, digits and `_ ~ + / -`.
        token_id: The id of the token, 21 letters and digits. By default a new random one.

    Returns:
        The PAT, its id and its hash.

    Raises:
        ValueError: The prefix or the id does not have the form that the service requires.
        TypeError: The prefix or the id is not a string.

    Example:
        made = generate_token()
        print(made.token_id)
        client.register(made.token_id, made.secret_phc, "user@example.com")
    """
    token_id = generate_token_id() if token_id is None else token_id
    _check_form("token_id", token_id, f"[0-9A-Za-z]{{{_ID_LENGTH}}}", f"{_ID_LENGTH} letters and digits")
    check_prefix(prefix)
    secret = secrets.token_bytes(32)
    token = f"{prefix}{token_id}.{b64encode(secret).decode()}"
    return GeneratedToken(token=token, token_id=token_id, secret_phc=_hash(secret))


def check_prefix(prefix: str) -> None:
    """Check the text that a PAT begins with.

    Raises:
        ValueError: It does not have the form that the service requires.
        TypeError: It is not a string.
    """
    _check_form("prefix", prefix, "[A-Za-z0-9_~+/-]{0,100}", "at most 100 letters, digits and _ ~ + / -")


def _check_form(name: str, value: str, pattern: str, form: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string")
    if re.fullmatch(pattern, value, re.ASCII) is None:
        raise ValueError(f"{name} must be {form}")


def _hash(secret: bytes) -> str:
    salt = secrets.token_bytes(16)
    digest = hashlib.scrypt(secret, salt=salt, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P, dklen=32)
    cost = f"ln={_SCRYPT_N.bit_length() - 1},r={_SCRYPT_R},p={_SCRYPT_P}"
    return f"$scrypt${cost}${_unpadded(salt)}${_unpadded(digest)}"


def _unpadded(data: bytes) -> str:
    return b64encode(data).decode().rstrip("=")
