"""Limits on the size of an answer, so that no answer takes too much memory or time."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import UnreadableError

# The largest body of any answer, and of an error response, in bytes. The largest error that the service sends
# lists what is wrong with each of 50 roles, on a page with a stack trace.
LARGEST = 32 * 2**20
LARGEST_OF_ERROR = 2**18
# The largest record: an owner, 50 roles and an id of 2,048 bytes, with each character escaped, take 43 kB,
# and have 70 of the marks below. The rest is left for future fields.
_RECORD_SIZE, _RECORD_MARKS = 2**16, 100
# The punctuation of JSON. Each value but the first follows one of these marks, so they bound the values.
_MARKS = b",:[{"
_PIECE = 2**16
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


class Bounds(NamedTuple):
    """The largest size of an answer.

    Attributes:
        size: The most bytes of the body, decompressed.
        values: The most JSON values in the body; each key counts as a value.
    """

    size: int
    values: int

    def check_values(self, content: bytes) -> None:
        """Check how many JSON values a body has, before it is parsed.

        Raises:
            UnreadableError: The body has too many values.
        """
        if len(content) > self.values and _has_more(self.values, content):
            raise UnreadableError(f"over {self.values} values")


# For an operation that this library does not know.
ANY = Bounds(LARGEST, 250_000)


def bounds_of(records: int) -> Bounds:
    """Return the bounds of an answer with at most this many records, and room for one more."""
    return Bounds(min(LARGEST, (records + 1) * _RECORD_SIZE), (records + 1) * _RECORD_MARKS)


ONE_RECORD = bounds_of(1)


def _has_more(values: int, content: bytes) -> bool:
    pieces = (content[at : at + _PIECE] for at in range(0, len(content), _PIECE))
    left = sum(map(_marks, pieces)) - values
    if left <= 0 or b"\0" in content:  # in UTF-16 or UTF-32, strings cannot be recognised here
        return left > 0
    for count, string in enumerate(_STRING.finditer(content)):
        left -= _marks(string[0])
        if left <= 0 or count > values:
            break
    return left > 0


def _marks(content: bytes) -> int:
    return len(content) - len(content.translate(None, _MARKS))
