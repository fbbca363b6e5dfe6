"""Every example runs, and does what it says."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import anyio
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from access_tokens import (
    AccessTokensClient,
    AccessTokensError,
    AsyncAccessTokensClient,
    ConflictError,
    RetryPolicy,
    UnavailableError,
)
from access_tokens.testing import LocalService
from examples import async_script, call_another_api, sync_script
from examples.tour import __main__ as tour
from examples.tour import guide, threads

ROOT = Path(__file__).resolve().parents[1]
# What a PAT ends in, with or without its id; a JWT; a hash.
SECRETS = re.compile(r"[A-Za-z0-9+/]{43}=|eyJ[\w-]+\.[\w-]+|\$scrypt\$")
UNKNOWN = "0" * 21
DAY = 86_400
NO_WAIT = RetryPolicy(backoff=0)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python from the root of the repository."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def run_example(name: str, service: LocalService, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an example as its docstring says, and see that it keeps its secrets."""
    done = run(
        "-m",
        f"examples.{name}",
        *arguments,
        ACCESS_TOKENS_ENDPOINT=service.endpoint,
        ACCESS_TOKENS_API_KEY=service.admin_pat,
    )
    assert not SECRETS.search(done.stdout + done.stderr)
    return done


def revoked(service: LocalService, token_id: str) -> bool:
    record = service.record(token_id)
    return record is not None and "revokedAt" in record


def id_of(pat: str) -> str:
    return pat.removeprefix("pat_").partition(".")[0]


@pytest.fixture
def service() -> Iterator[LocalService]:
    with LocalService() as service:
        yield service


@pytest.fixture
def client(service: LocalService) -> Iterator[AccessTokensClient]:
    with AccessTokensClient(service.endpoint, service.admin_pat, retry=NO_WAIT) as client:
        yield client


# tour


def test_the_tour_succeeds() -> None:
    done = run("-m", "examples.tour")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"All \d\d checks passed, in \d+\.\d s\.", done.stdout.splitlines()[-1])


def test_the_tour_fits_a_terminal_and_keeps_its_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: set[str] = set()

    class Watched(LocalService):
        def clear_requests(self) -> None:
            self.watch()
            super().clear_requests()

        def stop(self) -> None:
            self.watch()
            super().stop()

        def watch(self) -> None:
            sent.update(request.headers["Authorization"].removeprefix("Bearer ") for request in self.requests)

    monkeypatch.setattr(guide, "LocalService", Watched)
    assert tour.main() == 0
    output = capsys.readouterr().out
    assert output.isascii()
    assert max(map(len, output.splitlines())) <= 100
    assert "pat_..." in output
    assert not SECRETS.search(output)
    assert len(sent) > 6
    assert not [secret for secret in sent if secret in output]


class KeepsItsKey(LocalService):
    def rotate_key(self) -> None:
        pass


@pytest.mark.parametrize(
    ("another", "difference"),
    [
        (partial(LocalService, documented=True), "expected 500, got 404"),
        (KeepsItsKey, "expected 'GET, POST, GET', got 'GET'"),
        (partial(LocalService, prefix="other_"), "expected 'pat_', got 'othe'"),
        (partial(LocalService, admin_path="/elsewhere"), "EndpointError: Failed to list tokens"),
    ],
)
def test_the_tour_ends_where_something_differs(
    another: object, difference: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(guide, "LocalService", another)
    assert tour.main() == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("The tour ends here, after ")
    assert difference in last


def test_the_tour_ends_when_a_task_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tour, "from_threads", lambda guide: None)
    monkeypatch.setattr(guide, "LocalService", partial(LocalService, auth_path="/elsewhere"))
    assert tour.main() == 1
    assert "after 0 checks. EndpointError: Failed to authenticate" in capsys.readouterr().out


def test_a_call_that_must_fail_and_does_not_is_a_difference() -> None:
    with pytest.raises(guide.Differs, match="the call succeeded"):
        threads.error_of(lambda: None)


# sync_script


