"""Where the code of the pages runs: beside a token service, and another API that takes its JWTs."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from access_tokens.testing import LocalService

from ..helpers.feed import may_enter

TOKENS, REPORTS = "https://tokens.example.com", "https://reports.example.com"
FEED, REDIS = "wss://reports.example.com/feed", "redis://redis.example.com"


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

        do_POST = do_GET  # noqa: N815

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
