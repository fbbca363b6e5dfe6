"""The code in the README runs."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from access_tokens.testing import LocalService

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def other_api(service: LocalService) -> str:
    """Any URL that answers; the service itself will do."""
    return f"{service.endpoint}/admin/tokens"


@pytest.fixture
def namespace(service: LocalService, other_api: str) -> Iterator[dict[str, Any]]:
    """What the blocks take for granted."""
    names: dict[str, Any] = {
        "endpoint": service.endpoint,
        "api_key": service.admin_pat,
        "other_api": other_api,
    }
    names |= {"token_id": service.admin_token_id, "vault": {"pat": service.admin_pat}}
    exec("from access_tokens import AccessTokensClient", names)  # the first block imports it
    yield names
    if "client" in names:
        names["client"].close()


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_runs(block, namespace, service, access_tokens_env, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("secrets").mkdir()
    Path("secrets/pat").write_text(service.admin_pat)
    exec(compile(block, "README.md", "exec"), namespace)
    if inspect.iscoroutinefunction(namespace.get("main")):
        anyio.run(namespace["main"])
    if "test_offboard" in namespace:
        namespace["test_offboard"](access_tokens_env)
    else:
        assert service.requests or "RetryPolicy(" in block or "Unpack" in block


def test_the_other_api_was_opened(namespace):
    [block] = [block for block in BLOCKS if "client.auth" in block]
    exec(block, namespace)
    assert namespace["response"].status_code == 200


def test_the_error_reads_as_the_readme_says(namespace, capsys):
    [block] = [block for block in BLOCKS if "no-such-id (HTTP" in block]
    exec(block, namespace)
    first = capsys.readouterr().out.splitlines()[0]
    assert f"print(error)  # {first}\n" in block
