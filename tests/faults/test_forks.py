"""Children that are forked in the midst of a call, as by a signal handler, and go on with it (case 79).

What the call waits for is done by threads that only the parent has.
"""

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
from ..helpers.lines import EVERY, Midst, Place
from ..helpers.pools import Pools
from ..helpers.signals import handling, needs_signals
from ..helpers.threads import PATIENCE, until
from .blocking import driven, in_thread
from .calls import WAITS, Prepare, for_a_retry, leader, queued, waiter
from .harness import around_a_thread

pytestmark = [pytest.mark.fault(36, 79), *forks]
SOON = RetryPolicy(backoff=0.001)


def name_of(prepare: Callable[..., object]) -> str:
    return prepare.__name__


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_a_child_goes_on_from_any_line(pools):
    """One after the other; every other one makes a call of its own before, as the handler may that forks."""
    with around_a_thread(pools) as harness, quiet():
        call, twin, failed = driven(leader(harness)), Twin(), list[Place]()
        harness.most_exchanges = 999

        def fork() -> None:
            calls = len(midst.seen) % 2
            twin.begin = (in_thread(harness.list)) if calls else lambda: True
            if twin.is_parent:
                twin.fork()
            if twin.is_parent and not twin.succeeds():
                failed.append(list(midst.seen)[-1])

        midst = Midst(EVERY, fork, ("/access_tokens/_session/", "/access_tokens/_http/"))
        goes_on = lambda: driven(call()) and driven(harness.list())  # noqa: E731
        assert midst.call(lambda: twin.call(goes_on), 3 * PATIENCE)
    assert len(midst.seen) > 100
    assert failed == []


def forked_at(pools: Pools, prepare: Prepare, place: Place | None, parts: tuple[str, ...]) -> list[Place]:
    """Fork at a line of a call, and return the lines that it reaches."""
    with around_a_thread(pools) as harness, quiet():
        call, twin = driven(prepare(harness)), Twin()
        harness.most_exchanges = 999
        midst = Midst(place, twin.fork, parts)
        assert midst.call(lambda: twin.call(lambda: driven(call()) and driven(harness.list()))), place
        assert place not in midst.seen or twin.succeeds(), place
    return list(midst.seen)


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.parametrize(
    ("prepare", "parts"),
    [(waiter, ("/sync_exchange.py", "/interrupts.py")), (queued, ("/sync_limiter.py", "/interrupts.py"))],
    ids=["waiter", "queued"],
)
def test_a_child_goes_on_from_any_line_of_a_wait(pools, prepare, parts):
    """Of one that waits for another thread, which by the second fork would wait no more."""
    places = forked_at(pools, prepare, None, parts)
    assert places
    for place in places:
        forked_at(pools, prepare, place, parts)


@contextmanager
def forked_by_a_signal(twin: Twin, afterwards: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """Yield what has a signal handler of this thread fork, once, and the parent do something afterwards."""
    thread, signals, forks = threading.get_ident(), iter([signal.SIGUSR1]), iter([twin.fork])

    def send() -> None:
        for each in signals:
            signal.pthread_kill(thread, each)

    def handle() -> None:
        for fork in forks:
            fork()
            if twin.is_parent:
                afterwards()

    with handling(handle):
        yield send


@needs_signals
@pytest.mark.parametrize("calls", [False, True], ids=["goes on", "calls and goes on"])
@pytest.mark.parametrize("wait", [each for each in WAITS if each is not for_a_retry], ids=name_of)
def test_a_child_goes_on_from_a_wait(pools, wait, calls):
    """For an answer, for an exchange that another leads, for a place that another has."""
    with around_a_thread(pools) as harness:
        twin = Twin((in_thread(harness.list)) if calls else lambda: True)
        with forked_by_a_signal(twin, lambda: driven(harness.go_on())) as send:
            call = driven(wait(harness, send))
            harness.most_exchanges = 999
            twin.call(lambda: (driven(call()), driven(harness.list())))
        assert twin.succeeds()


def main_waits_in(*names: str) -> bool:
    main = threading.main_thread().ident
    assert main
    return sys._current_frames()[main].f_code.co_name in names


@needs_signals
def test_a_child_goes_on_though_its_parent_alone_makes_the_connection(server, monkeypatch):
    """However long a connection may take."""
    twin, going_on, resolve = Twin(), threading.Event(), socket.getaddrinfo
    main = threading.get_ident()
    with forked_by_a_signal(twin, going_on.set) as send:

        def take_long(*args: Any, **options: Any) -> Any:
            if twin.is_parent and not going_on.is_set():
                until(lambda: main_waits_in("wait"))
                send()
                while not going_on.wait(0.1):  # the signal came just before it really waited
                    signal.pthread_kill(main, signal.SIGUSR1)
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
