"""Keeps secrets out of reprs, tracebacks, pickles and messages.

`Secret` wraps a secret text, the base classes are for objects that hold secrets, and `redact` hides secrets
in a text.
"""

from __future__ import annotations

import re
import string
from base64 import b64encode
from collections.abc import Iterator
from typing import Any, NoReturn, Self, TypeVar

import attrs

from ._spelling import spelled

U = TypeVar("U", bound="Uncopied")

HIDDEN = "[hidden]"

# The patterns of a JWT, a PHC string, and the `{tokenId}.{secret}` of a PAT. Each begins with something rare,
# the dot in the case of a PAT, so that searching a long text is fast.
_SHAPES = (
    re.compile(r"eyJ(?<!\weyJ)[\w-]{8,}+\.[\w-]++\.[\w-]*+"),
    re.compile(r"\$scrypt\$(?:v=[0-9]+\$)?[\w=,]++\$[A-Za-z0-9+/]++\$[A-Za-z0-9+/]++"),
)
_PAT = re.compile(r"\.(?<=[0-9A-Za-z]{21}\.)[A-Za-z0-9+/]{43}=?")
_ID_BEFORE_DOT = 21
# A part of a secret is recognised by its letters and digits in lower case, since all other characters may be
# escaped in many ways. The text is compared in windows of 10 letters and digits, at every third position, so
# that any 12 in a row are found.
_TRACE, _STEP = 10, 3
# How many letters of a word must belong to a secret for the word to be hidden, unless all do. Fewer may match
# by chance, after the end of a part.
_LEAST = 4
_LOWER = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
_OTHERS = bytes(each for each in range(256) if not chr(each).isalnum() or each > 127)
_WORD = re.compile("[0-9A-Za-z+/_-]+=*")


class Secret:
    """A secret text that is not shown in a repr, nor among the local variables of a traceback.

    Not an attrs class, since tools that display values look into the fields of those.
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
        """The pieces by which parts of the secret are recognised. Computed only when first needed."""
        if self._traces is None:
            self._traces = frozenset(_traces_of(self._text))
        return self._traces

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")


class Uncopied:
    """A base class for objects that refuse to be pickled or copied."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} holds a secret and connections, and is neither pickled nor copied: "
            "make one where it is needed"
        )


def view_of(each: U, **changed: object) -> U:
    """Return another object with the same attributes, but for those that are changed."""
    view = object.__new__(type(each))
    vars(view).update(vars(each) | changed)
    return view


class Unpickled:
    """A base class for immutable objects that refuse to be pickled. Copying returns the object itself."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError(
            f"{type(self).__name__} holds a secret and is not pickled: pass on, by name, what is needed of it"
        )

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


class Masked(Unpickled):
    """A base class for attrs classes with a secret field. Use it with `eq=False`.

    It defines equality itself: for an equality made by attrs, pytest explains a failed assertion field by
    field, and would show the secret.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return _values(self) == _values(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(_values(self))

    def _repr_pretty_(self, printer: Any, _cycle: object) -> None:
        """Print the repr in IPython and Hypothesis, which would otherwise print all fields."""
        printer.text(repr(self))


def _values(masked: Any) -> tuple[object, ...]:
    return attrs.astuple(masked, recurse=False)


def mask(value: object) -> str:
    """Return the text that a repr shows for a field that may hold a secret."""
    return "None" if value is None else HIDDEN


def redact(text: str, *known: Secret) -> str:
    """Hide the known secrets in a text, and everything that looks like a secret.

    Errors show text from the service, which may repeat the secrets that it was sent. It may escape them,
    encode them in Base64 or hexadecimal, wrap or shorten them, or repeat the secret of a PAT without its id.
    In all these forms, 12 letters and digits in a row of a known secret are hidden, with the words they are
    in.
    """
    for secret in known:
        text = text.replace(secret.reveal(), HIDDEN) if secret.reveal() else text
    found = spelled(text)
    return found.without(_hidden_in(found.says, known), HIDDEN)


def secrets_in(text: str) -> tuple[Secret, ...]:
    """Return the parts of a text that look like secrets."""
    says = spelled(text).says
    return tuple(Secret(says[start:end]) for start, end in _shapes_in(says))


def _hidden_in(text: str, known: tuple[Secret, ...]) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each secret in a text without escapes."""
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
    """Return the ASCII letters and digits of a text, in lower case."""
    return text.encode("ascii", "ignore").translate(_LOWER, _OTHERS)


def _traces_of(secret: str) -> Iterator[bytes]:
    for spelling in _spellings_of(_vital_part(secret).encode("ascii", "ignore")):
        letters = _letters_of(spelling)
        yield from (letters[at : at + _TRACE] for at in range(len(letters) - _TRACE + 1))


def _vital_part(secret: str) -> str:
    """Return a PAT without its prefix and id, which are not secret, and any other text as it is."""
    head, _, tail = secret.partition(".")
    return secret if "." in tail else tail or head


def _spellings_of(data: bytes) -> Iterator[str]:
    """Yield the data as text, in hexadecimal, and as part of a longer text in Base64."""
    yield data.decode()
    yield data.hex()
    for before in range(3):  # the number of other bytes in the first group of 4 characters
        packed = b64encode(bytes(before) + data).decode()
        yield packed[-(-before * 4 // 3) : (before + len(data)) * 4 // 3]


def _traced_words(text: str, letters: bytes, traces: frozenset[bytes]) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each word with a part of a secret, which may span several words."""
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
