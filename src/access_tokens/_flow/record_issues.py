"""Makes the service's messages about an invalid record readable: they end with a JSON list of zod issues."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .._signals import pass_on
from .json_values import list_of, object_of, place_of, text_of

# How the messages begin, for a record to be stored, and for the stored record of a PAT. The service appends
# the issues of zod, its validation library, as JSON on many lines.
CANNOT_STORE = "Cannot store invalid token record"
CANNOT_LOAD = "Cannot load invalid record for token "
_MOST_ISSUES = 20


def without_list(message: str) -> str:
    """Replace the JSON list of issues in such a message by readable text, as far as the list can be read."""
    if not message.startswith((CANNOT_STORE, CANNOT_LOAD)) or "[" not in message:
        return message
    start = message.index("[")
    words = message[:start].rstrip().removesuffix(":")
    return ": ".join(each for each in (words, "; ".join(_issues(message, start))) if each)


def _issues(message: str, start: int) -> Iterator[str]:
    """Yield each issue of the list as text, ignoring whatever follows the list."""
    try:
        listed, _ = json.JSONDecoder().raw_decode(message, start)
    except (ValueError, RecursionError) as error:
        pass_on(error)
        return
    for issue in list_of(listed)[:_MOST_ISSUES]:
        if text := text_of(object_of(issue).get("message")):
            yield ": ".join(each for each in (place_of(object_of(issue).get("path")), text) if each)
