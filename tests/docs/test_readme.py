"""The code in the README runs, and its links lead somewhere."""

import re
from typing import Any

import anyio
import pytest

from access_tokens.testing import LocalService

from ..helpers.pages import code_of, text_of

BLOCKS = code_of("README.md")


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


@pytest.mark.untraced
def test_its_commands_run(service, bash):
    [block] = [each for each in code_of("README.md", "sh") if "access-tokens whoami" in each]
    done = bash(block)
    assert (done.returncode, done.stderr) == (0, "")
    assert "updated successfully" in done.stdout
    assert service.exchanges == 1


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)]+)\)", text_of("README.md")))
def test_its_links_lead_somewhere(link):
    path, _, heading = link.partition("#")
    headings = re.findall(r"^#+ (.*)$", text_of(path), re.MULTILINE)
    assert heading in {"", *(each.lower().replace(" ", "-") for each in headings)}
