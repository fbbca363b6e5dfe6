"""The page about retries: its numbers are those of the code, and its recipe loses no PAT."""

import re
from typing import Any

import attrs
import pytest

from access_tokens import AccessTokensClient, RetryPolicy
from access_tokens.testing import LocalService

from ..helpers.pages import code_of, text_of

PAGE = "docs/retries.md"


def test_the_table_has_the_defaults_of_the_policy():
    policy = attrs.asdict(RetryPolicy())
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\d, ]+) \|", text_of(PAGE), re.MULTILINE))
    assert {int(status) for status in rows.pop("statuses").split(",")} == policy.pop("statuses")
    assert {name: float(value) for name, value in rows.items()} == policy


@pytest.fixture
def issue_once(service: LocalService) -> Any:
    """The recipe for `issue`."""
    names: dict[str, Any] = {}
    [block] = [each for each in code_of(PAGE) if "def issue_once" in each]
    exec(block.partition("\n\nwith ")[0], names)
    return names["issue_once"]


@pytest.mark.parametrize("errors", ["json", "production"])
@pytest.mark.parametrize("is_made", [True, False])
def test_the_recipe_leaves_one_token(issue_once, service, access_tokens_no_waits, is_made, errors):
    service.errors = errors
    service.drop_next(4, path="/admin/tokens", method="POST", after=is_made)
    with AccessTokensClient(service.endpoint, service.admin_pat) as client:
        token, record = issue_once(client, "ann@example.com")
        active = [each.token_id for each in client.iter_tokens() if each.owner == "ann@example.com"]
    assert active == [record.token_id]
    with AccessTokensClient(service.endpoint, token) as hers:
        hers.authenticate()
