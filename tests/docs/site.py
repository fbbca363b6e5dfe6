"""The built site in a real browser, and what a reader would see of it there."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Literal

from attrs import frozen
from filelock import FileLock
from playwright.sync_api import Browser, Page, Request, sync_playwright

from ..helpers.pages import ROOT
from ..helpers.programs import program

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SCRIPT = (Path(__file__).parent / "site.js").read_text()


@frozen
class Site:
    """The site, built and served on loopback.

    Attributes:
        folder: Where it was built.
        warnings: What the build complained of.
        url: Where it is served, with a slash at the end.
    """

    folder: Path
    warnings: str
    url: str

    def pages(self) -> list[str]:
        """Return the paths of all pages but the one that is made to be searched with."""
        return sorted(
            {str(each.relative_to(self.folder)) for each in self.folder.rglob("*.html")} - {"search.html"}
        )


def once(file: Path, make: Callable[[], str]) -> str:
    """Return the text of a file, which the first of the processes that run tests makes."""
    with FileLock(f"{file}.lock"):
        if not file.exists():
            file.write_text(make())
    return file.read_text()


def build(folder: Path, *options: str, docs: Path = ROOT / "docs") -> subprocess.CompletedProcess[str]:
    """Build the site into a folder, strictly, as `make docs` does."""
    strict = ["--quiet", "--fail-on-warning", "--jobs", "auto", "--doctree-dir", f"{folder}-doctrees"]
    command = [sys.executable, "-m", "sphinx", *strict, *options, str(docs), str(folder)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback, and yield its URL."""

    class Files(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Say nothing of a browser that went on to the next page before it had all of this one."""

    with Server(("127.0.0.1", 0), partial(Files, directory=str(folder))) as server:
        Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@contextmanager
def launch() -> Iterator[Browser]:
    """Launch the browser, which does not isolate itself from the system if root runs it."""
    path = program(*BROWSERS)
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        with playwright.chromium.launch(executable_path=path, args=options) as browser:
            yield browser


@contextmanager
def opened(browser: Browser, site: Site, width: int) -> Iterator[tuple[Page, list[str]]]:
    """Yield a page that gets nothing from elsewhere, and what the browser complains of, as it happens."""
    troubles: list[str] = []
    with browser.new_context(viewport={"width": width, "height": 900}) as context:
        context.route(re.compile(f"^(?!{re.escape(site.url)})"), lambda route: route.abort())
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on(
            "console", lambda said: troubles.append(said.text) if said.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", lambda request: troubles.extend(_failure(request)))
        yield page, troubles


def _failure(request: Request) -> list[str]:
    """What the browser itself gave up, since it went on to another page, has not failed."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"{request.url}: {request.failure}"]


def look(page: Page, url: str) -> dict[str, Any]:
    """Open a page of the site, and look at it by daylight and in the dark.

    Returns:
        What `site.js` tells of it, with its status, what is too wide to be seen, and what is hard to read.
    """
    page.emulate_media(color_scheme="light")
    answer = page.goto(url)
    seen: dict[str, Any] = {"status": answer and answer.status, "wide": [], "faint": []}
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for what, found in page.evaluate(f"({SCRIPT})().looks()").items():
            seen[what] += [f"{scheme}: {each}" for each in found]
    return {**seen, **page.evaluate(f"({SCRIPT})().facts()")}


def look_at_all(browser: Browser, site: Site) -> dict[str, dict[str, Any]]:
    """Look at each page of the site on a narrow screen; return by its path what was seen."""
    seen = {}
    with opened(browser, site, 390) as (page, troubles):
        for path in site.pages():
            seen[path] = look(page, site.url + path) | {"troubles": [*troubles]}
            troubles.clear()
    return seen
