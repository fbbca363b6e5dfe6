"""Removes escapes from a text, as in URLs, HTML, JSON or logs, and maps the result back to the original."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html.entities import html5
from typing import NamedTuple, cast

# Escaped texts may be nested: an HTML page with a JSON body with the query of a URL.
_MOST_LAYERS = 4
# Only zeros may repeat without limit, so that the time for a search is linear in the length of the text.
_ESCAPE = re.compile(
    r"[%\\&](?:u([0-9A-Fa-f]{4})"
    r"|(?:(?<=%)|x)([0-9A-Fa-f]{2})"
    r"|(?:u\{|U00|#[xX])0*([0-9A-Fa-f]{1,6})[;}]?"
    r"|#0*([0-9]{1,7});?"
    r"|(?<=\\)(.)"
    r"|([A-Za-z]{2,31};))",
    re.DOTALL,
)
# Surrogates: JSON can contain a lone one, but no encoding can represent it.
SURROGATE = re.compile("[\ud800-\udfff]")
_WHITE_SPACE = dict.fromkeys("bfnrtv", " ")


class Spelled(NamedTuple):
    """A text with escapes, and the same text without them.

    Attributes:
        text: The original text.
        says: The text without escapes. An escaped character that is not ASCII becomes a space.
        places: For each character of `says`, where it begins in `text`; and at last where `text` ends.
    """

    text: str
    says: str
    places: Sequence[int]

    def without(self, spans: Iterable[tuple[int, int]], substitute: str) -> str:
        """Return the original text with a substitute for the given spans of `says`."""
        kept: list[str] = []
        end = 0
        for first, behind in sorted(spans):
            if not kept or self.places[first] > end:
                kept += self.text[end : self.places[first]], substitute
            end = max(end, self.places[behind])
        return "".join([*kept, self.text[end:]])


def spelled(text: str) -> Spelled:
    """Remove the escapes from a text, even nested ones."""
    says, places = text, cast(Sequence[int], range(len(text) + 1))
    for _ in range(_MOST_LAYERS):
        if not _ESCAPE.search(says):
            break
        says, places = _unescaped(says, places)
    return Spelled(text, says, places)


def _unescaped(text: str, places: Sequence[int]) -> tuple[str, Sequence[int]]:
    parts: list[str] = []
    kept: list[int] = []
    end = 0
    for escape in _ESCAPE.finditer(text):
        start = escape.start()
        parts += text[end:start], _character(escape[0])
        kept += places[end : start + 1]
        end = escape.end()
    return "".join([*parts, text[end:]]), [*kept, *places[end:]]


@lru_cache(maxsize=512)
def _character(escape: str) -> str:
    found = _ESCAPE.fullmatch(escape)
    four, two, some, decimal, itself, name = found.groups() if found else [""] * 6
    if itself:
        return _WHITE_SPACE.get(itself, itself)
    if name:
        said = html5.get(name, "")
    else:
        said = chr(min(int(decimal) if decimal else int(four or two or some, 16), 128))
    return said if len(said) == 1 and said.isascii() else " "
