"""The code on every page runs."""

import json
import re
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from ..helpers.feed import feed
from ..helpers.pages import PAGES, Block, blocks, text_of
from ..helpers.programs import program
from ..helpers.redis_server import with_redis
from .conftest import FEED, REPORTS, TOKENS

# They have tests of their own.
ELSEWHERE = {"README.md", "docs/logging.md", "docs/start.md", "docs/testing.md"}
ALONE = [each for each in blocks("python", "sh") if each.page not in ELSEWHERE]
# Programs to be saved, and tests. Each page that has some has a test that runs them.
PROGRAMS = [each for each in ALONE if re.search(r"^# \w+\.py\n|^(async )?def test_", each.code, re.MULTILINE)]
DATA: dict[str, Callable[[str], Any]] = {"json": json.loads, "toml": tomllib.loads, "yaml": yaml.safe_load}
EXTRAS = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]


def name_of(block: Block) -> str:
    first = next(line for line in block.code.splitlines() if line.strip())
    return f"{block.page}: {first}"


@pytest.mark.parametrize(
    "block", [each for each in ALONE if each.language == "python" and each not in PROGRAMS], ids=name_of
)
def test_python_runs(block, service, reports, directory):
    names = {"token_id": service.seed(1)[0]}
    code = block.code.replace(TOKENS, service.endpoint).replace(REPORTS, reports)
    with with_redis(code) as code, feed(service) as news:
        exec(compile(code.replace(FEED, news), block.page, "exec"), names)


def test_programs_are_on_a_page_that_runs_them():
    assert {each.page for each in PROGRAMS} == {"docs/concurrency.md"}


@pytest.mark.untraced
@pytest.mark.parametrize("block", [each for each in ALONE if each.language == "sh"], ids=name_of)
def test_commands_run(block, service, bash):
    if "jq" in block.code:
        program("jq")
    service.seed(2, owner="ann@example.com", expires_at=int(service.now()) + 86_400)
    done = bash(block.code)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_to_be_installed_is_there():
    named = re.findall(r"access-tokens-client\[([\w,]+)\]", "".join(page.read_text() for page in PAGES))
    assert {extra for each in named for extra in each.split(",")} == set(EXTRAS) - {"fast"}


@pytest.mark.parametrize("block", blocks(*DATA), ids=name_of)
def test_data_can_be_read(block):
    assert DATA[block.language](block.code)
