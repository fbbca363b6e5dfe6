"""What the tests of `client.api` share."""

from typing import Any

import pytest

from access_tokens.testing import LocalService


@pytest.fixture
def service(shared_service: LocalService) -> LocalService:
    """One service for all tests of a file, whatever they leave in it."""
    return shared_service


@pytest.fixture(scope="module")
def jwts() -> list[Any]:
    """The JWTs that have been got for `warm`, each of which costs the service a slow hash."""
    return []


@pytest.fixture
def warm(client: Any, service: LocalService, jwts: list[Any]) -> Any:
    """A client with a JWT, the same as long as it is good."""
    cache = client.client._session._state.cache
    if not (jwts and is_good(service, jwts[-1].token.reveal())):
        client.authenticate()
        jwts.append(cache.living(client.clock.time))
        service.clear_requests()
    cache.keep(jwts[-1])
    return client


def is_good(service: LocalService, jwt: str) -> bool:
    try:
        return bool(service.verify(jwt))
    except ValueError:  # of another key
        return False
