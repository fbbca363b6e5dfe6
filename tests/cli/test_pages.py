"""The README and docs/command-line.md say what the program does."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from access_tokens.cli.program import program

ROOT = Path(__file__).parents[2]
README, PAGE = ((ROOT / name).read_text() for name in ("README.md", "docs/command-line.md"))
COMMANDS = program.commands
OPTIONS = {option for each in COMMANDS.values() for param in each.params for option in param.opts}


def test_every_command_is_on_the_page_and_every_option_is_one_of_the_program():
    table = PAGE.partition("## Where")[0]
    assert set(re.findall(r"`([a-z]+)`", table)) >= set(COMMANDS) - {"help"}
    assert set(re.findall(r"(?<![\w|-])--[a-z][a-z-]+", PAGE)) <= OPTIONS | {"--help"}


@pytest.mark.untraced
def test_the_commands_of_the_readme_run(command_line, service, tmp_path):
    [block] = re.findall(r"```sh\n(export ACCESS_TOKENS.*?)```", README, re.DOTALL)
    _, _, commands = block.partition("\n")
    (tmp_path / "pat.txt").write_text(service.admin_pat)
    (tmp_path / "pat.txt").chmod(0o600)
    owned = f"- {{tokenId: {service.admin_token_id}, owner: admin@example.com}}"
    (tmp_path / "tokens.yaml").write_text(f"tokens:\n{owned}\n")
    environment = command_line.environment | {
        "ACCESS_TOKENS_ENDPOINT": service.endpoint,
        "ACCESS_TOKENS_API_KEY_FILE": "pat.txt",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "updated successfully" in ran.stdout
    assert service.exchanges == 1
