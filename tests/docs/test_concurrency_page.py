"""The programs on the page about concurrency that need a process, or a notebook, of their own."""

import ast
import asyncio
import inspect
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from ..helpers.pages import code_of

PAGE = "docs/concurrency.md"
PROGRAMS = {name[1]: code for code in code_of(PAGE) if (name := re.match(r"# (\w+\.py)\n", code))}


def run(name: str, directory: Path) -> str:
    (directory / name).write_text(PROGRAMS[name])
    command = [sys.executable, name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=directory)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.untraced
def test_children_share_the_jwt_of_before_the_fork(service, directory):
    run("prefork.py", directory)
    assert service.exchanges == 1
    assert len([each for each in service.requests if each.path == "/admin/tokens"]) == 3


@pytest.mark.untraced
def test_spawned_processes_return_what_they_have_issued(service, directory):
    printed = run("issue_many.py", directory).splitlines()
    assert [line.split()[0] for line in printed] == ["ann@example.com", "bob@example.com", "eve@example.com"]
    assert all(service.record(line.split()[1]) for line in printed)


def test_that_is_all_of_them():
    assert set(PROGRAMS) == {"prefork.py", "issue_many.py"}


def test_the_cells_of_a_notebook_run(service, directory):
    [notebook] = [each for each in code_of(PAGE, "text") if each.startswith("In [1]")]
    cells = [dedent(" " * 8 + each) for each in re.split(r"^In \[\d\]: ", notebook, flags=re.MULTILINE)[1:]]
    names: dict[str, Any] = {}

    async def use() -> None:
        for cell in cells:
            result = eval(compile(cell, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
            if inspect.isawaitable(result):
                await result

    asyncio.run(use())
    assert len(names["records"]) == 1
    assert [each.path for each in service.requests][-1] == "/admin/tokens/batch"
