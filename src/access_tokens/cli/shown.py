"""What messages may show of the files, options and names that were given: nothing secret, nothing long."""

from __future__ import annotations

import re

from .._secret import HIDDEN, redact

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
    hidden = redact(str(text).encode(errors="replace").decode())
    clean = "".join(each if each.isprintable() else "?" for each in hidden)
    return clean if len(clean) <= _LONGEST else f"{clean[:_LONGEST]}…"


def shown_key(key: str) -> str:
    """Return a key of a file, if it looks like one: behind a missing quote, half a hash may be a key."""
    return shown(key) if _NAME.fullmatch(key) else HIDDEN


def kind_of(value: object) -> str:
    """Return what a value of a file is, in the words of YAML."""
    return "null" if value is None else _KINDS.get(type(value), "a mapping")
