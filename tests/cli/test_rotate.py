"""`rotate`: wherever it ends, the PAT that is valid is printed or in a file."""

import asyncio
import os
import signal
import stat
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from access_tokens import AccessTokensClient, AuthenticationError
from access_tokens._secret import Secret
from access_tokens.testing import LocalService
from access_tokens.tokens import id_of_token
from tests.helpers.children import Child, forks
from tests.helpers.command_line import ID, CommandLine

# What the audit of Python tells of before it is done, where a process may be killed.
STEPS = {"open", "os.rename", "os.remove", "os.chmod", "socket.connect"}


@frozen
class Rotated:
    """A token whose PAT is in a file."""

    service: LocalService
    token_id: str
    file: Path

    @property
    def successor(self) -> Path:
        return Path(f"{self.file}.new")

    @property
    def files(self) -> set[str]:
        return {each.name for each in self.file.parent.iterdir()}

    def is_valid(self, file: Path) -> bool:
        """Tell whether the PAT in a file is that of the token, and is accepted."""
        pat = file.read_text()
        assert id_of_token(Secret(pat.strip())) in {self.token_id, None}
        return accepts(self.service, pat.strip())


def accepts(service: LocalService, pat: str) -> bool:
    try:
        with AccessTokensClient(service.endpoint, pat) as client:
            client.authenticate()
    except (AuthenticationError, ValueError):
        return False
    return True


@pytest.fixture
def rotated(shared_service: LocalService, tmp_path: Path) -> Rotated:
    token_id, pat = shared_service.issue("ann")
    file = tmp_path / "pats" / "pat"
    file.parent.mkdir()
    file.write_text(pat)
    file.chmod(0o640)
    return Rotated(shared_service, token_id, file)


def test_prints_each_new_pat_before_the_service_learns_of_it(
    run: CommandLine, shared_service: LocalService
) -> None:
    issued = [shared_service.issue("ann") for _ in range(2)]
    told = run("rotate", *(each.token_id for each in issued), "--yes", "--quiet", "--token-prefix", "pat_")
    assert [id_of_token(Secret(each)) for each in told.lines] == [each.token_id for each in issued]
    assert all(accepts(shared_service, each) for each in told.lines)
    assert not any(accepts(shared_service, each.pat) for each in issued)
    shared_service.clear_requests()
    ids = [each.token_id for each in issued]
    with Path("/dev/full").open("w") as full:
        ended = run("rotate", *ids, "--yes", "--json", out=full)
    assert (ended.status, shared_service.requests) == (1, [])
    assert f"2 of 2 tokens are not rotated: {ids[0]} (not done), {ids[1]} (not done)" in ended.err
    unknown = run("rotate", ID, "--yes", "--quiet")
    assert f"the PAT that was printed for token {ID} is not valid" in unknown.err


def test_output_replaces_the_pat_of_the_file(run: CommandLine, rotated: Rotated) -> None:
    link = rotated.file.with_name("link")
    link.symlink_to(rotated.file)
    old = rotated.file.read_text()
    told = run("rotate", "--output", link, "--yes")
    assert told.lines == [
        f"Token {rotated.token_id} rotated successfully",
        f"The token is in {rotated.file}.",
    ]
    assert rotated.is_valid(rotated.file)
    assert not accepts(rotated.service, old)
    assert link.is_symlink()
    assert rotated.files == {"pat", "link"}
    assert stat.S_IMODE(rotated.file.stat().st_mode) == 0o640  # a group that could read it still can
    rotated.file.chmod(0o604)
    [entry] = run("rotate", rotated.token_id, "--output", rotated.file, "--yes", "--json").json
    assert entry == {"tokenId": rotated.token_id, "tokenFile": str(rotated.file), "outcome": "rotated"}
    assert stat.S_IMODE(rotated.file.stat().st_mode) == 0o600
    new = rotated.file.with_name("other")
    assert run("rotate", rotated.token_id, "--output", new, "--yes", "--quiet").lines == [rotated.token_id]
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    assert rotated.is_valid(new)
    new.write_text(new.read_text().replace("pat_", "x_"))
    assert run("rotate", "--output", new, "--yes").status == 0
    assert new.read_text().startswith(f"x_{rotated.token_id}.")


