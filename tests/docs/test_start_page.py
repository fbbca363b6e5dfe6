"""The page "Start" works as pasted, in one shell, and prints what it says."""

import re

import pytest

from ..helpers.pages import code_of

SHELL, FILES, OUTPUTS = (code_of("docs/start.md", each) for each in ("sh", "python", "text"))


@pytest.fixture
def saved(directory):
    """The files that are to be saved."""
    for code in FILES:
        name = re.match(r"# (\w+\.py)\n", code)
        assert name
        (directory / name[1]).write_text(code)


@pytest.mark.untraced
@pytest.mark.usefixtures("saved")
def test_what_is_pasted_prints_what_the_page_says(bash):
    done = bash("".join(SHELL))
    assert (done.stdout, done.stderr) == ("".join(OUTPUTS), "")
    assert done.returncode == 0


def test_each_command_is_shown_with_what_it_prints():
    assert [each for each in SHELL if each.startswith("python ")] == [
        "python start.py\n",
        "python start_async.py\n",
    ]
    assert len(OUTPUTS) == len(FILES) == 2