def test_a_credential_is_rotated(service: LocalService, tmp_path: Path) -> None:
    expires_at = int(service.now()) + DAY
    old = id_of(service.issue("ci@example.com", roles=["reader", "writer"], expires_at=expires_at))
    file = tmp_path / "pat"
    done = run_example("sync_script", service, old, str(file))
    assert (done.returncode, done.stderr) == (0, "")
    pat = file.read_text()
    record = service.record(id_of(pat))
    assert record is not None
    assert (record["owner"], record["roles"]) == ("ci@example.com", ["reader", "writer"])
    assert record["expiresAt"] == expires_at
    assert revoked(service, old)
    assert not file.stat().st_mode & 0o077
    with AccessTokensClient(service.endpoint, pat) as holder:
        holder.authenticate()


@pytest.mark.parametrize("arguments", [(), (UNKNOWN,)])
def test_the_rotation_says_how_it_is_used(service: LocalService, arguments: tuple[str, ...]) -> None:
    done = run_example("sync_script", service, *arguments)
    assert done.returncode == 1
    assert "TOKEN_ID NEW_PAT_FILE" in done.stderr


def test_an_unknown_token_is_not_rotated(service: LocalService, tmp_path: Path) -> None:
    done = run_example("sync_script", service, UNKNOWN, str(tmp_path / "pat"))
    assert done.returncode == 1
    assert done.stderr == f"Not rotated: no token with the id {UNKNOWN} is in use\n"


def test_a_new_token_whose_answer_was_lost_is_revoked(
    service: LocalService, client: AccessTokensClient, tmp_path: Path
) -> None:
    [old] = service.seed(1)
    service.drop_next(path="/admin/tokens", method="POST", after=True)
    with pytest.raises(ConflictError) as caught:
        sync_script.rotate(client, old, tmp_path / "pat")
    assert caught.value.outcome_unknown
    assert revoked(service, caught.value.token_id or "")
    assert not revoked(service, old)


def test_a_new_token_that_was_never_issued_needs_no_revocation(
    service: LocalService, client: AccessTokensClient, tmp_path: Path
) -> None:
    [old] = service.seed(1)
    service.fail_next(4, status=503, path="/admin/tokens", method="POST")
    with pytest.raises(UnavailableError) as caught:
        sync_script.rotate(client, old, tmp_path / "pat")
    assert caught.value.outcome_unknown
    assert not revoked(service, old)


def test_a_new_token_that_cannot_be_handed_over_is_revoked(
    service: LocalService, client: AccessTokensClient, tmp_path: Path
) -> None:
    [old] = service.seed(1, owner="ci@example.com")
    file = tmp_path / "pat"
    file.write_text("precious")
    with pytest.raises(FileExistsError):
        sync_script.rotate(client, old, file)
    assert [record.token_id for record in client.iter_tokens() if record.owner == "ci@example.com"] == [old]
    assert file.read_text() == "precious"


