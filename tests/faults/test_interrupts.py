"""Threads that are interrupted, as by Ctrl-C, at any moment."""

from __future__ import annotations

import gc
import itertools
import signal
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from ..helpers.interrupts import Tripwire
from ..helpers.pools import Pools
from .sync_situations import SITUATIONS, WAITS, Situation, iteration
from .sync_stage import Call, on_stage

# A socket that was opened as the interrupt came, and that nobody has heard of yet, is closed by Python.
pytestmark = [pytest.mark.fault(51), pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")]


def sweep(pools: Pools, situation: Situation, kind: type[BaseException] = KeyboardInterrupt) -> int:
    """Interrupt at the first place, the second, and so on to the end; return how many there were."""
    for at in itertools.count(1):
        wire = Tripwire(at, everywhere=situation is iteration, raises=kind)
        try:
            with on_stage(pools) as stage:
                call = situation(stage)
                wire.meanwhile = stage.meanwhile
                assert wire.interrupts(call)
        except BaseException as error:
            error.add_note(f"{situation.__name__}: interrupted at {wire}")
            raise
        if not wire.is_reached:
            return at - 1
    raise AssertionError


def name_of(situation: Callable[..., object]) -> str:
    return situation.__name__


@pytest.mark.fault(33)
@pytest.mark.skipif(sys.version_info >= (3, 13), reason="instructions are not traced in every frame there")
@pytest.mark.parametrize("situation", SITUATIONS, ids=name_of)
def test_an_interrupt_between_two_steps_leaves_nothing_behind(pools, situation):
    assert sweep(pools, situation)
    gc.collect()


@pytest.fixture
def press_ctrl_c() -> Iterator[Call]:
    """Interrupts this thread, from another one; once, since a second time would interrupt the tests."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread, signals = threading.get_ident(), iter([signal.SIGINT])

    def press() -> None:
        for each in signals:
            signal.pthread_kill(thread, each)

    yield press
    signal.signal(signal.SIGINT, handler)


@pytest.mark.fault(33)
@pytest.mark.skipif(
    not hasattr(signal, "pthread_kill"), reason="no thread can be interrupted by another here"
)
@pytest.mark.parametrize("wait", WAITS, ids=name_of)
def test_an_interrupt_ends_a_wait_and_leaves_nothing_behind(pools, wait, press_ctrl_c):
    """It comes while the thread cannot but wait, so that it never comes after the call."""
    with on_stage(pools) as stage:
        call = wait(stage, press_ctrl_c)
        with pytest.raises(KeyboardInterrupt):
            call()
