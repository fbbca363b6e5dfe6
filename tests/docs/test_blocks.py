"""The code on every page runs."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..helpers.feed import feed
from ..helpers.pages import ROOT, Block, blocks
from ..helpers.redis_server import redis_server
from .conftest import FEED, REDIS, REPORTS, TOKENS

# They have tests of their own. The commands of the start page are one after the other in one shell.
ELSEWHERE = {"README.md", "docs/logging.md"}
PYTHON = [each for each in blocks("python") if each.page not in ELSEWHERE and not each.is_for_pytest]
SHELL = blocks("sh")
SEPARATE = [each for each in SHELL if each.page not in ELSEWHERE | {"docs/start.md"}]
DATA: dict[str, Callable[[str], Any]] = {"json": json.loads, "toml": tomllib.loads, "yaml": yaml.safe_load}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


def name_of(block: Block) -> str:
    first = next(line for line in block.code.splitlines() if line.strip())
    return f"{block.page}: {first}"


@pytest.mark.parametrize("block", PYTHON, ids=name_of)
def test_python_runs(block, service, reports, directory):
    names = {"token_id": service.seed(1)[0]}
    code = block.code.replace(TOKENS, service.endpoint).replace(REPORTS, reports)
    with redis_server() if REDIS in code else nullcontext() as redis, feed(service) as news:
        code = code.replace(REDIS, f"unix://{redis and redis.socket}").replace(FEED, news)
        exec(compile(code, block.page, "exec"), names)


@pytest.mark.untraced
@pytest.mark.parametrize("block", SEPARATE, ids=name_of)
def test_commands_run(block, service, directory, monkeypatch):
    if "jq" in block.code and not shutil.which("jq"):
        pytest.skip("there is no jq")
    service.seed(2, owner="ann@example.com", expires_at=int(service.now()) + 86_400)
    if "ACCESS_TOKENS_API_KEY_FILE" in block.code:
        monkeypatch.delenv("ACCESS_TOKENS_API_KEY")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    code = re.sub(r"^pip install .*", "", block.code.replace(TOKENS, service.endpoint), flags=re.MULTILINE)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("block", SHELL, ids=name_of)
def test_what_is_to_be_installed_is_there(block):
    for extras in re.findall(r"access-tokens-client\[([\w,]+)\]", block.code):
        assert set(extras.split(",")) <= set(EXTRAS)


@pytest.mark.parametrize("block", [each for kind in DATA for each in blocks(kind)], ids=name_of)
def test_data_can_be_read(block):
    assert DATA[block.language](block.code)
