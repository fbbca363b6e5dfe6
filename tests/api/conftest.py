"""What the tests of `client.api` share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from access_tokens._flow.jwt import Jwt
from access_tokens._secret import Secret
from access_tokens.testing import LocalService


@pytest.fixture(scope="module")
def running() -> Iterator[LocalService]:
    with LocalService() as service:
        yield service


@pytest.fixture
def service(running: LocalService) -> LocalService:
    """One service for all tests of a file, whatever they leave in it."""
    running.clear_faults()
    running.clear_requests()
    running.errors, running.documented = "json", False
    return running


@pytest.fixture(scope="module")
def jwts() -> list[str]:
    """The JWTs that have been got for `warm`, each of which costs the service a slow hash."""
    return []


@pytest.fixture
def warm(client: Any, service: LocalService, jwts: list[str]) -> Any:
    """A client with a JWT, the same as long as it is good."""
    cache = client.client._session._cache
    if jwts and is_good(service, jwts[-1]):
        cache.keep(Jwt(Secret(jwts[-1]), client.clock.time, 3600.0))
        return client
    client.authenticate()
    jwts.append(cache.living(client.clock.time).token.reveal())
    service.clear_requests()
    return client


def is_good(service: LocalService, jwt: str) -> bool:
    try:
        return bool(service.verify(jwt))
    except ValueError:  # of another key
        return False
