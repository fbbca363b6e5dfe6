"""A progress bar on standard error, for a person at a terminal who waits."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from .output import Output


@contextmanager
def progress(output: Output, title: str, total: int | None = None) -> Generator[Callable[[], None]]:
    """Show how much is done, unless the output is quiet or nobody is at a terminal.

    Args:
        output: How much is printed.
        title: What is done.
        total: How many steps there are, if that is known.

    Yields:
        A function to call after each step.
    """
    if output.is_quiet or sys.stderr is None or not sys.stderr.isatty():
        yield _nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # On the same terminal, lines of results go above the bar.
    shares = sys.stdout.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=shares) as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)


def _nothing() -> None:
    """Show nothing."""
