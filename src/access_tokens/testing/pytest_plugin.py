"""Pytest fixtures for testing code that uses this library. pytest finds them by itself.

The service is imported only when a fixture is used, because pytest loads this plugin even if the extra
`testing` is not installed.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from access_tokens.testing import LocalService


@pytest.fixture
def access_tokens_service() -> "Iterator[LocalService]":
    """A local service that runs during the test."""
    from access_tokens.testing import LocalService

    with LocalService() as service:
        yield service


@pytest.fixture
def access_tokens_env(
    access_tokens_service: "LocalService", monkeypatch: pytest.MonkeyPatch
) -> "LocalService":
    """The same service, named in the environment variables that `from_env()` reads."""
    monkeypatch.setenv("ACCESS_TOKENS_ENDPOINT", access_tokens_service.endpoint)
    monkeypatch.setenv("ACCESS_TOKENS_API_KEY", access_tokens_service.admin_pat)
    return access_tokens_service
