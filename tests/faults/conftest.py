"""What the tests of the catalogue share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .server import FaultServer


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A service of raw sockets that misbehaves as it is told."""
    with FaultServer() as running:
        yield running


@pytest.fixture
def victim(server: FaultServer, make_client: Callable[..., Any]) -> Any:
    """A client of that service, whose waits take no time."""
    return make_client(server.endpoint, "pat_x")
