"""Handlers of signals that raise what connections raise as well, as most do that end a call after a while."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import json
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    RetryPolicy,
    UnavailableError,
)

from ..faults.sync_situations import WAITS, leader
from ..faults.sync_stage import on_stage
from ..faults.test_interrupts import name_of, sweep
from ..helpers.callers import run
from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer, Peer, response
from ..helpers.memory import Memory
from ..helpers.operations import PHC, TOKEN_ID
from ..helpers.pools import Pools
from ..helpers.signals import handling, needs_signals, send_signal, signal_when_in

pytestmark = [pytest.mark.fault(66), needs_signals]

# `ssl` loses a socket that is interrupted while it is wrapped, and nobody has heard of it yet.
closed_by_python = pytest.mark.filterwarnings("ignore:unclosed <s:ResourceWarning")
ONCE = RetryPolicy(retries=0)
BATCH = f"{TOKENS}/batch"


class OwnTimeoutError(TimeoutError):
    """One of the caller's own."""


KINDS: dict[str, Callable[[], Exception]] = {
    "TimeoutError": TimeoutError,
    "OSError": OSError,
    "ConnectionResetError": ConnectionResetError,
    "ssl.SSLError": ssl.SSLError,
    "RuntimeError": RuntimeError,
    "ValueError": ValueError,
    "AssertionError": AssertionError,
    "LookupError": LookupError,
    "one of the caller's own": OwnTimeoutError,
    "json.JSONDecodeError": lambda: json.JSONDecodeError("", "", 0),
    "concurrent.futures.InvalidStateError": concurrent.futures.InvalidStateError,
    "asyncio.QueueFull": asyncio.QueueFull,
}


@pytest.fixture(params=list(KINDS.values()), ids=list(KINDS))
def limit(request: pytest.FixtureRequest) -> Exception:
    """What a handler raises."""
    made: Exception = request.param()
    return made


@contextmanager
def reached(limit: Exception) -> Iterator[None]:
    """What is done meanwhile ends with what a handler raises: the very same object."""

    def handler() -> None:
        raise limit

    with handling(handler), pytest.raises(type(limit)) as raised:
        yield
    assert raised.value is limit
    assert limit.__context__ is None
    assert limit.__cause__ is None


def head(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: ")
    send_signal(peer)


def body(peer: Peer) -> None:
    peer.send(response(200, b"{" * 9)[:-5])
    send_signal(peer)


@pytest.mark.parametrize("path", [EXCHANGE, TOKENS])
@pytest.mark.parametrize("play", [send_signal, head, body])
def test_a_limit_is_passed_on_from_any_wait_for_an_answer(server, limit, play, path):
    """As it is, and nothing is sent again."""
    with AccessTokensClient(server.endpoint, "pat_x") as client:
        server.play(path, play)
        with reached(limit):
            client.list()
        assert server.count(path) == 1
        assert client.list()


@pytest.mark.parametrize("play", [send_signal, body])
def test_a_limit_is_passed_on_over_the_callers_own_http_client(server, limit, play):
    with httpx.Client() as http, AccessTokensClient(server.endpoint, "pat_x", http_client=http) as client:
        server.play(TOKENS, play)
        with reached(limit):
            client.list()
        assert server.count(TOKENS) == 1
        assert client.list()


@closed_by_python
def test_a_limit_is_passed_on_from_a_handshake(server, limit):
    def greet(peer: Peer) -> None:
        signal_when_in("do_handshake")
        peer.stall()

    server.greet(greet)
    with AccessTokensClient(f"https://{server.address}", "pat_x") as client, reached(limit):
        client.list()
    gc.collect()
    assert server.connections == 1


def test_a_limit_is_passed_on_from_the_wait_for_a_name_server(server, limit, monkeypatch):
    def resolve(*_: Any, **__: Any) -> Any:
        signal_when_in("wait")
        raise OSError

    with AccessTokensClient(server.endpoint, "pat_x") as client:
        with monkeypatch.context() as patch, reached(limit):
            patch.setattr(socket, "getaddrinfo", resolve)
            client.list()
        assert client.list()
    assert server.connections == 1


@pytest.fixture
def pools(monkeypatch: pytest.MonkeyPatch) -> Pools:
    return Pools(monkeypatch)


@closed_by_python
@pytest.mark.parametrize("wait", WAITS, ids=name_of)
def test_a_limit_is_passed_on_from_any_wait_and_leaves_nothing_behind(pools, wait):
    thread, signals = threading.get_ident(), iter([signal.SIGUSR1])  # a second would interrupt the tests

    def ring() -> None:
        for each in signals:
            signal.pthread_kill(thread, each)

    with on_stage(pools) as stage:
        call = wait(stage, ring)
        with reached(TimeoutError()):
            call()


class AnyTimeoutError(TimeoutError, RuntimeError, ValueError, KeyError, TypeError, AssertionError):
    """Whoever catches one of these catches it. Its class tells nobody that it is the caller's."""

    __module__ = "builtins"


class AnyError(ConnectionResetError, RuntimeError, ValueError, KeyError, TypeError, AssertionError):
    """Likewise, but no timeout."""

    __module__ = "builtins"


@closed_by_python
# What is traced raises: Python 3.12 itself crashes when that happens in a generator, now and then.
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="not every instruction can be interrupted by a test")
@pytest.mark.parametrize("kind", [AnyTimeoutError, AnyError])
@pytest.mark.parametrize("situation", [leader], ids=name_of)
def test_a_limit_is_passed_on_from_between_any_two_steps(pools, situation, kind):
    assert sweep(pools, situation, kind)
    gc.collect()


