"""Threads and tasks that are at work when a signal handler raises what connections raise too."""

import asyncio
import gc
import json
import signal
import socket
import ssl
from collections.abc import Callable
from typing import Any

import h11
import httpx
import pytest
from access_tokens_api.api.tokens import list_tokens

from access_tokens import (
    AccessTokensClient,
    AccessTokensError,
    AsyncAccessTokensClient,
    EndpointError,
    UnavailableError,
)

from ..helpers.callers import ASYNC, run
from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer
from ..helpers.memory_service import MemoryService
from ..helpers.operations import PHC, TOKEN_ID
from ..helpers.signals import handling, needs_signals
from .interruptions import any_limit, closed_by_python, over, passes_on

pytestmark = [pytest.mark.fault(66), pytest.mark.untraced, needs_signals]

BATCH = f"{TOKENS}/batch"


def interrupt_at(patch: pytest.MonkeyPatch, target: Any, name: str) -> None:
    """Interrupt a function when it is called for the first time."""
    real, signals = getattr(target, name), iter([signal.SIGUSR1])

    def interrupted(*args: Any, **options: Any) -> Any:
        for each in signals:
            signal.raise_signal(each)
        return real(*args, **options)

    patch.setattr(target, name, interrupted)


# What is interrupted, and how many exchanges the service sees in the end.
STEPS: dict[str, tuple[Any, str, int]] = {
    "before a request is written": (h11.Connection, "send", 1),
    "when an answer has been read": (h11.Connection, "receive_data", 2),
    "while a request is written": (socket.socket, "send", 1),
    "while an answer is read": (socket.socket, "recv", 2),
}


@any_limit
@pytest.mark.parametrize("step", STEPS)
def test_it_is_passed_on_from_within_a_step(server, variant, limit, step, monkeypatch):
    """Libraries make other exceptions of it there, or go on."""
    target, name, exchanges = STEPS[step]
    if variant == "trio" and target is socket.socket:
        pytest.skip("trio keeps the functions of sockets as they were when it was imported")
    interrupt_at(monkeypatch, target, name)
    passes_on(limit, server.endpoint, variant)
    assert (server.count(EXCHANGE), server.count(TOKENS)) == (exchanges, 1)


@any_limit
@closed_by_python
@pytest.mark.usefixtures("trusted")
def test_it_is_passed_on_from_within_a_handshake(context, variant, limit, monkeypatch):
    interrupt_at(monkeypatch, ssl.SSLSocket if variant == "sync" else ssl.SSLObject, "do_handshake")
    with FaultServer(context) as server:
        passes_on(limit, server.endpoint, variant)
        gc.collect()
        assert (server.count(EXCHANGE), server.count(TOKENS)) == (1, 1)


def lose(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("lost")


def interrupt(request: httpx.Request) -> httpx.Response:
    signal.raise_signal(signal.SIGUSR1)
    return httpx.Response(500)


def list_by_api(client: Any) -> Any:
    is_sync = isinstance(client, AccessTokensClient)
    return (list_tokens.sync if is_sync else list_tokens.asyncio)(client=client.api)


# Calls of other sorts, and the path of the request that is interrupted.
CALLS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "batch_load": (BATCH, lambda client: client.batch_load(f"{number:02000}" for number in range(80))),
    "register, which looks": (BATCH, lambda client: client.register(TOKEN_ID, PHC, "x")),
    "api": (TOKENS, list_by_api),
}


@any_limit
@pytest.mark.parametrize("name", CALLS)
def test_it_is_passed_on_from_every_sort_of_call(variant, limit, name):
    """Over a transport of the caller's own."""
    memory = MemoryService()
    path, call = CALLS[name]
    memory.play(path, interrupt)
    memory.play(f"{TOKENS}/{TOKEN_ID}", lose)
    passes_on(limit, variant=variant, call=call, **over(memory, variant))


@any_limit
def test_it_is_passed_on_from_a_call_in_a_call(limit):
    """Such as that of a hook, whose own call has forgotten where it was raised."""
    memory, other = MemoryService(), MemoryService()
    other.play(TOKENS, interrupt)
    with other.client() as inner:
        memory.before = lambda request: inner.list()
        passes_on(limit, **over(memory, "sync"))
    assert (memory.exchanges, other.calls) == (1, 3)


OF_TRANSPORTS = [
    *(TimeoutError(), OSError(), ConnectionResetError(), ssl.SSLError(), RuntimeError(), ValueError()),
    *(AssertionError(), LookupError(), json.JSONDecodeError("", "", 0), asyncio.QueueFull()),
]


@pytest.mark.parametrize(
    ("variant", "error"),
    [("sync", error) for error in OF_TRANSPORTS] + [(variant, OF_TRANSPORTS[0]) for variant in ASYNC],
)
def test_what_a_transport_raises_is_still_the_transports(variant, error):
    """Also while a handler is there, which raises the same."""

    def fail(*_: Any) -> Any:
        raise error

    memory = MemoryService()
    memory.play(EXCHANGE, fail)
    kind: Any = AccessTokensClient if variant == "sync" else AsyncAccessTokensClient
    client = kind(api_key="pat_x", **over(memory, variant))
    expected = UnavailableError if isinstance(error, OSError) else EndpointError
    with handling(fail), pytest.raises(AccessTokensError) as raised:
        client.list() if variant == "sync" else run(variant, client.list)
    assert type(raised.value) is expected
