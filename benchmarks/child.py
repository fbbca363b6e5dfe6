"""Python processes of their own, for what a process can do only once, or must be weighed in alone."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence

from .measure import Cost

# With compiled modules, as installed packages have them, whatever this environment says.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
_HIDDEN = "import sys; sys.modules.update(dict.fromkeys({}))\n"
_TIMED = """
import time
wall, cpu = time.perf_counter(), time.process_time()
{}
print(time.perf_counter() - wall, time.process_time() - cpu)
"""


def output_of(script: str, *arguments: str, hidden: Iterable[str] = ()) -> str:
    """Run a script, for which some packages are not installed, and return what it prints."""
    command = [sys.executable, "-c", _HIDDEN.format([*hidden]) + script, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=_ENVIRONMENT).stdout


def cost_inside(statements: str, *arguments: str, hidden: Iterable[str] = ()) -> Cost:
    """Return what statements take in a new process, without the start of Python itself."""
    wall, cpu = output_of(_TIMED.format(statements), *arguments, hidden=hidden).split()
    return Cost(float(wall), float(cpu))


def cost_of_all(command: Sequence[str]) -> Cost:
    """Return what a process takes from its start to its end."""
    wall, cpu = time.perf_counter(), _cpu_of_children()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=_ENVIRONMENT)
    return Cost(time.perf_counter() - wall, _cpu_of_children() - cpu)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
