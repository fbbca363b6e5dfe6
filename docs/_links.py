"""Lets the pages that are files elsewhere in the repository, such as CHANGELOG.md, link to each other."""

import re
from pathlib import PurePosixPath
from typing import Any

from sphinx.application import Sphinx

# A file of the repository, and the page that has it.
PAGES = {
    "CATALOGUE.md": "survived.md",
    "CHANGELOG.md": "changes.md",
    "SECURITY.md": "security.md",
    "benchmarks/README.md": "speed.md",
}
LINK = re.compile(r"(?<!!)\[([^]]+)\]\((?!https?:)([^)#]+)(#[^)]*)?\)")


def _to_page(link: re.Match[str]) -> str:
    text, path, anchor = link.groups()
    for file, page in PAGES.items():
        if path.endswith(file):
            return f"[{text}]({page}{anchor or ''})"
    if PurePosixPath(path).suffix == ".md":  # Sphinx looks for it
        return f"[{text}]({path.removeprefix('docs/')}{anchor or ''})"
    return text if text.startswith("`") else f"`{text}`"


def _relink_page(app: Sphinx, page: str, source: list[str]) -> None:
    source[0] = LINK.sub(_to_page, source[0])


def _relink_included(app: Sphinx, path: Any, page: str, source: list[str]) -> None:
    if str(path).endswith(".md"):
        _relink_page(app, page, source)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", _relink_page)
    app.connect("include-read", _relink_included)
    return {"parallel_read_safe": True}
