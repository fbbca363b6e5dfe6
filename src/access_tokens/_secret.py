"""Secrets that stay out of sight: a wrapper for texts, bases of what holds them, and a filter for text."""

from __future__ import annotations

import re
import string
from base64 import b64encode
from collections.abc import Iterator
from typing import Any, NoReturn, Self

import attrs

from ._spelling import spelled

HIDDEN = "[hidden]"

# A JWT, a PHC string, and a PAT's `{tokenId}.{secret}`. Each is looked for at few places of a text, so that
# none takes long to look through: from its first characters on, or around its dot.
_SHAPES = (
    re.compile(r"eyJ(?<![\w-]eyJ)[\w-]{8,}+\.[\w-]++\.[\w-]*+"),
    re.compile(r"\$scrypt\$(?:v=[0-9]+\$)?[\w=,]++\$[A-Za-z0-9+/]++\$[A-Za-z0-9+/]++"),
)
_PAT = re.compile(r"\.(?<=[0-9A-Za-z]{21}\.)[A-Za-z0-9+/]{43}=?")
_ID_BEFORE_DOT = 21
# A part of a secret is known again by its letters and digits alone, in any case: what else it holds is what
# is spelled in many ways. A text is looked at in steps, so that 12 in a row are sure to be found.
_TRACE, _STEP = 10, 3
# Of a word, unless it is a part as a whole. Fewer may be alike by chance, behind a part's end.
_LEAST = 4
_LOWER = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
_OTHERS = bytes(each for each in range(256) if not chr(each).isalnum() or each > 127)
_WORD = re.compile("[0-9A-Za-z+/_-]+=*")


class Secret:
    """Text that shows itself only when asked, so that no repr and no traceback's locals hold it.

    It is no class of attrs, since tools that show values look into those.
    """

    __slots__ = ("_text", "_traces")

    def __init__(self, text: str) -> None:
        self._text = text
        self._traces: frozenset[bytes] | None = None

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    @property
    def traces(self) -> frozenset[bytes]:
        """By which a part of it is known again; made when they are needed, which is after a failure."""
        if self._traces is None:
            self._traces = frozenset(_traces_of(self._text))
        return self._traces

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


class Masked(Unpickled):
    """A value whose class of attrs, with `eq=False`, has a secret among its fields.

    By the equality that attrs makes, pytest explains a failed assertion field by field, with their values.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return _values(self) == _values(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(_values(self))

    def _repr_pretty_(self, printer: Any, _cycle: object) -> None:
        """Be printed by IPython and Hypothesis as by `repr`; they would print all fields."""
        printer.text(repr(self))


def _values(masked: Any) -> tuple[object, ...]:
    return attrs.astuple(masked, recurse=False)


def mask(value: object) -> str:
    """Return what a repr shows of a field that may hold a secret."""
    return "None" if value is None else HIDDEN


def redact(text: str, *known: Secret) -> str:
    """Hide the known secrets in a text, and whatever has the shape of one.

    A service may send back what it was sent, and an error shows what the service sent. It may escape it or
    pack it into Base64, fold it, cut it short, or send the secret of a PAT without its id. Of a known secret,
    12 letters and digits in a row are hidden in all these spellings, and the word with them.
    """
    for secret in known:
        text = text.replace(secret.reveal(), HIDDEN) if secret.reveal() else text
    found = spelled(text)
    return found.without(_hidden_in(found.says, known), HIDDEN)


def secrets_in(text: str) -> tuple[Secret, ...]:
    """Return what has the shape of a secret in a text."""
    says = spelled(text).says
    return tuple(Secret(says[start:end]) for start, end in _shapes_in(says))


def _hidden_in(text: str, known: tuple[Secret, ...]) -> Iterator[tuple[int, int]]:
    """Yield where a secret begins and ends in a text without escapes."""
    yield from _shapes_in(text)
    letters = _letters_of(text)
    for secret in known:
        yield from _spans_of(secret.reveal(), text)
        yield from _traced_words(text, letters, secret.traces)


def _shapes_in(text: str) -> Iterator[tuple[int, int]]:
    for shape in _SHAPES:
        yield from (each.span() for each in shape.finditer(text))
    yield from ((each.start() - _ID_BEFORE_DOT, each.end()) for each in _PAT.finditer(text))


def _spans_of(part: str, text: str) -> Iterator[tuple[int, int]]:
    start = text.find(part) if part else -1
    while start >= 0:
        yield start, start + len(part)
        start = text.find(part, start + len(part))


def _letters_of(text: str) -> bytes:
    """Return the letters and digits of a text, in lower case."""
    return text.encode("ascii", "ignore").translate(_LOWER, _OTHERS)


def _traces_of(secret: str) -> Iterator[bytes]:
    for spelling in _spellings_of(_vital_part(secret).encode("ascii", "ignore")):
        letters = _letters_of(spelling)
        yield from (letters[at : at + _TRACE] for at in range(len(letters) - _TRACE + 1))


def _vital_part(secret: str) -> str:
    """Return a PAT without its prefix and id, which are no secret, and anything else as it is."""
    head, _, tail = secret.partition(".")
    return secret if "." in tail else tail or head


def _spellings_of(data: bytes) -> Iterator[str]:
    """Yield what data looks like by itself, in hexadecimal digits, and inside of something in Base64."""
    yield data.decode()
    yield data.hex()
    for before in range(3):  # bytes, which the first characters hold as well
        packed = b64encode(bytes(before) + data).decode()
        yield packed[-(-before * 4 // 3) : (before + len(data)) * 4 // 3]


def _traced_words(text: str, letters: bytes, traces: frozenset[bytes]) -> Iterator[tuple[int, int]]:
    """Yield where the words of a text are that hold a part of a secret, be it spread over several."""
    marks = bytearray(len(letters))
    for start, end in _traced_parts(letters, traces):
        marks[start:end] = b"\1" * (end - start)
    end = 0
    for word in _WORD.finditer(text) if 1 in marks else ():
        start, end = end, end + len(_letters_of(word.group()))
        if 0 < min(end - start, _LEAST) <= marks.count(1, start, end):
            yield word.span()


def _traced_parts(letters: bytes, traces: frozenset[bytes]) -> Iterator[tuple[int, int]]:
    first, end = 0, 0
    for at in range(0, len(letters) - _TRACE + 1, _STEP):
        if at < end or letters[at : at + _TRACE] not in traces:
            continue
        first = end = at
        while letters[end : end + _TRACE] in traces:
            end += 1
        while first and letters[first - 1 : first - 1 + _TRACE] in traces:
            first -= 1
        yield first, end - 1 + _TRACE
