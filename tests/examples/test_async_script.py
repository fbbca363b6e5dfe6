"""A script that prolongs what expires soon."""

from __future__ import annotations

import time

import anyio
import pytest

from access_tokens import AccessTokensError, AsyncAccessTokensClient
from access_tokens.testing import LocalService
from examples import async_script

from ..helpers.running_examples import DAY, id_of, run_example


def expiring_tokens(service: LocalService) -> dict[str, str]:
    now = int(service.now())
    lives = {"soon": DAY, "later": 30 * DAY, "soon too": 2 * DAY}
    return {name: id_of(service.issue(name, expires_at=now + life)) for name, life in lives.items()}


def expiry(service: LocalService, token_id: str) -> int:
    record = service.record(token_id) or {}
    return int(str(record["expiresAt"]))


def test_what_expires_soon_is_prolonged(service):
    tokens = expiring_tokens(service)
    done = run_example("async_script", service, "7")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(line.split()[0] for line in done.stdout.splitlines()) == sorted(
        [tokens["soon"], tokens["soon too"]]
    )
    assert expiry(service, tokens["soon"]) > time.time() + 89 * DAY
    assert expiry(service, tokens["later"]) < time.time() + 31 * DAY


@pytest.mark.parametrize("arguments", [(), ("soon",)])
def test_the_prolongation_says_how_it_is_used(service, arguments):
    done = run_example("async_script", service, *arguments)
    assert done.returncode == 1
    assert "async_script DAYS" in done.stderr


def test_the_prolongation_reports_what_fails(service):
    service.fail_next(status=403, body={"error": "Not today"})
    done = run_example("async_script", service, "7")
    assert done.returncode == 1
    assert done.stderr == "Nothing was prolonged: Failed to authenticate: Not today (HTTP 403)\n"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_one_failure_does_not_stop_the_others(service, backend):
    tokens = expiring_tokens(service)
    service.fail_next(status=400, path=f"/admin/tokens/{tokens['soon']}")

    async def prolong() -> list[AccessTokensError]:
        async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client:
            return await async_script.prolong(client, 7)

    [error] = anyio.run(prolong, backend=backend)
    assert error.token_id == tokens["soon"]
    assert expiry(service, tokens["soon too"]) > time.time() + 89 * DAY
