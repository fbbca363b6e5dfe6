"""Children that are forked in the midst of a call, as by a signal handler, and go on with it (case 79).

What the call waits for is done by threads that only the parent has.
"""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from access_tokens import AccessTokensClient, RetryPolicy

from ..helpers.children import Twin, forks
from ..helpers.fault_server import FaultServer, Peer
from ..helpers.footprint import quiet
from ..helpers.lines import Midst, Place
from ..helpers.pools import Pools
from ..helpers.signals import handling, needs_signals
from ..helpers.threads import PATIENCE, until
from .sync_situations import (
    Situation,
    for_a_connection,
    for_an_answer,
    for_an_exchange,
    for_the_rest_of_an_answer,
    leader,
    queued,
    waiter,
)
from .sync_stage import on_stage

pytestmark = [pytest.mark.fault(36, 79), *forks]


def name_of(situation: Callable[..., object]) -> str:
    return situation.__name__


SOON = RetryPolicy(backoff=0.001)
# Where something is waited for, or changed that other threads share.
SHARED = (
    *("_session/sync_session", "_session/sync_exchange", "_session/exchange", "_session/base"),
    *("_http/sync_pool", "_http/sync_connection", "_http/sync_limiter", "_http/limits", "_http/handover"),
    *("_http/interrupts", "_http/fork", "_http/happy_eyeballs", "_http/private_names"),
)
LINES: dict[Situation, tuple[str, ...]] = {
    leader: tuple(f"/access_tokens/{name}.py" for name in SHARED),
    waiter: ("/sync_exchange.py", "/interrupts.py"),
    queued: ("/sync_limiter.py", "/interrupts.py"),
}


def forked_at(pools: Pools, situation: Situation, place: Place | None, *, calls: bool) -> list[Place]:
    """Fork at a line of a call, and return the lines that it reaches."""
    with on_stage(pools) as stage, quiet():
        call = situation(stage)
        stage.exchanges = 99
        twin = Twin(stage.client.list if calls else lambda: True)
        midst = Midst(place, twin.fork, LINES[situation])
        assert midst.call(lambda: twin.call(lambda: call() and stage.client.list())), place
        assert place not in midst.seen or twin.succeeds(), place
    return list(midst.seen)


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.parametrize("situation", LINES, ids=name_of)
def test_a_child_goes_on_from_any_line(pools, situation):
    """Every other one makes a call of its own before, as the handler may that has forked it."""
    places = forked_at(pools, situation, None, calls=False)
    assert places
    for number, place in enumerate(places):
        forked_at(pools, situation, place, calls=number % 2 == 0)


@contextmanager
def forked_by_a_signal(twin: Twin, afterwards: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """Yield what has a signal handler of this thread fork, once, and the parent do something afterwards."""
    thread, signals = threading.get_ident(), iter([signal.SIGUSR1])

    def send() -> None:
        for each in signals:
            signal.pthread_kill(thread, each)

    def handle() -> None:
        twin.fork()
        if twin.is_parent:
            afterwards()

    with handling(handle):
        yield send


@needs_signals
@pytest.mark.parametrize("calls", [False, True], ids=["goes on", "calls and goes on"])
@pytest.mark.parametrize(
    "wait",
    [for_an_answer, for_the_rest_of_an_answer, for_an_exchange, for_a_connection],
    ids=name_of,
)
def test_a_child_goes_on_from_a_wait(pools, wait, calls):
    """For an answer, for an exchange that another leads, for a place that another has."""
    with on_stage(pools) as stage:
        twin = Twin(stage.client.list if calls else lambda: True)
        with forked_by_a_signal(twin, lambda: stage.afterwards()) as send:  # noqa: PLW0108 - it is set later
            call = wait(stage, send)
            stage.exchanges = 99
            twin.call(lambda: (call(), stage.client.list()))
        assert twin.succeeds()


def main_waits_in(*names: str) -> bool:
    main = threading.main_thread().ident
    assert main
    return sys._current_frames()[main].f_code.co_name in names


@needs_signals
def test_a_child_goes_on_though_its_parent_alone_makes_the_connection(server, monkeypatch):
    """However long a connection may take."""
    twin, going_on, resolve = Twin(), threading.Event(), socket.getaddrinfo
    with forked_by_a_signal(twin, going_on.set) as send:

        def take_long(*args: Any, **options: Any) -> Any:
            if twin.is_parent and not going_on.is_set():
                until(lambda: main_waits_in("wait"))
                send()
                going_on.wait(PATIENCE)
            return resolve(*args, **options)

        monkeypatch.setattr(socket, "getaddrinfo", take_long)
        with AccessTokensClient(server.endpoint, "pat_x", timeout=httpx.Timeout(None), retry=SOON) as client:
            assert twin.call(client.list)
        assert twin.succeeds()


def test_a_child_goes_on_from_a_handler_of_the_log(server):
    """Though logging fails there to release the lock of the handler."""
    twin = Twin()

    class Forking(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            log.removeHandler(self)
            twin.fork()

    log = logging.getLogger("access_tokens")
    log.addHandler(Forking())
    with AccessTokensClient(server.endpoint, "pat_x") as client:
        assert twin.call(lambda: client.list() and client.list())
    assert twin.succeeds()


@needs_signals
def test_a_child_leaves_a_handshake_to_its_parent(context, trusted):
    """Whose bytes it would take otherwise."""
    twin, going_on, results = Twin(), threading.Event(), list[bool]()

    def end_child() -> None:
        results.append(twin.succeeds())
        going_on.set()

    def greet(peer: Peer) -> None:
        until(lambda: main_waits_in("do_handshake"))
        send()
        going_on.wait(PATIENCE)

    with FaultServer(tls=context) as server, forked_by_a_signal(twin, end_child) as send:
        server.greet(greet)
        with AccessTokensClient(server.endpoint, "pat_x", retry=SOON) as client:
            assert twin.call(client.list)
            assert results == [True]
            assert server.connections == 2
