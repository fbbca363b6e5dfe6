"""Secrets that stay out of sight: a wrapper for values, a filter for text, and what must not be pickled."""

from __future__ import annotations

import re
from typing import Any, NoReturn, Self

HIDDEN = "[hidden]"

# A JWT, a PHC string, and a PAT's `{tokenId}.{secret}`. Each can begin at few places of a text, or is short,
# so that no text takes long to look through.
_SECRET_SHAPES = re.compile(
    r"(?<![\w-])eyJ[\w-]{8,}+\.[\w-]++\.[\w-]*+"
    r"|\$scrypt\$(?:v=[0-9]+\$)?[\w=,]+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+"
    r"|[0-9A-Za-z]{21}\.[A-Za-z0-9+/]{43}=?"
)


class Secret:
    """Text that shows itself only when asked, so that no repr and no traceback's locals hold it.

    It is no class of attrs, since tools that show values look into those.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")


class Uncopied:
    """Refuses to be pickled or copied."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} holds a secret and connections, and is neither pickled nor copied: "
            "make one where it is needed"
        )


class Unpickled:
    """Refuses to be pickled. A copy of it is itself, since it never changes."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError(
            f"{type(self).__name__} holds a secret and is not pickled: take by name what is to be passed on"
        )

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


def mask(value: object) -> str:
    """Return what a repr shows of a field that may hold a secret."""
    return "None" if value is None else HIDDEN


def redact(text: str, *known: Secret) -> str:
    """Hide the known secrets in a text, and whatever has the shape of one.

    A service may send back what it was sent, and an error shows what the service sent.
    """
    for secret in known:
        text = text.replace(secret.reveal(), HIDDEN) if secret.reveal() else text
    return _SECRET_SHAPES.sub(HIDDEN, text)
