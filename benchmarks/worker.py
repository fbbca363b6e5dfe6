"""Ours in its other form, in a process of its own, which can import msgspec: the table's process cannot.

    python -m benchmarks.worker PORT

reads a line of JSON for each turn, `["pages", 1000, 40]`, and answers with its costs: `[wall, cpu]`.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial

from .measure import OURS, Cost, Work, cost_of
from .ours import WORKS
from .stage import FULL, Stage

FAST = f"{OURS}, with msgspec"


def in_both_forms(stage: Stage, name: str, *numbers: int) -> dict[str, Work]:
    """Return work of `WORKS`, here and in a process of the other form, which is ended with the stage."""
    process = stage.ends.enter_context(_started(stage.port))
    return {OURS: WORKS[name](stage, *numbers), FAST: partial(_turn, process, name, *numbers)}


@contextmanager
def _started(port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", __name__, str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process  # which ends when its input does


def _turn(process: subprocess.Popen[str], name: str, *numbers: int) -> Cost:
    assert process.stdin is not None
    assert process.stdout is not None
    print(json.dumps([name, *numbers]), file=process.stdin, flush=True)
    return Cost(*json.loads(process.stdout.readline()))


def _serve(port: int) -> None:
    with asyncio.Runner() as runner, ExitStack() as ends:
        stage = Stage(port, FULL, ends, runner)

        @cache
        def work(name: str, *numbers: int) -> Work:
            return WORKS[name](stage, *numbers)

        for line in sys.stdin:
            cost = cost_of(work(*json.loads(line)))
            print(json.dumps([cost.wall, cost.cpu]), flush=True)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
