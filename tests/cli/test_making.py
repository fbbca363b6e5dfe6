"""`generate`, `issue` and `register`: new tokens, whose PATs are never lost."""

import errno
import hashlib
import io
import json
import os
import signal
import stat
import sys
from base64 import b64decode
from contextlib import suppress
from pathlib import Path

import pytest

from access_tokens import AccessTokensClient
from access_tokens.cli.secret_file import SecretFile
from access_tokens.testing import LocalService
from tests.helpers.command_line import ID, CommandLine
from tests.helpers.fault_server import TOKENS, FaultServer
from tests.helpers.local_service import PHC
from tests.helpers.signals import handling, needs_signals, send_signal
from tests.helpers.threads import until

EXPIRY = 1_893_456_000  # 2030-01-01
RIGHTS = ("--admin", "--roles", "a, b,,a", "--expires-at", "2030-01-01")


def whose(service: LocalService, pat: str) -> str | None:
    """Exchange a PAT, and return the owner."""
    with AccessTokensClient(service.endpoint, pat) as client:
        claims = client.whoami()
        return claims.owner if claims else None


def interrupt() -> None:
    raise KeyboardInterrupt


def pats_in(*texts: str) -> list[str]:
    return [word for text in texts for word in text.split() if word.startswith(("pat_", "x_"))]


def test_what_generate_makes_can_be_registered_and_used(
    run: CommandLine, shared_service: LocalService
) -> None:
    made = run("generate", "--token-prefix", "x_", "--json").json
    record = run(
        *("register", "--token-id", made["tokenId"], "--secret-phc", made["secretPhc"]),
        *("--owner", "ann", *RIGHTS, "--json"),
    ).json
    assert made["token"].startswith(f"x_{made['tokenId']}.")
    assert record["secretPhc"] == made["secretPhc"]
    assert {
        "owner": "ann",
        "isAdmin": True,
        "roles": ["a", "b"],
        "expiresAt": EXPIRY,
    }.items() <= record.items()
    salt, hashed = (b64decode(f"{each}==") for each in made["secretPhc"].split("$")[3:])
    secret = b64decode(made["token"].partition(".")[2])
    assert hashlib.scrypt(secret, salt=salt, n=2**14, r=8, p=1, maxmem=2**26, dklen=32) == hashed


def test_generate_says_what_goes_to_whom(command_line: CommandLine) -> None:
    told = command_line("generate", "--token-id", ID)
    [pat] = pats_in(told.out)
    assert (told.status, told.err) == (0, "")
    assert told.lines[2:4] == ["TOKEN (save this securely, it won't be shown again):", pat]
    assert told.lines[7] == f"Token ID: {ID}"
    assert told.lines[8].startswith("Secret hash: $scrypt$ln=14,r=8,p=1$")
    assert pats_in(command_line("generate", "--quiet", "--token-prefix", "").out) == []


@pytest.mark.parametrize(
    "more", [(), ("--generate-locally", "--token-prefix", "pat_")], ids=["there", "here"]
)
def test_issue_gives_what_is_asked_for(
    more: tuple[str, ...], run: CommandLine, shared_service: LocalService, tmp_path: Path
) -> None:
    told = run("issue", "--owner", "Ann", *RIGHTS, *more)
    [pat] = pats_in(told.out)
    token_id = told.lines[-3].removeprefix("Token ID: ")
    assert told.lines == [
        *("Token issued successfully!", "", "TOKEN (save this securely, it won't be shown again):", pat, ""),
        *(f"Token ID: {token_id}", "Owner: Ann", "Admin: true"),
    ]
    assert whose(shared_service, pat) == "Ann"
    record = shared_service.record(token_id) or {}
    assert (record["isAdmin"], record["roles"], record["expiresAt"]) == (True, ["a", "b"], EXPIRY)
    assert ("PUT" in [each.method for each in shared_service.requests]) == bool(more)


def test_issue_takes_an_id_which_is_then_taken(run: CommandLine, shared_service: LocalService) -> None:
    told = run("issue", "--owner", "ann", "--token-id", "i" * 21, "--expires-at", "2001-01-01", "--json")
    assert told.json["record"]["tokenId"] == "i" * 21
    assert "in the past" in told.err
    for taken in (
        run("issue", "--owner", "ann", "--token-id", "i" * 21),
        run("register", "--owner", "ann", "--token-id", "i" * 21, "--secret-phc", PHC),
    ):
        assert (taken.status, taken.out) == (1, "")
        assert f"already exists: {'i' * 21}" in taken.err


@pytest.mark.fault(109)
@pytest.mark.parametrize("command", [["generate"], ["issue", "--owner", "ann"]], ids=["generate", "issue"])
def test_output_is_a_new_file_for_its_owner_alone(
    command: list[str], run: CommandLine, shared_service: LocalService, tmp_path: Path
) -> None:
    file = tmp_path / "pat"
    before = os.umask(0)
    try:
        told = run(*command, "--output", file)
    finally:
        os.umask(before)
    pat = file.read_text()
    assert pats_in(told.out) == []
    assert f"The token is in {file}." in told.lines
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run(*command, "--output", tmp_path / "2", "--json").json["tokenFile"] == str(tmp_path / "2")
    assert len(run(*command, "--output", tmp_path / "3", "--quiet").lines[0]) == 21
    assert pats_in(pat) == [pat.rstrip("\n")]
    shared_service.clear_requests()
    for other in (file, tmp_path / "missing" / "pat", tmp_path, file / "pat", f"{file}\0"):
        refused = run(*command, "--output", other)
        assert (refused.status, refused.out) == (2, "")
        assert str(file.parent) in refused.err
    assert file.read_text() == pat
    assert shared_service.requests == []


