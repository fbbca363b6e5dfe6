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

    @property
    def is_for_pytest(self) -> bool:
        """Whether it is a test, or a module that one imports."""
        return bool(re.search(r"^(async )?def test_|^# \w+\.py\n", self.code, re.MULTILINE))


def blocks(language: str) -> list[Block]:
    """Return the blocks of a language on all pages, one after the other."""
    return [each for page in PAGES for each in _blocks_of(page) if each.language == language]


def _blocks_of(page: Path) -> list[Block]:
    name = page.relative_to(ROOT).as_posix()
    found = re.findall(r"^```([\w-]+)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    return [Block(name, language, code) for language, code in found]
