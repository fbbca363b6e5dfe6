"""The program itself: help, version, completion, what is imported, and how a process ends."""

import os
import re
import shutil
import signal
import subprocess
import sys
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

import access_tokens.cli
from access_tokens.testing import LocalService
from tests.helpers.command_line import EACH, CommandLine
from tests.helpers.fault_server import EXCHANGE, FaultServer
from tests.helpers.plays import Held

HEAVY = {"httpx", "httpcore", "anyio", "rich", "yaml", "cattrs", "cryptography", "access_tokens.client"}
EXTRA = {"click", "rich", "yaml"}
_HELP = f"""
import sys
from access_tokens.cli import main
for command in {EACH!r}:
    assert main([command, "--help"]) == 0
assert main(["--help"]) == main(["--version"]) == 0
print({HEAVY!r} & {{*sys.modules}} or "none", file=sys.stderr)
"""
# httpx imports click and rich by itself where they are installed.
_LIBRARY = f"""
import sys
sys.modules.update(dict.fromkeys({EXTRA!r}))
from access_tokens import AccessTokensClient
AccessTokensClient("https://api.example.com", "pat_x").close()
print("none", file=sys.stderr)
"""
_WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None
from access_tokens.cli import main
sys.exit(main())
"""


# Where the tests themselves ignore Ctrl-C, as in the background of a shell, their children would too.
_INTERRUPTIBLE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from access_tokens.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize("command", EACH)
def test_help_explains_every_option_with_an_example(command: str, command_line: CommandLine) -> None:
    told = command_line(command, "--help")
    assert (told.status, told.err) == (0, "")
    assert told.out == command_line(command, "-h").out
    assert f"Usage: access-tokens {command} " in told.out
    assert "access-tokens " + command in told.out.partition("Examples:")[2]
    explained = told.out.partition("Options:")[2].replace("\n   ", "   ")
    assert not [line for line in explained.splitlines() if re.fullmatch(r"  -\S+( \S+)?", line)]


def test_the_program_explains_itself(command_line: CommandLine) -> None:
    told = command_line("--help")
    assert all(f"\n  {each} " in told.out for each in EACH)
    assert "130  Ctrl-C" in told.out
    assert command_line("--version").lines == [version("access-tokens-client")]
    nothing = command_line()
    assert (nothing.status, nothing.out, nothing.err) == (2, "", told.out)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_the_shell(shell: str, command_line: CommandLine) -> None:
    told = command_line("completion", shell)
    assert (told.status, told.err) == (0, "")
    assert f"_ACCESS_TOKENS_COMPLETE={shell}_complete" in told.out


def test_shells_complete_commands_and_endpoints(command_line: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("endpoints: {prod: {}, test: {}, pre: {}}")

    def completed(*words: str) -> set[str]:
        command_line.environment |= {
            "_ACCESS_TOKENS_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(("access-tokens", *words)),
            "COMP_CWORD": str(len(words)),
        }
        return {each.partition(",")[2] for each in command_line().lines}

    assert completed("re") == {"register", "revoke", "restore"}
    assert completed("list", "--config-dir", str(tmp_path), "--endpoint", "p") == {"prod", "pre"}


@pytest.mark.parametrize("script", [_HELP, _LIBRARY], ids=["help", "library"])
def test_nothing_is_imported_in_vain(script: str, command_line: CommandLine) -> None:
    told = command_line.program([sys.executable, "-c", script])
    assert (told.status, told.err) == (0, "none\n")


@pytest.mark.parametrize("name", ["click", "yaml", "rich"])
def test_a_missing_extra_is_named(name: str, command_line: CommandLine) -> None:
    config = command_line.environment["HOME"] + "/.access-tokens-cli/config.yaml"
    Path(config).parent.mkdir(parents=True)
    Path(config).write_text("endpoints: {}")
    told = command_line.program([sys.executable, "-c", _WITHOUT, name, "list", "--endpoint", "prod"])
    if name == "rich":  # for a terminal only
        assert "--endpoint" in told.err
    else:
        assert (told.status, told.err.strip().splitlines()) == (
            2,
            [f"access-tokens needs '{name}': pip install \"access-tokens-client[cli]\""],
        )


def test_the_script_is_the_same_program(run: CommandLine, shared_service: LocalService) -> None:
    [script] = entry_points(group="console_scripts", name="access-tokens")
    assert script.load() is access_tokens.cli.main
    path = shutil.which("access-tokens", path=str(Path(sys.executable).parent))
    told = run.program(
        [path or sys.executable, *([] if path else ["-m", "access_tokens.cli"]), "whoami", "--quiet"]
    )
    assert (told.status, told.out, told.err) == (0, f"{shared_service.admin_token_id}\n", "")


@pytest.mark.parametrize("args", [["list", "--json"], ["--help"]], ids=" ".join)
def test_a_reader_that_has_enough_is_no_trouble(
    args: list[str], run: CommandLine, shared_service: LocalService
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = run.process(*args, stdout=writer)
    finally:
        os.close(writer)
    assert (ended.status, ended.err) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is full")
def test_a_full_disk_is_told(run: CommandLine, shared_service: LocalService) -> None:
    with Path("/dev/full").open("w") as full:
        ended = run.process("issue", "--owner", "ann", "--quiet", stdout=full)
    assert ended.status == 1
    assert "may have been issued" in ended.err
    assert "Error: No space left on device" in ended.err
    assert "Traceback" not in ended.err
    with Path("/dev/full").open("w") as full:
        untold = run.process("issue", "--owner", "ann", "--quiet", "--verbose", stderr=full)
    assert (untold.status, len(untold.lines)) == (0, 1)


def test_ctrl_c_ends_a_process_without_a_traceback(command_line: CommandLine, server: FaultServer) -> None:
    held = Held()
    server.play(EXCHANGE, held)
    environment = command_line.environment | {
        "ACCESS_TOKENS_ENDPOINT": server.endpoint,
        "ACCESS_TOKENS_API_KEY": "pat_x",
    }
    command = [sys.executable, "-c", _INTERRUPTIBLE, "list"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        held.came()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
        held.go_on()
    assert process.returncode == 130
    assert err.split("\n")[-2:] == ["Error: interrupted", ""]
    assert "Traceback" not in err


def test_help_is_a_command_too(command_line: CommandLine) -> None:
    assert command_line("help").out == command_line("--help").out
    assert command_line("help", "issue").out == command_line("issue", "--help").out
