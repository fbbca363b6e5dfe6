"""What every row stands on: the canned service, and clients that are closed in the end."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, TypeVar

import httpx
from attrs import frozen

from .measure import Costs, Work, take_turns

T = TypeVar("T")


@frozen
class Scale:
    """How much is measured.

    Attributes:
        rounds: How often each contender is.
        share: How much of a row's work it does each time, over 0 and up to 1.
        processes: How often what takes a new process is measured.
    """

    rounds: int
    share: float
    processes: int

    def units(self, most: int) -> int:
        return max(1, int(most * self.share))


FULL = Scale(rounds=7, share=1.0, processes=11)
QUICK = Scale(rounds=5, share=0.1, processes=3)


@frozen
class Stage:
    """A place to measure at.

    Attributes:
        port: Where the canned service is.
        scale: How much is measured.
        ends: Closes what rows open.
        runner: The event loop of the rows of tasks.
    """

    port: int
    scale: Scale
    ends: ExitStack
    runner: asyncio.Runner

    def base(self, tokens: int = 100) -> str:
        """Return the URL of a service with so many tokens."""
        return f"http://127.0.0.1:{self.port}/{tokens}"

    def counts(self) -> dict[str, int]:
        """Return how many requests of each kind there were since this was asked last."""
        counts: dict[str, int] = json.loads(self.body("/counts"))
        return counts

    def body(self, path: str, tokens: int = 100) -> str:
        """Return what a service with so many tokens answers."""
        return httpx.get(self.base(tokens) + path).text

    def open(self, tokens: int, *kinds: Callable[[str], Any]) -> list[Any]:
        """Make clients of a service with so many tokens."""
        clients = [kind(self.base(tokens)) for kind in kinds]
        for client in clients:
            self.ends.callback(client.close)
        return clients

    def open_async(self, tokens: int, *kinds: Callable[[str], Any]) -> list[Any]:
        """Make clients of a service with so many tokens, for tasks."""

        async def make(kind: Callable[[str], Any]) -> Any:
            return kind(self.base(tokens))  # inside the loop, as some need it

        clients = [self.run(partial(make, kind)) for kind in kinds]
        for client in clients:
            self.ends.callback(self.run, client.aclose)
        return clients

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run async work to its end."""
        results: list[T] = []

        async def main() -> None:
            # Not returned: the runner's handler of signals would have the repr of it made.
            results.append(await work())

        self.runner.run(main())
        return results[0]

    def measure(self, contenders: Mapping[str, Work], units: int) -> Costs:
        return take_turns(contenders, units, self.scale.rounds)


@contextmanager
def stage(scale: Scale) -> Iterator[Stage]:
    """Start the canned service, and in the end close everything."""
    command = [sys.executable, "-m", "benchmarks.service"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            with asyncio.Runner() as runner, ExitStack() as ends:
                yield Stage(int(process.stdout.readline()), scale, ends, runner)
        finally:
            process.terminate()
