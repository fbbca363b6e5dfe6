"""The Markdown of the repository: its pages, and the code in them."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]


class Block(NamedTuple):
    """A block of code of a page, and its language."""

    page: str
    language: str
    code: str


def text_of(page: str) -> str:
    """Return the text of a page, which is named by its path in the repository."""
    return (ROOT / page).read_text()


def blocks(*languages: str) -> list[Block]:
    """Return the blocks of these languages on all pages, one after the other."""
    pages = (page.relative_to(ROOT).as_posix() for page in PAGES)
    return [each for page in pages for each in _blocks_of(page) if each.language in languages]


def code_of(page: str, language: str = "python") -> list[str]:
    """Return the code of a language on a page, block by block."""
    return [each.code for each in _blocks_of(page) if each.language == language]


def _blocks_of(page: str) -> list[Block]:
    found = re.findall(r"^```([\w-]+)\n(.*?)^```$", text_of(page), re.DOTALL | re.MULTILINE)
    return [Block(page, language, code) for language, code in found]