def test_no_file_is_left_of_a_token_that_is_refused(
    run: CommandLine, shared_service: LocalService, tmp_path: Path
) -> None:
    shared_service.fail_next(status=403)
    assert run("issue", "--owner", "ann", "--output", tmp_path / "pat").status == 1
    assert not (tmp_path / "pat").exists()


@pytest.mark.fault(109)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is full")
@pytest.mark.parametrize("form", ["--quiet", "--json", "--verbose"])
def test_a_pat_that_cannot_be_printed_is_named_by_its_id(
    form: str, run: CommandLine, shared_service: LocalService, tmp_path: Path
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    for descriptor in (os.open("/dev/full", os.O_WRONLY), writer):
        with suppress(BrokenPipeError), os.fdopen(descriptor, "w") as out:
            lost = run("issue", "--owner", "ann", form, out=out)
        [posted] = [each for each in shared_service.requests if each.path == TOKENS]
        token_id = json.loads(posted.body)["tokenId"]
        assert lost.status == 1
        assert f"Error: token {token_id} may have been issued, and its PAT is lost" in lost.err
        assert shared_service.record(token_id)
        shared_service.clear_requests()
    with Path("/dev/full").open("w") as full:
        kept = run("issue", "--owner", "ann", form, "--output", tmp_path / "pat", out=full)
    assert kept.status == 1
    assert f"has been issued, and its PAT is in {tmp_path / 'pat'}" in kept.err
    assert whose(shared_service, (tmp_path / "pat").read_text().strip()) == "ann"


@pytest.mark.fault(109)
@needs_signals
def test_ctrl_c_names_the_token_that_may_have_been_issued(
    command_line: CommandLine, server: FaultServer, tmp_path: Path
) -> None:
    command_line.environment |= {"ACCESS_TOKENS_ENDPOINT": server.endpoint, "ACCESS_TOKENS_API_KEY": "pat_x"}
    server.play(TOKENS, send_signal)
    with handling(interrupt):
        ended = command_line("issue", "--owner", "ann", "--output", tmp_path / "pat")
    token_id = json.loads(server.requests[-1].body)["tokenId"]
    assert ended.status == 130
    assert f"token {token_id} may have been issued" in ended.err
    assert not (tmp_path / "pat").exists()


@pytest.mark.fault(109)
@needs_signals
def test_a_time_limit_names_the_token_that_may_have_been_issued(
    command_line: CommandLine, service: LocalService, tmp_path: Path
) -> None:
    service.delay_next(1, 30, method="POST", path=TOKENS)
    issue = ("issue", "--owner", "ann", "--output", tmp_path / "pat")
    process = command_line.use(service).started(*issue)
    until(lambda: any(each.path == TOKENS for each in service.requests))
    process.terminate()
    _, told = process.communicate(timeout=30)
    token_id = json.loads(service.requests[-1].body)["tokenId"]
    assert process.returncode == 128 + signal.SIGTERM
    assert f"token {token_id} may have been issued" in told
    assert not (tmp_path / "pat").exists()


@pytest.mark.fault(109)
@pytest.mark.parametrize("to_file", [True, False], ids=["file", "stdout"])
def test_a_pat_made_here_is_kept_when_the_answer_is_lost(
    command_line: CommandLine,
    service: LocalService,
    tmp_path: Path,
    to_file: bool,
    access_tokens_no_waits: None,
) -> None:
    service.drop_next(20, method="PUT", after=True)
    service.fail_next(20, status=500, path="/admin/tokens/batch")
    options = ("--output", tmp_path / "pat") if to_file else ("--quiet",)
    lost = command_line.use(service)("issue", "--owner", "ann", "--generate-locally", *options)
    assert lost.status == 1
    assert "may have been registered" in lost.err
    pat = (tmp_path / "pat").read_text() if to_file else lost.out
    assert whose(service, pat.strip()) == "ann"


@pytest.mark.fault(109)
def test_a_pat_that_its_file_does_not_take_is_printed(
    run: CommandLine, shared_service: LocalService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(SecretFile, "write", full)
    ended = run("issue", "--owner", "ann", "--quiet", "--output", tmp_path / "pat")
    assert ended.status == 0
    assert "cannot be written: No space left on device. The PAT is printed" in ended.err
    assert whose(shared_service, ended.out.strip()) == "ann"
    assert not (tmp_path / "pat").exists()


def test_names_are_written_in_any_encoding(run: CommandLine, shared_service: LocalService) -> None:
    for form in ("--json", "--verbose"):
        out = io.TextIOWrapper(io.BytesIO(), "latin-1")
        assert run("issue", "--owner", "Ōë 🔑", form, out=out).status == 0
        out.seek(0)
        text = out.read()
        [pat] = [each.strip('",') for each in text.split() if "pat_" in each]
        assert whose(shared_service, pat) == "Ōë 🔑"
        assert "\\u014d" in text or "\\u014c" in text


@pytest.mark.fault(109)
def test_closed_streams_are_found_before_any_request(run: CommandLine, shared_service: LocalService) -> None:
    command = f"{sys.executable} -m access_tokens.cli"
    no_output = run.program(["sh", "-c", f"{command} issue --owner ann >&-"])
    assert (no_output.status, shared_service.requests) == (2, [])
    assert "standard output is closed" in no_output.err
    assert run.program(["sh", "-c", f"{command} whoami --quiet <&- 2>&-"]).status == 0
