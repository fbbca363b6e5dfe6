from collections.abc import Iterator

import pytest

from access_tokens import AccessTokensClient, RetryPolicy
from access_tokens.testing import LocalService

from ..helpers.running_examples import Examples


@pytest.fixture
def service(access_tokens_env: LocalService) -> LocalService:
    """A service that the environment names."""
    return access_tokens_env


@pytest.fixture
def client(service: LocalService) -> Iterator[AccessTokensClient]:
    """A client that does not wait between its attempts."""
    with AccessTokensClient(service.endpoint, service.admin_pat, retry=RetryPolicy(backoff=0)) as client:
        yield client


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Examples:
    return Examples(monkeypatch, capsys)