def test_the_rotation_reports_what_fails(
    service: LocalService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    [old] = service.seed(1)
    service.fail_next(1, status=500, body={"error": f"Token not found: {old}"}, path="*/revoke")
    monkeypatch.setenv("ACCESS_TOKENS_ENDPOINT", service.endpoint)
    monkeypatch.setenv("ACCESS_TOKENS_API_KEY", service.admin_pat)
    with pytest.raises(SystemExit, match="Not rotated: Failed to revoke token: Token not found"):
        sync_script.main(old, str(tmp_path / "pat"))


def test_the_rotation_says_which_token_to_look_at(
    service: LocalService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    [old] = service.seed(1)
    # What `from_env` makes must not wait between its attempts.
    monkeypatch.setattr(AccessTokensClient, "from_env", lambda: client_of(service))
    service.drop_next(4, path="*/revoke", after=True)
    with pytest.raises(SystemExit, match=f"look at token {old} before you try again"):
        sync_script.main(old, str(tmp_path / "pat"))


def client_of(service: LocalService) -> AccessTokensClient:
    return AccessTokensClient(service.endpoint, service.admin_pat, retry=NO_WAIT)


# async_script


def expiring_tokens(service: LocalService) -> dict[str, str]:
    now = int(service.now())
    lives = {"soon": DAY, "later": 30 * DAY, "soon too": 2 * DAY}
    return {name: id_of(service.issue(name, expires_at=now + life)) for name, life in lives.items()}


def expiry(service: LocalService, token_id: str) -> int:
    record = service.record(token_id) or {}
    return int(str(record["expiresAt"]))


def test_what_expires_soon_is_prolonged(service: LocalService) -> None:
    tokens = expiring_tokens(service)
    done = run_example("async_script", service, "7")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(line.split()[0] for line in done.stdout.splitlines()) == sorted(
        [tokens["soon"], tokens["soon too"]]
    )
    assert expiry(service, tokens["soon"]) > time.time() + 89 * DAY
    assert expiry(service, tokens["later"]) < time.time() + 31 * DAY


@pytest.mark.parametrize("arguments", [(), ("soon",)])
def test_the_prolongation_says_how_it_is_used(service: LocalService, arguments: tuple[str, ...]) -> None:
    done = run_example("async_script", service, *arguments)
    assert done.returncode == 1
    assert "async_script DAYS" in done.stderr


def test_the_prolongation_reports_what_fails(service: LocalService) -> None:
    service.fail_next(status=403, body={"error": "Not today"})
    done = run_example("async_script", service, "7")
    assert done.returncode == 1
    assert done.stderr == "Nothing was prolonged: Failed to authenticate: Not today (HTTP 403)\n"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_one_failure_does_not_stop_the_others(service: LocalService, backend: str) -> None:
    tokens = expiring_tokens(service)
    service.fail_next(status=400, path=f"/admin/tokens/{tokens['soon']}")

    async def prolong() -> list[AccessTokensError]:
        async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client:
            return await async_script.prolong(client, 7)

    [error] = anyio.run(prolong, backend=backend)
    assert error.token_id == tokens["soon"]
    assert expiry(service, tokens["soon too"]) > time.time() + 89 * DAY


# call_another_api


@contextmanager
def listening(app: Starlette) -> Generator[str]:
    """Serve an application on the loopback interface."""
    # It listens from here on: a request that comes before the server has started waits.
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def another_api(service: LocalService) -> Iterator[str]:
    """An API that believes the service's JWTs, and tells who their bearer is."""

    def whoami(request: Request) -> JSONResponse:
        try:
            claims = service.verify(request.headers["Authorization"].removeprefix("Bearer "))
        except (KeyError, ValueError):
            return JSONResponse({"error": "who are you?"}, 401)
        return JSONResponse({"you": claims["owner"]})

    with listening(Starlette(routes=[Route("/whoami", whoami)])) as url:
        yield f"{url}/whoami"


def test_another_api_knows_who_calls(service: LocalService, another_api: str) -> None:
    done = run_example("call_another_api", service, another_api)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        'sync:  {"you":"admin@example.com"}',
        'async: {"you":"admin@example.com"}',
    ]
    assert service.exchanges == 2


def test_another_api_is_called_on_after_a_new_key(
    service: LocalService, client: AccessTokensClient, another_api: str
) -> None:
    before = call_another_api.fetch(client, another_api)
    service.rotate_key()
    assert call_another_api.fetch(client, another_api) == before
    assert service.exchanges == 2


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_another_api_is_called_on_in_async_code_after_a_new_key(
    service: LocalService, another_api: str, backend: str
) -> None:
    async def fetch_twice() -> tuple[str, str]:
        async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client:
            before = await call_another_api.fetch_async(client, another_api)
            service.rotate_key()
            return before, await call_another_api.fetch_async(client, another_api)

    before, after = anyio.run(fetch_twice, backend=backend)
    assert before == after
    assert service.exchanges == 2


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://other.example.com/", "the JWT is sent to https:// URLs only"),
        ("{another_api}/unknown", "404 Not Found"),
    ],
)
def test_a_call_of_another_api_that_fails_is_reported(
    service: LocalService, another_api: str, url: str, reason: str
) -> None:
    done = run_example("call_another_api", service, url.format(another_api=another_api))
    assert done.returncode == 1
    assert done.stderr.startswith("Failed: ")
    assert reason in done.stderr


def test_a_refused_pat_is_reported(service: LocalService, another_api: str) -> None:
    service.revoke(service.admin_token_id)
    done = run_example("call_another_api", service, another_api)
    assert done.returncode == 1
    assert done.stderr == "Failed: Failed to authenticate: Invalid Authorization token (HTTP 401)\n"


# test_your_code


def test_a_users_tests_pass() -> None:
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "examples/test_your_code.py")
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
