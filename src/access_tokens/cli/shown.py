"""What messages may show of the files, options and names that were given: nothing secret, nothing long."""

from __future__ import annotations

import re

from .._secret import HIDDEN, redact
from ..errors import one_line

_LONGEST = 300
_KINDS: dict[type, str] = {
    bool: "a boolean",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
}
_NAME = re.compile(r"[A-Za-z_$@][\w.@-]{0,39}|<<", re.ASCII)


def shown(text: object) -> str:
    """Return a text for a message: without secrets, cut, and on one line."""
    return one_line(redact(str(text).encode(errors="replace").decode()), _LONGEST)


def shown_key(key: str) -> str:
    """Return a key of a file, if it looks like one: behind a missing quote, half a hash may be a key."""
    return shown(key) if _NAME.fullmatch(key) else HIDDEN


def requirement(error: ValueError) -> str:
    """Return "must …" from a message of the library, without the name of a parameter in Python."""
    return "must " + str(error).split("must ", 1)[-1]


def kind_of(value: object) -> str:
    """Return what a value of a file is, in the words of YAML."""
    return "null" if value is None else _KINDS.get(type(value), "a mapping")
