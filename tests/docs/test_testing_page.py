"""The code in docs/testing.md runs, as tests of a user, and the page names all that there is."""

import re
import subprocess
import sys

from access_tokens.testing import LocalService, pytest_plugin

from ..helpers.pages import ROOT, code_of, text_of

PAGE = "docs/testing.md"


def test_all_blocks_run(tmp_path):
    settings = tmp_path / "pytest.ini"
    settings.write_text("[pytest]\nfilterwarnings = error\nasyncio_default_fixture_loop_scope = function\n")
    for number, block in enumerate(code_of(PAGE)):
        name = re.match(r"# (\w+\.py)\n", block)
        (tmp_path / (name[1] if name else f"test_{number}.py")).write_text(block)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", settings, tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout


def test_it_names_all_fixtures_and_members_of_the_service():
    fixtures = {name for name in vars(pytest_plugin) if name.startswith("access_tokens_")}
    members = {name for name in dir(LocalService) if not name.startswith("_")}
    names = fixtures | members
    assert names - set(re.findall(r"\w+", text_of(PAGE))) == set()
