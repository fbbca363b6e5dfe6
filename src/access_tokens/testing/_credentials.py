"""Generates and parses PATs, and hashes their secrets."""

import hashlib
import hmac
import re
import secrets
import string
import threading
from base64 import b64encode
from functools import lru_cache

import attrs

from access_tokens.testing import _errors as errors
from access_tokens.testing import _javascript as javascript

_ID_ALPHABET = string.digits + string.ascii_letters
_ID_LENGTH = 21
_SECRET_BYTES = 32
_SALT_BYTES = 16
_HASH_BYTES = 32
_PARAMETERS = "ln=14,r=8,p=1"
_LARGEST_MEMORY = 32 * 1024 * 1024
_LONGEST_PAT = 200

# The reference's own pattern for Base64. Its `+-_` is a range, and so matches many other characters.
_PAT_REST = re.compile(r"([0-9A-Za-z]{21})\.([+-_a-z]+)")
_PHC_FIELD = re.compile("[0-9A-Za-z/+.-]*")
_PHC_NAME = re.compile("[a-z0-9-]{1,32}")
_PHC_NUMBER = re.compile("-?[1-9][0-9]*|0")

# Limits the number of hashes at a time: each takes 16 MiB, and more than there are cores are not faster.
_turnstile = threading.BoundedSemaphore(4)


@attrs.frozen
class Pat:
    """A Personal Access Token."""

    token_id: str
    secret: bytes = attrs.field(repr=False)

    @classmethod
    def generate(cls, token_id: str | None = None) -> "Pat":
        """Generate a PAT with a new secret."""
        return cls(new_token_id() if token_id is None else token_id, secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def parse(cls, text: str, prefix: str) -> "Pat | None":
        """Parse a PAT; None if the text is not a PAT. Base64 is read as leniently as in Node."""
        if not text.startswith(prefix) or javascript.length(text) > _LONGEST_PAT:
            return None
        parts = text.removeprefix(prefix).split(".")
        match = _PAT_REST.fullmatch(".".join(parts)) if len(parts) == 2 else None
        return cls(match[1], javascript.from_base64(match[2])) if match else None

    def text(self, prefix: str) -> str:
        """Return the PAT as text."""
        return f"{prefix}{self.token_id}.{b64encode(self.secret).decode()}"


def new_token_id() -> str:
    """Generate a random token id."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


def hash_secret(secret: bytes) -> str:
    """Hash a secret into a PHC string. Takes tens of milliseconds of CPU time, on purpose."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return _phc(salt, _scrypt(secret, salt, {"ln": 14, "r": 8, "p": 1}, _HASH_BYTES))


def unknown_secret() -> str:
    """Make a random PHC string that no known secret matches, without the time of a hash."""
    return _phc(secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_HASH_BYTES))


def phc_problem(phc: str) -> str | None:
    """Return why no secret can be compared with a PHC string, or None if one can."""
    parsed = _parse_phc(phc)
    return parsed if isinstance(parsed, str) else None


def matches(secret: bytes, phc: str) -> bool:
    """Tell whether a secret matches a hash. Takes the time of a hash, unless it was computed here before.

    Raises:
        ServiceError: The hash needs more memory than the service allows.
    """
    parsed = _parse_phc(phc)
    if isinstance(parsed, str):
        return False
    return hmac.compare_digest(_scrypt(secret, parsed.salt, parsed.cost, len(parsed.digest)), parsed.digest)


@attrs.frozen
class _Phc:
    cost: dict[str, int]
    salt: bytes
    digest: bytes


def _parse_phc(phc: str) -> _Phc | str:
    """Parse a PHC string; if it cannot be used, return the reference's error code."""
    empty, *fields = phc.split("$")
    if empty or not fields or not _PHC_NAME.fullmatch(fields[0]) or len(fields) == 1:
        return "invalid_phc"
    if fields[0] != "scrypt":
        return "unsupported_algorithm"
    fields = fields[2:] if re.fullmatch("v=[0-9]+", fields[1]) else fields[1:]
    match fields:
        case [parameters, salt, digest] if _PHC_FIELD.fullmatch(salt) and _PHC_FIELD.fullmatch(digest):
            return _with_cost(parameters, javascript.from_base64(salt), javascript.from_base64(digest))
        case [_, _, _, *_]:
            return "invalid_phc"
        case _:
            return "invalid_parameters"


def _with_cost(parameters: str, salt: bytes, digest: bytes) -> _Phc | str:
    pairs = [each.partition("=")[::2] for each in parameters.split(",")]
    if not all(_PHC_NAME.fullmatch(name) and _PHC_FIELD.fullmatch(value) for name, value in pairs):
        return "invalid_phc"
    cost = {name: int(value) for name, value in pairs if _PHC_NUMBER.fullmatch(value)}
    return _Phc(cost, salt, digest) if cost.keys() >= {"ln", "r", "p"} else "invalid_parameters"


def _scrypt(secret: bytes, salt: bytes, cost: dict[str, int], size: int) -> bytes:
    n = 1 << cost["ln"] % 32  # the shift of JavaScript, which counts modulo 32
    try:
        return _remembered_scrypt(secret, salt, n, cost["r"], cost["p"], size)
    except (ValueError, TypeError, OverflowError) as error:
        raise errors.ServiceError(
            "Invalid scrypt params: memory limit exceeded", 500, name="RangeError"
        ) from error


# Cached, so that a test waits for the hash of a PAT only when the PAT is made, and not again at the exchange.
@lru_cache(maxsize=1024)
def _remembered_scrypt(secret: bytes, salt: bytes, n: int, r: int, p: int, size: int) -> bytes:
    with _turnstile:
        return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=_LARGEST_MEMORY, dklen=size)


def _phc(salt: bytes, digest: bytes) -> str:
    fields = (b64encode(part).decode().rstrip("=") for part in (salt, digest))
    return "$".join(["", "scrypt", _PARAMETERS, *fields])
