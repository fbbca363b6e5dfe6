"""Pytest fixtures for testing code that uses this library. pytest finds them by itself.

None of them is async, so that they work without a plugin and with pytest-asyncio, anyio and pytest-trio. What
they need is imported only when a fixture is used, because pytest loads this plugin even if the extra
`testing` is not installed.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from access_tokens import AccessTokensClient, AsyncAccessTokensClient
    from access_tokens.testing import LocalService


@pytest.fixture
def access_tokens_service() -> "Iterator[LocalService]":
    """A local service that runs during the test.

    Example:
        def test_it(access_tokens_service):
            token_id, pat = access_tokens_service.issue("user@example.com")
            with AccessTokensClient(access_tokens_service.endpoint, pat) as client:
                assert client.token_id == token_id
    """
    from access_tokens.testing import LocalService

    with LocalService() as service:
        yield service


@pytest.fixture
def access_tokens_env(
    access_tokens_service: "LocalService", monkeypatch: pytest.MonkeyPatch
) -> "LocalService":
    """The same service, named in the environment variables that `from_env()` reads.

    Example:
        def test_it(access_tokens_env):
            with AccessTokensClient.from_env() as client:
                assert client.token_id == access_tokens_env.admin_token_id
    """
    monkeypatch.setenv("ACCESS_TOKENS_ENDPOINT", access_tokens_service.endpoint)
    monkeypatch.setenv("ACCESS_TOKENS_API_KEY", access_tokens_service.admin_pat)
    monkeypatch.delenv("ACCESS_TOKENS_API_KEY_FILE", raising=False)
    return access_tokens_service


@pytest.fixture
def access_tokens_no_waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Lets no client of this process wait between two attempts; the list of the skipped waits, in seconds.

    All else is as it would be: how often a request is repeated, which `Retry-After` is respected, and how far
    a deadline reaches, against which the skipped waits of a call are counted.

    Example:
        def test_it(access_tokens_service, access_tokens_client, access_tokens_no_waits):
            access_tokens_service.fail_next(2, path="/admin/*")
            access_tokens_client.list()
            assert access_tokens_no_waits == [1.0, 2.0]
    """
    from access_tokens._session import waiting
    from access_tokens.testing._no_waits import skipping

    waits: list[float] = []
    monkeypatch.setattr(waiting, "wait_before", skipping(waits))
    return waits


@pytest.fixture
def access_tokens_client(
    access_tokens_service: "LocalService",
    access_tokens_no_waits: list[float],  # noqa: ARG001 - for its effect
) -> "Iterator[AccessTokensClient]":
    """A client of the same service, with an administrator's PAT. It does not wait between two attempts.

    Example:
        def test_it(access_tokens_client):
            token, record = access_tokens_client.issue("user@example.com")
            assert access_tokens_client.get(record.token_id).is_active()
    """
    from access_tokens import AccessTokensClient

    with AccessTokensClient(access_tokens_service.endpoint, access_tokens_service.admin_pat) as client:
        yield client


@pytest.fixture
def access_tokens_async_client(
    access_tokens_service: "LocalService",
    access_tokens_no_waits: list[float],  # noqa: ARG001 - for its effect
) -> "Iterator[AsyncAccessTokensClient]":
    """Same as `access_tokens_client`, for asyncio and trio. It is closed after the test.

    Example:
        import anyio

        def test_it(access_tokens_async_client):
            assert anyio.run(access_tokens_async_client.whoami).is_admin
    """
    from anyio.from_thread import start_blocking_portal

    from access_tokens import AsyncAccessTokensClient

    client = AsyncAccessTokensClient(access_tokens_service.endpoint, access_tokens_service.admin_pat)
    yield client
    # In a loop and a thread of its own, since the loop of the test may run still, or have ended.
    with start_blocking_portal() as portal:
        portal.call(client.aclose)
