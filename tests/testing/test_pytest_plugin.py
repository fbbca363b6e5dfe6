"""The fixtures, which pytest knows without being told."""

import os
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
from anyio.lowlevel import checkpoint

from access_tokens import (
    AccessTokensClient,
    AsyncAccessTokensClient,
    ClientClosedError,
    RetryPolicy,
    UnavailableError,
)

from ..helpers.callers import ASYNC, run


def list_from_env(variant: str, count: int = 1, **options: Any) -> list[UnavailableError]:
    """List tokens in vain, so many times one after the other, or at once in tasks."""
    errors: list[UnavailableError] = []
    if variant == "sync":
        with AccessTokensClient.from_env(**options) as client:
            for _ in range(count):
                with pytest.raises(UnavailableError) as caught:
                    client.list()
                errors.append(caught.value)
        return errors

    async def fail(client: AsyncAccessTokensClient) -> None:
        with pytest.raises(UnavailableError) as caught:
            await client.list()
        errors.append(caught.value)

    async def main() -> None:
        async with AsyncAccessTokensClient.from_env(**options) as client, anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(fail, client)

    run(variant, main)
    return errors


def test_service_fixture_is_a_running_service(access_tokens_service):
    with httpx.Client(base_url=access_tokens_service.endpoint, verify=False) as http:
        assert http.get("/").status_code == 404


@pytest.fixture
def real_file(monkeypatch: pytest.MonkeyPatch) -> str:
    """The shell of the developer names the file of a real PAT."""
    monkeypatch.setenv("ACCESS_TOKENS_API_KEY_FILE", "/run/secrets/pat")
    return "/run/secrets/pat"


def test_env_fixture_names_the_service_in_the_environment(
    real_file, access_tokens_env, access_tokens_service
):
    assert access_tokens_env is access_tokens_service
    assert real_file not in os.environ.values()
    assert os.environ["ACCESS_TOKENS_ENDPOINT"] == access_tokens_env.endpoint
    assert os.environ["ACCESS_TOKENS_API_KEY"] == access_tokens_env.admin_pat


@pytest.mark.parametrize(
    ("options", "waits"),
    [
        ({}, [1, 2, 4]),
        ({"deadline": 6.9}, [1, 2]),  # as many as there would have been
        ({"deadline": 2.9}, [1]),
        ({"deadline": 0.9}, []),
        ({"retry": RetryPolicy(retries=2, backoff=10)}, [10, 20]),
    ],
    ids=str,
)
def test_without_waits_a_call_makes_as_many_attempts(
    access_tokens_env, access_tokens_no_waits, variant, options, waits
):
    access_tokens_env.fail_next(100, path="/auth/token")
    [error] = list_from_env(variant, **options)
    assert access_tokens_no_waits == waits
    assert error.attempts == len(waits) + 1


def test_retry_after_is_noted_and_too_long_a_one_refused_as_ever(
    access_tokens_env, access_tokens_no_waits, variant
):
    access_tokens_env.fail_next(headers={"Retry-After": "100"})
    access_tokens_env.fail_next(headers={"Retry-After": "1000"})
    [error] = list_from_env(variant)
    assert (access_tokens_no_waits, error.retry_after) == ([100], 1000)


def test_calls_do_not_shorten_each_others_deadline(access_tokens_env, access_tokens_no_waits, variant):
    access_tokens_env.fail_next(1000, path="/admin/tokens")
    errors = list_from_env(variant, 10, deadline=13)
    assert [error.attempts for error in errors] == [4] * 10
    assert sorted(access_tokens_no_waits) == sorted([1, 2, 4] * 10)


@pytest.mark.parametrize("variant", ASYNC)
def test_a_call_that_never_waits_can_be_cancelled(access_tokens_env, access_tokens_no_waits, variant):
    access_tokens_env.fail_next(1_000_000)

    async def main() -> None:
        retry = RetryPolicy(retries=1_000_000, backoff=0)
        async with (
            AsyncAccessTokensClient.from_env(retry=retry) as client,
            anyio.create_task_group() as group,
        ):
            group.start_soon(client.list)
            while len(access_tokens_no_waits) < 3:
                await checkpoint()
            group.cancel_scope.cancel()

    run(variant, main)


def test_the_client_needs_nothing_else(access_tokens_client, access_tokens_service, access_tokens_no_waits):
    access_tokens_service.fail_next(2)
    assert [each.token_id for each in access_tokens_client.list()] == [access_tokens_service.admin_token_id]
    assert access_tokens_no_waits == [1, 2]


@pytest.mark.parametrize("variant", ASYNC)
def test_the_async_client_works_in_any_loop(
    access_tokens_async_client, access_tokens_service, access_tokens_no_waits, variant
):
    access_tokens_service.fail_next(2)
    for _ in range(2):
        [record] = run(variant, access_tokens_async_client.list)
        assert record.token_id == access_tokens_service.admin_token_id
    assert access_tokens_no_waits == [1, 2]


@pytest.fixture
def afterwards() -> Iterator[list[Any]]:
    """Calls to make when the fixtures that a test names after this one have ended."""
    calls: list[Any] = []
    yield calls
    for call in calls:
        with pytest.raises(ClientClosedError):
            call()


def test_both_are_closed_after_the_test(afterwards, access_tokens_client, access_tokens_async_client):
    afterwards.append(access_tokens_client.list)
    afterwards.append(lambda: run("asyncio", access_tokens_async_client.list))
