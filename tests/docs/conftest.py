"""Where the code of the pages runs: beside a token service, and another API that takes its JWTs."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from access_tokens.testing import LocalService

from ..helpers.feed import may_enter
from .site import Site, build, once, serve

TOKENS, REPORTS = "https://tokens.example.com", "https://reports.example.com"
FEED = "wss://reports.example.com/feed"
# What the tests run in has it all.
INSTALLATION = re.compile(r"^(python3 -m venv|pip install) .*", re.MULTILINE)


@pytest.fixture
def service(access_tokens_env: LocalService) -> LocalService:
    """A service that the environment names."""
    return access_tokens_env


@pytest.fixture
def reports(service: LocalService) -> Iterator[str]:
    """The URL of an API that answers whoever has a JWT of the service, and 401 to others."""

    class Reports(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps({"reports": []}).encode()
            self.send_response(200 if may_enter(service, self.headers.get("Authorization")) else 401)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - as http.server calls it

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Reports) as server:
        Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: LocalService) -> Path:
    """Where a block runs, which is the home directory too: with the files that the pages take for granted."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    (tmp_path / "secrets").mkdir()
    for name in ("pat.txt", "secrets/pat"):
        (tmp_path / name).write_text(service.admin_pat)
        (tmp_path / name).chmod(0o600)
    record = service.record(service.admin_token_id) or {}
    own = {"tokenId": service.admin_token_id, "owner": record["owner"]}
    (tmp_path / "tokens.yaml").write_text(json.dumps({"tokens": [own]}))
    (tmp_path / "jwks.json").write_text(json.dumps(service.jwks()))
    (tmp_path / "your_script.py").write_text(
        "import access_tokens; access_tokens.AccessTokensClient.from_env().list()"
    )
    return tmp_path


@pytest.fixture
def bash(directory: Path, service: LocalService) -> Callable[[str], "subprocess.CompletedProcess[str]"]:
    """Runs what is to be typed there, but for what is to be installed."""

    def run(code: str) -> "subprocess.CompletedProcess[str]":
        typed = INSTALLATION.sub("", code.replace(TOKENS, service.endpoint))
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        unset = ["-u", "ACCESS_TOKENS_API_KEY"] if "ACCESS_TOKENS_API_KEY_FILE" in typed else []
        command = ["env", *unset, f"PATH={path}", "bash", "-euo", "pipefail", "-c", typed]
        return subprocess.run(command, check=False, cwd=directory, capture_output=True, text=True, timeout=60)

    return run


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Site]:
    """The built site, which is built once for all workers."""
    alone = tmp_path_factory.getbasetemp()
    folder = (alone if worker_id == "master" else alone.parent) / "site"
    warnings = once(folder.with_suffix(".warnings"), lambda: build(folder).stderr)
    with serve(folder) as url:
        yield Site(folder, warnings, url)
