"""Clients over their own connections, and over an HTTP client of the caller's."""

import ssl
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import trustme

from ..helpers.fault_server import FaultServer

Make = Callable[..., Any]


@pytest.fixture
def borrowing(variant: str, make_client: Make) -> Iterator[Make]:
    """Makes clients over an HTTP client of the caller's with such options, which is closed in the end."""
    kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
    made: list[tuple[Any, Any]] = []

    def make(endpoint: str, **options: Any) -> Any:
        own = kind(**options)
        made.append((own, make_client(endpoint, "pat_x", http_client=own, allow_http=True)))
        return made[-1][1]

    yield make
    for own, client in made:
        own.close() if variant == "sync" else client.portal.call(own.aclose)


@pytest.fixture(params=["own", "borrowed"])
def reach(request: pytest.FixtureRequest, make_client: Make, borrowing: Make) -> Make:
    """Makes clients over connections of their own, and over those of an HTTP client."""
    return borrowing if request.param == "borrowed" else lambda endpoint: make_client(endpoint, "pat_x")


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """A context of the caller's, which trusts the authority."""
    made = ssl.create_default_context()
    authority.configure_trust(made)
    return made


@pytest.fixture
def encrypted(context: ssl.SSLContext, trusted: None) -> Iterator[FaultServer]:
    """A service with TLS that everybody trusts, `api.example.com` among its names."""
    with FaultServer(context) as server:
        yield server


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)
