"""Calls that a signal handler breaks off by what it raises."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, RetryPolicy

from ..helpers.callers import run
from ..helpers.memory_service import ENDPOINT, MemoryService
from ..helpers.signals import handling

# `ssl` loses a socket that is interrupted while it is wrapped, and nobody has heard of it yet.
closed_by_python = pytest.mark.filterwarnings("ignore:unclosed <s:ResourceWarning")


class AnyTimeoutError(TimeoutError, RuntimeError, ValueError, KeyError, TypeError, AssertionError):
    """Whoever catches one of these catches it. Its class tells nobody that it is the caller's."""

    __module__ = "builtins"


class AnyError(ConnectionResetError, RuntimeError, ValueError, KeyError, TypeError, AssertionError):
    """Likewise, but no timeout."""

    __module__ = "builtins"


any_limit = pytest.mark.parametrize("limit", [AnyTimeoutError, AnyError])


@contextmanager
def ended_by(limit: type[BaseException]) -> Iterator[None]:
    """What is done meanwhile ends with what a handler raises: the very same object."""
    error = limit()

    def handler() -> None:
        raise error

    with handling(handler), pytest.raises(limit) as raised:
        yield
    assert raised.value is error
    assert error.__context__ is None
    assert error.__cause__ is None


def passes_on(
    limit: type[BaseException],
    endpoint: str,
    variant: str = "sync",
    call: Callable[[Any], Any] = lambda client: client.list(),
    **options: Any,
) -> None:
    """Check that a call ends with what a handler raises, and that the client works on.

    An event loop runs in the main thread, where handlers run.
    """

    async def main() -> None:
        async with AsyncAccessTokensClient(endpoint, "pat_x", **options) as client:
            with ended_by(limit):
                await call(client)
            assert await client.list()

    if variant != "sync":
        return run(variant, main)
    with AccessTokensClient(endpoint, "pat_x", **options) as client:
        with ended_by(limit):
            call(client)
        assert client.list()
    return None


def over(memory: MemoryService, variant: str) -> dict[str, Any]:
    """Return the arguments of a client that goes to a service in memory, and tries nothing again."""
    kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
    http = kind(transport=httpx.MockTransport(memory))
    return {"endpoint": ENDPOINT, "http_client": http, "retry": RetryPolicy(retries=0)}
