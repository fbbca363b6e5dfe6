from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from access_tokens.testing import LocalService


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def run(stack: ExitStack) -> Callable[..., LocalService]:
    """Run a service with these options."""

    def run(**options: Any) -> LocalService:
        return stack.enter_context(LocalService(**options))

    return run


@pytest.fixture
def connect(stack: ExitStack) -> Callable[[LocalService], httpx.Client]:
    """Make a client without credentials."""

    def connect(service: LocalService) -> httpx.Client:
        # Without certificates, because loading them takes longer than most of the tests.
        return stack.enter_context(httpx.Client(base_url=service.endpoint, verify=False))

    return connect


@pytest.fixture
def admin_of(connect: Callable[[LocalService], httpx.Client]) -> Callable[[LocalService], httpx.Client]:
    """Make a client with the JWT of the administrator."""

    def admin_of(service: LocalService) -> httpx.Client:
        client = connect(service)
        answer = client.post("/auth/token", headers={"Authorization": f"Bearer {service.admin_pat}"})
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        service.clear_requests()
        return client

    return admin_of


@pytest.fixture
def service(run: Callable[..., LocalService]) -> LocalService:
    return run()


@pytest.fixture
def http(service: LocalService, connect: Callable[[LocalService], httpx.Client]) -> httpx.Client:
    return connect(service)


@pytest.fixture
def admin(service: LocalService, admin_of: Callable[[LocalService], httpx.Client]) -> httpx.Client:
    return admin_of(service)
