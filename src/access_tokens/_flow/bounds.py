"""How large an answer may be, by what was asked for, so that none takes the memory or the time of others."""

from __future__ import annotations

import re

from attrs import frozen

from ..errors import UnreadableError

# In bytes. The most of any answer; and of an error, of which the largest is a list of what is wrong with each
# of 50 roles, on a page with a stack.
LARGEST = 32 * 2**20
LARGEST_OF_ERROR = 2**18
# Of one record: an owner, 50 roles and an id of 2,048 bytes, when each character is escaped, take 43 kB; and
# they have 70 of the marks. The rest is left for fields to come.
_RECORD_SIZE, _RECORD_MARKS = 2**16, 100
# What stands around the values of JSON. Each value but the first comes behind one.
_MARKS = b",:[{"
_PIECE = 2**16
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


@frozen
class Bounds:
    """The most that an answer may be.

    Attributes:
        size: In bytes, unpacked.
        values: How many values of JSON it may hold, each key counted as one.
    """

    size: int
    values: int

    def check_values(self, content: bytes) -> None:
        """Check how many values an answer holds, before they are made.

        Raises:
            UnreadableError: There are too many.
        """
        if len(content) > self.values and _has_more(self.values, content):
            raise UnreadableError(f"over {self.values} values")


# Of an operation of which nothing is known.
ANY = Bounds(LARGEST, 250_000)


def bounds_of(records: int) -> Bounds:
    """Return those of an answer that holds this many records at most, or one of another kind."""
    return Bounds(min(LARGEST, (records + 1) * _RECORD_SIZE), (records + 1) * _RECORD_MARKS)


ONE_RECORD = bounds_of(1)


def _has_more(values: int, content: bytes) -> bool:
    pieces = (content[at : at + _PIECE] for at in range(0, len(content), _PIECE))
    left = sum(map(_marks, pieces)) - values
    if left <= 0 or b"\0" in content:  # in another encoding than UTF-8, strings cannot be told
        return left > 0
    for count, string in enumerate(_STRING.finditer(content)):
        left -= _marks(string[0])
        if left <= 0 or count > values:
            break
    return left > 0


def _marks(content: bytes) -> int:
    return len(content) - len(content.translate(None, _MARKS))
