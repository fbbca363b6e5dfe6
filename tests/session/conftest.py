"""What the tests of the sessions share."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from access_tokens import AsyncAccessTokensClient, RetryPolicy

from ..helpers.children import left_behind
from ..helpers.fault_server import FaultServer


@pytest.fixture
def client(server: FaultServer, make_client: Callable[..., Any]) -> Any:
    """A client of the service of raw sockets, in each variant, whose waits take no time."""
    return make_client(server.endpoint, "pat_x")


@pytest.fixture
def make_shared(server: FaultServer) -> Iterator[Callable[[], AsyncAccessTokensClient]]:
    """Makes async clients for any number of event loops, which are left to the garbage collector."""
    with left_behind(server.endpoint, retry=RetryPolicy(retries=0)) as make:
        yield make
