"""Lets the pages that are files elsewhere in the repository, such as CHANGELOG.md, link to each other."""

import re
from pathlib import Path
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


def relinked(source: str, folder: Path) -> str:
    """Return the text of a file in a folder with the links that are for the site.

    A page is linked to by its name. Other files are not on the site: their names stay, as code. A link to a
    file that is not there stays as it is, of which Sphinx complains.
    """
    return LINK.sub(lambda link: _for_site(link, folder), source)


def _for_site(link: re.Match[str], folder: Path) -> str:
    text, path, anchor = link.groups()
    if not (folder / path).exists():
        return link[0]
    for file, page in PAGES.items():
        if path.endswith(file):
            return f"[{text}]({page}{anchor or ''})"
    if path.endswith(".md"):
        return f"[{text}]({path.removeprefix('docs/')}{anchor or ''})"
    return text if text.startswith("`") else f"`{text}`"


def _relink_page(app: Sphinx, page: str, source: list[str]) -> None:
    source[0] = relinked(source[0], Path(app.env.doc2path(page)).parent)


def _relink_included(app: Sphinx, path: Any, page: str, source: list[str]) -> None:
    if str(path).endswith(".md"):
        source[0] = relinked(source[0], (Path(app.srcdir) / path).parent)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", _relink_page)
    app.connect("include-read", _relink_included)
    return {"parallel_read_safe": True}
