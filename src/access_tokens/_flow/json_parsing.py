"""Parses JSON, without letting a number of many digits take long."""

from __future__ import annotations

import json
import re
from typing import Any

_LONGEST_INT = 400
# Of each 50th byte, 8 in a row are in a run of 400 digits, wherever it begins. To look at those costs a tenth
# of what it costs to call a function for each number.
_STEP = 50
_DIGITS = re.compile(rb"[0-9]{8}")


def parsed(content: bytes) -> Any:
    """Parse JSON.

    Raises:
        ValueError, RecursionError: It is not valid JSON.
    """
    return json.loads(content, parse_int=_number) if may_have_long_number(content) else json.loads(content)


def may_have_long_number(content: bytes) -> bool:
    """Tell whether there could be a number of 400 digits or more in a text."""
    # In UTF-16 and UTF-32, which have NULs, digits do not follow each other.
    return b"\0" in content or _DIGITS.search(content[::_STEP]) is not None


def _number(digits: str) -> int | float:
    """Read a whole number. Thousands of digits would take long to read as int, so they are read as float."""
    return int(digits) if len(digits) <= _LONGEST_INT else float(digits)
