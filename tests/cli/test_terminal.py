"""What is different on a terminal: tables, colours, relative times, a progress bar, and questions."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from access_tokens.testing import LocalService
from tests.helpers.command_line import CommandLine, read_until
from tests.helpers.local_service import PHC

COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9][0-9;]*m")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
DAY = 86_400


@pytest.fixture(autouse=True)
def _wide(run: CommandLine) -> None:
    run.environment["COLUMNS"] = "200"


def test_a_table_has_relative_times(run: CommandLine, shared_service: LocalService) -> None:
    now = int(shared_service.now())
    half = DAY // 2
    kinds: list[tuple[dict[str, Any], str, str, str]] = [
        ({"last_used_at": now - 2 * DAY - half, "is_admin": True}, "admin", "2 days ago", "valid"),
        ({"expires_at": now + 3 * DAY + half}, "", "never", "expires in 3 days"),
        ({"expires_at": now + 90 * DAY, "roles": ["a", "b"]}, "a, b", "never", "expires in 2 months"),
        ({"expires_at": now - half}, "", "never", "expired 12 hours ago"),
        ({"revoked_at": now - 61 * DAY}, "", "never", "revoked 2 months ago"),
    ]
    ids = [shared_service.seed(1, owner="ann", created_at=now - 400 * DAY, **each[0])[0] for each in kinds]
    every = ("list", "--owner", "ann", "--include-revoked", "--include-expired")
    shown = run.on_terminal(*every)
    lines = CONTROL.sub("", shown.out).splitlines()
    assert any(line.split()[:4] == ["Token", "ID", "Owner", "Admin"] for line in lines)
    for token_id, (_, *words) in zip(ids, kinds, strict=True):
        [line] = [each for each in lines if token_id in each]
        assert all(each in line for each in ["ann", "1 year ago", *words])
    assert lines[-1].endswith("5 tokens")
    assert COLOUR.search(shown.out)
    assert PHC[:8] not in shown.out
    assert "Secret hash" in run.on_terminal(*every, "--include-secret-phc").out
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        run.environment |= {"TERM": "xterm", name: value}
        assert not COLOUR.search(run.on_terminal(*every, "--verbose").out)
    assert "\x1b" not in run(*every).out


def test_a_narrow_table_cuts_nothing(run: CommandLine, shared_service: LocalService) -> None:
    run.environment["COLUMNS"] = "70"
    owner = "".join(map(chr, range(ord("a"), ord("z")))) + "@example.com"
    [token_id] = shared_service.seed(1, owner=owner, roles=["x" * 30])
    told = CONTROL.sub("", run.on_terminal("list", "--owner", owner).out)
    assert token_id in told
    assert "…" not in told


def test_a_bar_shows_the_progress_on_standard_error(run: CommandLine, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as out:
        shown = run.on_terminal("list", "--json", out=out)
        assert "Listing tokens" in shown.out
        assert run.on_terminal("list", "--quiet", out=out).out == ""
    assert "Listing" not in (tmp_path / "out").read_text()
    assert run("list").err == ""


def test_errors_and_warnings_have_colours(run: CommandLine) -> None:
    assert "\x1b[31mError" in run.on_terminal("nothing").out
    run.environment["NO_COLOR"] = "1"
    assert "\x1b" not in run.on_terminal("nothing").out


def test_a_pat_is_typed_without_showing_it(run: CommandLine, shared_service: LocalService) -> None:
    command = [sys.executable, "-m", "access_tokens.cli", "whoami", "--quiet", "--admin-token", "-"]
    service = ["--url", shared_service.endpoint]
    master, slave = pty.openpty()
    environment = {name: value for name, value in run.environment.items() if "ACCESS_TOKENS" not in name}
    with subprocess.Popen(
        [*command, *service], stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    ) as typing:
        os.close(slave)
        assert read_until(master, "PAT: ").endswith("PAT: ")
        os.write(master, f"{shared_service.admin_pat}\n".encode())
        assert read_until(master).split() == [shared_service.admin_token_id]
    os.close(master)
    assert typing.returncode == 0
