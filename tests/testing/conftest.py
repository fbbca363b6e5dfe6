from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any

import httpx
import pytest

from access_tokens.testing import LocalService

from ..helpers.local_service import Connect, Run, exchange

_ids = count()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def run(stack: ExitStack) -> Run:
    """Run a service with these options."""

    def run(**options: Any) -> LocalService:
        return stack.enter_context(LocalService(**options))

    return run


@pytest.fixture
def connect(stack: ExitStack) -> Connect:
    """Make a client without credentials."""

    def connect(service: LocalService) -> httpx.Client:
        # Without certificates, because loading them takes longer than most of the tests.
        return stack.enter_context(httpx.Client(base_url=service.endpoint, verify=False))

    return connect


@pytest.fixture(scope="module")
def jwts() -> dict[str, str]:
    """The JWTs of the administrators, by their PATs: making one takes longer than most of the tests."""
    return {}


@pytest.fixture
def admin_of(connect: Connect, jwts: dict[str, str]) -> Connect:
    """Make a client with the JWT of the administrator."""

    def admin_of(service: LocalService) -> httpx.Client:
        client, pat = connect(service), service.admin_pat
        if pat not in jwts:
            jwts[pat] = exchange(client, pat).json()["access_token"]
            service.clear_requests()
        client.headers["Authorization"] = f"Bearer {jwts[pat]}"
        return client

    return admin_of


@pytest.fixture
def service(shared_service: LocalService) -> LocalService:
    """One for all tests of a file, which have tokens of their own, and leave its clock and its key alone."""
    return shared_service


@pytest.fixture
def fresh(run: Run) -> LocalService:
    """A service with one token, that of the administrator."""
    return run()


@pytest.fixture
def http(service: LocalService, connect: Connect) -> httpx.Client:
    return connect(service)


@pytest.fixture
def admin(service: LocalService, admin_of: Callable[[LocalService], httpx.Client]) -> httpx.Client:
    return admin_of(service)


@pytest.fixture
def token_id() -> str:
    """An id that is free."""
    return f"{next(_ids):021}"
