"""What the service finds fault with in a record: a list of zod's issues, behind some words."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .._signals import pass_on
from .json_values import list_of, object_of, place_of, text_of

# Of a record that it was to store, and of that of a PAT. It appends the issues, as a list of many lines.
CANNOT_STORE = "Cannot store invalid token record"
CANNOT_LOAD = "Cannot load invalid record for token "
_MOST_ISSUES = 20


def without_list(message: str) -> str:
    """Put the issues that are listed behind the words into words, as far as they can be read."""
    if not message.startswith((CANNOT_STORE, CANNOT_LOAD)) or "[" not in message:
        return message
    start = message.index("[")
    words = message[:start].rstrip().removesuffix(":")
    return ": ".join(each for each in (words, "; ".join(_issues(message, start))) if each)


def _issues(message: str, start: int) -> Iterator[str]:
    """Read the list, whatever may follow it."""
    try:
        listed, _ = json.JSONDecoder().raw_decode(message, start)
    except (ValueError, RecursionError) as error:
        pass_on(error)
        return
    for issue in list_of(listed)[:_MOST_ISSUES]:
        if text := text_of(object_of(issue).get("message")):
            yield ": ".join(each for each in (place_of(object_of(issue).get("path")), text) if each)
