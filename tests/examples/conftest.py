"""The service that an example uses, and a client that does not wait between its attempts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from access_tokens import AccessTokensClient
from access_tokens.testing import LocalService

from ..helpers.running_examples import NO_WAIT


@pytest.fixture
def service() -> Iterator[LocalService]:
    with LocalService() as service:
        yield service


@pytest.fixture
def client(service: LocalService) -> Iterator[AccessTokensClient]:
    with AccessTokensClient(service.endpoint, service.admin_pat, retry=NO_WAIT) as client:
        yield client
