"""The code in the README runs."""

import re
from typing import Any

import anyio
import pytest

from access_tokens.testing import LocalService

from ..helpers.pages import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def other_api(service: LocalService) -> str:
    """Any URL that answers; the service itself will do."""
    return f"{service.endpoint}/admin/tokens"


@pytest.fixture
def namespace(service: LocalService, other_api: str) -> dict[str, Any]:
    """What the blocks take for granted."""
    names: dict[str, Any] = {
        "endpoint": service.endpoint,
        "api_key": service.admin_pat,
        "other_api": other_api,
    }
    exec("from access_tokens import AccessTokensClient", names)  # the first block imports it
    return names


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_runs(block, namespace, service):
    exec(compile(block, "README.md", "exec"), namespace)
    if "main" in namespace:
        anyio.run(namespace["main"])
    assert service.requests


def test_the_other_api_was_opened(namespace):
    [block] = [block for block in BLOCKS if "client.auth" in block]
    exec(block, namespace)
    assert namespace["response"].status_code == 200


def test_the_error_reads_as_the_readme_says(namespace, capsys):
    [block] = [block for block in BLOCKS if "no-such-id (HTTP" in block]
    exec(block, namespace)
    first = capsys.readouterr().out.splitlines()[0]
    assert f"print(error)  # {first}\n" in block


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)]+)\)", README))
def test_its_links_lead_somewhere(link):
    path, _, heading = link.partition("#")
    headings = re.findall(r"^#+ (.*)$", (ROOT / path).read_text(), re.MULTILINE)
    assert heading in {"", *(each.lower().replace(" ", "-") for each in headings)}
