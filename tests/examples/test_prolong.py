"""A script that prolongs what expires soon."""

import time

import anyio
import pytest

from access_tokens import AccessTokensError, AsyncAccessTokensClient
from access_tokens.testing import LocalService
from examples import prolong as script

DAY = 86_400


@pytest.fixture
def tokens(service: LocalService) -> dict[str, str]:
    """The ids of tokens, by how soon they expire."""
    now, lives = int(time.time()), {"soon": DAY, "later": 30 * DAY, "soon too": 2 * DAY}
    return {name: service.issue(name, expires_at=now + life).token_id for name, life in lives.items()}


def days_left(service: LocalService, token_id: str) -> int:
    record = service.record(token_id) or {}
    return round((int(str(record["expiresAt"])) - time.time()) / DAY)


def test_what_expires_soon_is_prolonged(service, tokens, examples):
    done = examples.run("prolong", "7")
    assert (done.status, done.err) == (0, "")
    assert {line.split()[0] for line in done.out.splitlines()} == {tokens["soon"], tokens["soon too"]}
    assert [days_left(service, each) for each in tokens.values()] == [90, 30, 90]


def test_it_says_how_it_is_used(examples):
    done = examples.run("prolong", "soon")
    assert (done.status, "prolong.py DAYS" in done.err) == (1, True)


def test_it_reports_what_fails(service, examples):
    service.fail_next(status=403, body={"error": "Not today"})
    done = examples.run("prolong", "7")
    assert (done.status, done.out) == (1, "")
    assert done.err == "Nothing was prolonged: Failed to authenticate: Not today (HTTP 403)\n"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_one_failure_does_not_stop_the_others(service, tokens, backend):
    service.fail_next(status=400, path=f"/admin/tokens/{tokens['soon']}")

    async def prolong() -> list[AccessTokensError]:
        async with AsyncAccessTokensClient.from_env() as client:
            return await script.prolong(client, 7)

    [error] = anyio.run(prolong, backend=backend)
    assert error.token_id == tokens["soon"]
    assert [days_left(service, each) for each in tokens.values()] == [1, 30, 90]
