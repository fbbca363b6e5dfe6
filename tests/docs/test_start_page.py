"""The page "Start" works as pasted, in one shell, and prints what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ..helpers.pages import blocks

PAGE = "docs/start.md"
SHELL, FILES, OUTPUTS = (
    [each.code for each in blocks(kind) if each.page == PAGE] for kind in ("sh", "python", "text")
)
# What the tests run in has it all.
INSTALLATION = re.compile(r"^(python3 -m venv|pip install) .*", re.MULTILINE)


@pytest.fixture
def script(tmp_path, monkeypatch):
    """All that is to be typed, in a directory with the files that are to be saved."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    for code in FILES:
        name = re.match(r"# (\w+\.py)\n", code)
        assert name
        Path(name[1]).write_text(code)
    return INSTALLATION.sub("", "".join(SHELL))


@pytest.mark.untraced
def test_what_is_pasted_prints_what_the_page_says(script):
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("".join(OUTPUTS), "")
    assert done.returncode == 0


def test_each_command_is_shown_with_what_it_prints():
    assert [each for each in SHELL if each.startswith("python ")] == [
        "python start.py\n",
        "python start_async.py\n",
    ]
    assert len(OUTPUTS) == len(FILES) == 2
