"""The operations to which faults are done, one of each sort."""

import time
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from attrs import frozen

from access_tokens import AccessTokensError
from access_tokens._flow.jwt import Jwt
from access_tokens._secret import Secret

from .fault_server import EXCHANGE, RECORD, TOKENS

TOKEN_ID = str(RECORD["tokenId"])
PHC = f"$scrypt$ln=14,r=8,p=1${'s' * 22}${'h' * 43}"


@frozen
class Operation:
    """A method of the clients.

    Attributes:
        name: What it is called.
        path: Where its request goes.
        call: Calls it.
        failed: The message of its error.
        invalid: The message of the error when its answer cannot be read.
        changes: Whether it changes anything at the service.
    """

    name: str
    path: str
    call: Callable[[Any], Any]
    failed: str
    invalid: str
    changes: bool = True


LIST = Operation(
    "list", TOKENS, lambda c: c.list(), "Failed to list tokens", "Invalid list tokens response", changes=False
)
ISSUE = Operation(
    "issue", TOKENS, lambda c: c.issue("x"), "Failed to issue token", "Invalid issue token response"
)
REGISTER = Operation(
    "register",
    f"{TOKENS}/{TOKEN_ID}",
    lambda c: c.register(TOKEN_ID, PHC, "x"),
    "Failed to register token",
    "Invalid register token response",
)
REVOKE = Operation(
    "revoke",
    f"{TOKENS}/{TOKEN_ID}/revoke",
    lambda c: c.revoke(TOKEN_ID),
    "Failed to revoke token",
    "Failed to revoke token",
)
AUTHENTICATE = Operation(
    "authenticate",
    EXCHANGE,
    lambda c: c.authenticate(),
    "Failed to authenticate",
    "Invalid auth token response",
    changes=False,
)

OPERATIONS = (LIST, ISSUE, REGISTER, REVOKE, AUTHENTICATE)

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)


def keep_jwt(client: Any) -> None:
    """Give a client a JWT, so that its next request is that of the operation."""
    client.client._session._state.cache.keep(Jwt(Secret("jwt"), client.clock.time, 3600.0))


def hurry(client: Any, deadline: float = 0.15) -> None:
    """Give the next calls of a client a short deadline, by the real clock."""
    session = client.client._session
    session.settings = attrs.evolve(session.settings, deadline=deadline)
    client.clock.time = time.monotonic()
    session.now = time.monotonic
    keep_jwt(client)


def failure_of(operation: Operation, client: Any) -> AccessTokensError:
    """Call a method that fails, and return its error."""
    with pytest.raises(AccessTokensError) as raised:
        operation.call(client)
    return raised.value
