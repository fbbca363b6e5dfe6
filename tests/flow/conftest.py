"""What the tests of failures share."""

from collections.abc import Callable
from typing import Any

import pytest

from ..helpers.fault_server import FaultServer
from ..helpers.operations import keep_jwt


@pytest.fixture
def client(server: FaultServer, make_client: Callable[..., Any]) -> Any:
    """A client of the server of raw sockets, with a JWT, and with waits that take no time."""
    made = make_client(server.endpoint, "pat_x")
    keep_jwt(made)
    return made