@pytest.mark.fault(110)
def test_a_file_for_something_else_is_refused(run: CommandLine, rotated: Rotated) -> None:
    other = rotated.file.with_name("other")
    other.write_text("something else")
    marked, loop = rotated.file.with_name("marked"), rotated.file.with_name("loop")
    marked.write_text(f"\ufeff{rotated.file.read_text()}")  # by an editor of Windows
    loop.symlink_to(loop)
    for args, problem in (
        (["--output", other], "no PAT"),
        (["--output", marked], "no PAT"),
        (["--output", loop], "cannot be read"),
        ([ID, "--output", rotated.file], "another token"),
        ([rotated.token_id, ID, "--output", rotated.file], "one id"),
        (["--output", rotated.file.with_name("missing")], "one id"),
        (["--output", rotated.file.parent], "cannot be read"),
        ([ID, "--output", rotated.file / "pat"], ""),
        ([ID, "--output", rotated.file.parent / "missing" / "pat"], "cannot be made"),
    ):
        refused = run("rotate", *args, "--yes")
        assert (refused.status, refused.out) == (2, "")
        assert problem in refused.err
    rotated.successor.write_text("left")
    left = run("rotate", "--output", rotated.file, "--yes")
    assert left.status == 2
    assert f"{rotated.successor} is left of an earlier rotation" in left.err
    assert f"mv {rotated.successor} {rotated.file}" in left.err
    assert rotated.files == {"pat", "pat.new", "other", "marked", "loop"}
    assert rotated.successor.read_text() == "left"
    assert rotated.service.requests == []


@pytest.mark.fault(110)
def test_a_refused_rotation_changes_no_file(run: CommandLine, rotated: Rotated) -> None:
    rotated.service.fail_next(status=403, path=f"/admin/tokens/{rotated.token_id}")
    assert run("rotate", "--output", rotated.file, "--yes").status == 1
    assert rotated.files == {"pat"}
    assert rotated.is_valid(rotated.file)
    unknown = rotated.file.with_name("unknown")
    assert run("rotate", ID, "--output", unknown, "--yes").status == 1
    assert rotated.files == {"pat"}


@pytest.mark.fault(110)
@pytest.mark.parametrize("is_done", [True, False])
def test_both_files_stay_when_the_outcome_is_unknown(
    is_done: bool, run: CommandLine, rotated: Rotated, access_tokens_no_waits: object
) -> None:
    rotated.service.drop_next(after=is_done, method="PATCH", path="/admin/*")
    rotated.service.drop_next(99, path="/admin/*")
    ended = run("rotate", "--output", rotated.file, "--yes")
    assert ended.status == 1
    named = f"it is unknown which PAT is valid, that in {rotated.file} or that in {rotated.successor}"
    assert named in ended.err
    assert [rotated.is_valid(each) for each in (rotated.successor, rotated.file)] == [is_done, not is_done]


@pytest.mark.fault(110)
@forks[0]
@forks[1]
@pytest.mark.untraced
def test_wherever_it_is_killed_a_file_has_the_pat_that_is_valid(run: CommandLine, rotated: Rotated) -> None:
    for step in range(30):
        rotated.successor.unlink(missing_ok=True)
        child = Child(partial(rotate_until, step, run, rotated.file))
        code = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
        there = [each for each in (rotated.file, rotated.successor) if each.exists()]
        assert [rotated.is_valid(each) for each in there].count(True) == 1
        if rotated.successor.exists() and rotated.is_valid(rotated.successor):
            rotated.successor.replace(rotated.file)
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert step > 5


def rotate_until(step: int, run: CommandLine, file: Path) -> bool:
    """Have this process killed before one of the steps by which it changes something."""
    steps = iter(range(1000))

    def audit(event: str, args: tuple[object, ...]) -> None:
        is_ours = event == "socket.connect" or str(file.parent) in str(args[:1])
        if event in STEPS and is_ours and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(audit)
    return run("rotate", "--output", file, "--yes").status == 0


@pytest.mark.fault(110)
def test_ctrl_c_before_the_service_is_asked_leaves_nothing(
    run: CommandLine, rotated: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: AccessTokensClient) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(AccessTokensClient, "bearer", interrupted)  # by which the PAT is exchanged
    assert run("rotate", "--output", rotated.file, "--yes").status == 130
    assert not rotated.successor.exists()


@pytest.mark.fault(110)
def test_a_rotation_that_is_under_way_is_not_taken_for_one_that_is_left(
    command_line: CommandLine, tmp_path: Path
) -> None:
    service, reached, goes_on = LocalService(), threading.Event(), threading.Event()
    serve = service.app

    async def hold(scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "PATCH":
            reached.set()
            await asyncio.to_thread(goes_on.wait)
        await serve(scope, receive, send)

    service.app = hold
    file = tmp_path / "pat"
    with service:
        run, rotation = command_line.use(service), ("rotate", "--output", file, "--yes")
        file.write_text(service.issue("ann").pat)
        first = run.started(*rotation)
        assert reached.wait(30)
        second = run(*rotation)
        file.with_name("pat.new").unlink()  # even if somebody removes it
        goes_on.set()
        first.communicate(timeout=30)
        assert (first.returncode, second.status) == (0, 2)
        assert "is being rotated by another command: wait for it" in second.err
        assert accepts(service, file.read_text().strip())
