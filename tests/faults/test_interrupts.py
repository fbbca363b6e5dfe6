"""Threads that are interrupted, as by Ctrl-C, at any moment."""

import gc
import itertools
import signal
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from ..helpers.pools import Pools
from .blocking import driven, in_thread
from .calls import OF_THREADS, WAITS, Prepare, auth, http_client, queued, waiter, walk
from .harness import around_a_thread
from .interrupting import SHARED, Interrupt

# A socket that was opened as the interrupt came, and that nobody has heard of yet, is closed by Python.
pytestmark = [
    pytest.mark.fault(33, 51),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
# Where others do what is done by no other; the rest of their way is the same, with the same in hand.
WITHIN: dict[Prepare, tuple[str, ...]] = {
    waiter: ("/sync_exchange.py", "/exchange.py", "/interrupts.py"),
    queued: ("/sync_limiter.py", "/interrupts.py", "/handover.py"),
    http_client: ("/sync_pool.py", "/borrowed.py", "/sync_session.py"),
    auth: ("/auth.py", "/sync_exchange.py", "/base.py"),
    walk: ("/sync_session.py", "/_calls/", "/_flow/"),
}


def name_of(prepare: Callable[..., object]) -> str:
    return prepare.__name__


def sweep(pools: Pools, prepare: Prepare, kind: type[BaseException] = KeyboardInterrupt) -> int:
    """Interrupt at the first place, the second, and so on to the end; return how many there were."""
    for at in itertools.count(1):
        interrupt = Interrupt(at, WITHIN.get(prepare, SHARED), kind)
        try:
            with around_a_thread(pools) as harness:
                call = in_thread(driven(prepare(harness)))
                interrupt.meanwhile = harness.meanwhile
                assert interrupt.breaks_off(call)
        except BaseException as error:
            error.add_note(f"{prepare.__name__}: interrupted at {interrupt.place}")
            raise
        if not interrupt.is_due:
            return at - 1
    raise AssertionError


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="instructions are not traced in every frame there")
@pytest.mark.parametrize("prepare", OF_THREADS, ids=name_of)
def test_an_interrupt_between_two_steps_leaves_nothing_behind(pools, prepare):
    assert sweep(pools, prepare)
    gc.collect()


@pytest.fixture
def press_ctrl_c() -> Iterator[Callable[[], None]]:
    """Interrupts this thread, from another one; once, since a second time would interrupt the tests."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread, signals = threading.get_ident(), iter([signal.SIGINT])

    def press() -> None:
        for each in signals:
            signal.pthread_kill(thread, each)

    yield press
    signal.signal(signal.SIGINT, handler)


@pytest.mark.skipif(
    not hasattr(signal, "pthread_kill"), reason="no thread can be interrupted by another here"
)
@pytest.mark.parametrize("wait", WAITS, ids=name_of)
def test_an_interrupt_ends_a_wait_and_leaves_nothing_behind(pools, wait, press_ctrl_c):
    """It comes while the thread cannot but wait, so that it never comes after the call."""
    with around_a_thread(pools) as harness:
        call = driven(wait(harness, press_ctrl_c))
        with pytest.raises(KeyboardInterrupt):
            driven(call())
