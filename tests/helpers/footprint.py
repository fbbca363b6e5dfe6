"""What a process holds: descriptors, threads, tasks, objects and memory."""

import asyncio
import gc
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import trio
from attrs import asdict, frozen

from .fault_server import FaultServer
from .threads import until

_DESCRIPTORS = Path("/proc/self/fd")


@frozen
class Footprint:
    """How much of each there is; descriptors only where the system shows them."""

    descriptors: int
    threads: int
    tasks: int
    objects: int
    blocks: int

    def growth_since(self, other: "Footprint") -> dict[str, int]:
        return {name: count - getattr(other, name) for name, count in asdict(self).items()}


def footprint() -> Footprint:
    return Footprint(
        descriptors=len(descriptors()),
        threads=threading.active_count(),
        tasks=_tasks(),
        objects=len(gc.get_objects()),
        blocks=sys.getallocatedblocks(),
    )


def descriptors() -> list[Path]:
    """Return the open descriptors, as far as the system shows them."""
    return list(_DESCRIPTORS.iterdir()) if _DESCRIPTORS.exists() else []


def _tasks() -> int:
    with suppress(RuntimeError):
        return trio.lowlevel.current_statistics().tasks_living
    with suppress(RuntimeError):
        return len(asyncio.all_tasks())
    return 0


class Quarters:
    """Looks at the process after each quarter of many repetitions, and checks how it has grown.

    Args:
        count: How many repetitions there are.
        server: A server of the test, whose connections and threads end a little later than the client's.
        stay: How many of its connections stay open.
    """

    def __init__(self, count: int, server: FaultServer | None = None, stay: int = 0) -> None:
        self._quarter = count // 4
        self._server = server
        self._stay = stay
        self._most_threads = threading.active_count() + stay
        self._seen: list[Footprint] = []

    def __iter__(self) -> Iterator[int]:
        """Yield the number of each repetition."""
        for number in range(4 * self._quarter):
            yield number
            if (number + 1) % self._quarter == 0:
                if self._server:
                    self._server.requests.clear()
                gc.collect()
                until(self._has_settled)
                self._seen.append(footprint())
        self.assert_flat()

    def _has_settled(self) -> bool:
        if self._server is None:
            return True
        return len(self._server._open) <= self._stay and threading.active_count() <= self._most_threads

    @property
    def growth(self) -> dict[str, int]:
        """What has come to be between the ends of the second quarter and of the fourth."""
        return self._seen[3].growth_since(self._seen[1])

    def assert_flat(self) -> None:
        """What is kept by each repetition would cost an object or a block at least."""
        growth, repetitions = self.growth, 2 * self._quarter
        # Those that may stay need not be there each time.
        assert max(growth[name] for name in ("descriptors", "threads", "tasks")) <= self._stay, growth
        # Python itself and the event loops take and give back some now and then.
        assert growth["objects"] < 50 + repetitions // 20, growth
        assert growth["blocks"] < 300 + repetitions // 20, growth


@contextmanager
def quiet() -> Iterator[None]:
    """Log nothing meanwhile: whoever listens takes longer than the calls, and may keep what it hears."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        yield
    finally:
        logging.disable(before)
