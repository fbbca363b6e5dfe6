"""PATs, and the hashes that the service keeps of their secrets."""

import hashlib
import hmac
import re
import secrets
import string
import threading
from base64 import b64decode, b64encode

import attrs

_ID_ALPHABET = string.digits + string.ascii_letters
_ID_LENGTH = 21
_SECRET_BYTES = 32
_SALT_BYTES = 16
_HASH_BYTES = 32
_PARAMETERS = "ln=14,r=8,p=1"

_ID = re.compile(r"[0-9A-Za-z]{21}")
_PAT_REST = re.compile(r"([0-9A-Za-z]{21})\.([0-9A-Za-z+/]{43}=)")
_PHC = re.compile(rf"\$scrypt\${re.escape(_PARAMETERS)}\$([0-9A-Za-z+/]{{22}})\$([0-9A-Za-z+/]{{43}})")

# A hash takes 16 MiB while it runs, and more of them at once than there are cores gains nothing.
_turnstile = threading.BoundedSemaphore(4)


@attrs.frozen
class Pat:
    """A Personal Access Token."""

    token_id: str
    secret: bytes = attrs.field(repr=False)

    @classmethod
    def generate(cls, token_id: str | None = None) -> "Pat":
        """Make a PAT with a fresh secret."""
        return cls(new_token_id() if token_id is None else token_id, secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def parse(cls, text: str, prefix: str) -> "Pat | None":
        """Read a PAT, or answer None when the text is not one."""
        match = _PAT_REST.fullmatch(text.removeprefix(prefix)) if text.startswith(prefix) else None
        return cls(match[1], b64decode(match[2])) if match else None

    def text(self, prefix: str) -> str:
        """Spell the PAT out."""
        return f"{prefix}{self.token_id}.{b64encode(self.secret).decode()}"


def new_token_id() -> str:
    """Choose a token id."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


def is_token_id(text: str) -> bool:
    """Tell whether the store takes this as a token id."""
    return _ID.fullmatch(text) is not None


def hash_secret(secret: bytes) -> str:
    """Hash a secret into a PHC string. Takes tens of milliseconds of CPU, deliberately."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return _phc(salt, _scrypt(secret, salt))


def unknown_secret() -> str:
    """Make a PHC string that no known secret matches, at no cost."""
    return _phc(secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_HASH_BYTES))


def matches(secret: bytes, phc: str) -> bool:
    """Tell whether a secret belongs to a hash. As slow as making the hash."""
    parts = _PHC.fullmatch(phc)
    return parts is not None and hmac.compare_digest(
        _scrypt(secret, _unpadded(parts[1])), _unpadded(parts[2])
    )


def _scrypt(secret: bytes, salt: bytes) -> bytes:
    with _turnstile:
        return hashlib.scrypt(secret, salt=salt, n=2**14, r=8, p=1, dklen=_HASH_BYTES)


def _phc(salt: bytes, digest: bytes) -> str:
    fields = (b64encode(part).decode().rstrip("=") for part in (salt, digest))
    return "$".join(["", "scrypt", _PARAMETERS, *fields])


def _unpadded(text: str) -> bytes:
    return b64decode(text + "=" * (-len(text) % 4))