def interrupt_at(patch: pytest.MonkeyPatch, target: Any, name: str) -> None:
    """Interrupt a function when it is called for the first time."""
    real, signals = getattr(target, name), iter([signal.SIGUSR1])

    def interrupted(*args: Any, **options: Any) -> Any:
        for each in signals:
            signal.raise_signal(each)
        return real(*args, **options)

    patch.setattr(target, name, interrupted)


def list_twice(variant: str, endpoint: str, limit: Exception, **options: Any) -> None:
    """In the main thread, where handlers run; the first time is interrupted."""

    async def main() -> None:
        async with AsyncAccessTokensClient(endpoint, "pat_x", **options) as client:
            with reached(limit):
                await client.list()
            assert await client.list()

    if variant == "sync":
        with AccessTokensClient(endpoint, "pat_x", **options) as client:
            with reached(limit):
                client.list()
            assert client.list()
    else:
        run(variant, main)


# What is interrupted, and how many exchanges the service sees in the end.
STEPS: dict[str, tuple[Any, str, int]] = {
    "before a request is written": (h11.Connection, "send", 1),
    "while it is written": (socket.socket, "send", 1),
    "while an answer is read": (socket.socket, "recv", 2),
    "when it has been read": (h11.Connection, "receive_data", 2),
}
# trio keeps the functions of sockets as they were when it was imported.
ON_TRIO = ["before a request is written", "when it has been read"]


@pytest.mark.parametrize("step", STEPS)
def test_a_limit_is_passed_on_from_within_a_step_of_a_task(server, variant, limit, step, monkeypatch):
    """Or of a thread: libraries make other exceptions of it there, or go on."""
    if variant == "trio" and step not in ON_TRIO:
        pytest.skip("it cannot be interrupted there by a test")
    target, name, exchanges = STEPS[step]
    interrupt_at(monkeypatch, target, name)
    list_twice(variant, server.endpoint, limit)
    assert (server.count(EXCHANGE), server.count(TOKENS)) == (exchanges, 1)


@closed_by_python
@pytest.mark.usefixtures("trusted")
def test_a_limit_is_passed_on_from_within_a_handshake(context, variant, limit, monkeypatch):
    with FaultServer(context) as server:
        interrupt_at(monkeypatch, ssl.SSLSocket if variant == "sync" else ssl.SSLObject, "do_handshake")
        list_twice(variant, server.endpoint, limit)
        gc.collect()
        assert (server.count(EXCHANGE), server.count(TOKENS)) == (1, 1)


def lose(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("lost")


def interrupted(request: httpx.Request) -> httpx.Response:
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


@pytest.mark.parametrize("name", CALLS)
def test_a_limit_is_passed_on_from_every_sort_of_call(variant, limit, name):
    """Over a transport of the caller's own."""
    memory = Memory()
    path, call = CALLS[name]
    memory.play(path, interrupted)
    memory.play(f"{TOKENS}/{TOKEN_ID}", lose)

    async def main() -> None:
        async with memory.async_client(retry=ONCE) as client:
            with reached(limit):
                await call(client)
            assert await client.list()

    if variant == "sync":
        with memory.client(retry=ONCE) as client:
            with reached(limit):
                call(client)
            assert client.list()
    else:
        run(variant, main)


def test_a_limit_is_passed_on_from_a_call_in_a_call(limit):
    """Such as that of a hook, whose own call has forgotten where it was raised."""
    memory, other = Memory(), Memory()
    other.play(TOKENS, interrupted)
    with other.client() as inner, memory.client() as outer:
        memory.before = lambda request: inner.list()
        with reached(limit):
            outer.list()
        assert (memory.exchanges, other.calls) == (0, 1)
        assert outer.list()


def test_a_limit_that_the_caller_has_caught_before_is_not_passed_on(server):
    """By a call that cleans up after it, and is out of luck itself."""
    server.play(TOKENS, send_signal, *[Peer.reset] * 4)
    with AccessTokensClient(server.endpoint, "pat_x", retry=ONCE) as client, handling(raise_timeout):
        try:
            client.list()
        except TimeoutError:
            with pytest.raises(UnavailableError):
                client.list()


def raise_timeout() -> None:
    raise TimeoutError


def test_what_a_transport_raises_is_still_the_transports(limit, variant):
    """Also while a handler is there, which raises the same."""
    if isinstance(limit, OwnTimeoutError):
        pytest.skip("a class of the caller's own is passed on, wherever it was raised")
    memory = Memory()

    def fail(request: httpx.Request) -> httpx.Response:
        raise limit

    async def main() -> None:
        async with memory.async_client(retry=ONCE) as client:
            with pytest.raises(AccessTokensError) as raised:
                await client.list()
            assert type(raised.value) is expected

    expected = UnavailableError if isinstance(limit, OSError) else EndpointError
    memory.play(EXCHANGE, fail)
    with handling(raise_timeout):
        if variant == "sync":
            with memory.client(retry=ONCE) as client, pytest.raises(expected):
                client.list()
        else:
            run(variant, main)
