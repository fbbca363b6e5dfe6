"""A run: the rows that are asked for, their tables, and the drawing."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from .curve import Curve, growth_table
from .growth import growth
from .much import batch, cold_start, walk
from .plot import svg
from .report import Row, table
from .rows import issue, one_by_one, page_of_1000, together
from .stage import FULL, QUICK, Scale, Stage, stage
from .start import start

GROWTH = "i"
ROWS: dict[str, Callable[[Stage], Iterator[Row]]] = {
    "a": one_by_one,
    "b": together,
    "c": page_of_1000,
    "d": walk,
    "e": batch,
    "f": cold_start,
    "g": start,
    "h": issue,
}
DRAWING = Path(__file__).with_name("growth.svg")
PACKAGES = ("httpx", "httpcore", "httpx2", "aiohttp", "anyio", "h11", "authlib", "cattrs", "attrs", "msgspec")


def run(letters: Iterable[str], *, quick: bool) -> None:
    """Measure, print what was found, and draw the growth after a full run of it.

    Args:
        letters: The rows.
        quick: Whether a rough idea is enough.
    """
    asked, scale = [*letters], QUICK if quick else FULL
    if rows := _measured([each for each in asked if each != GROWTH], scale):
        print(table(rows))
        _judge(rows)
    if GROWTH in asked:
        _grow(scale)
    print(
        f"\nPython {platform.python_version()}; " + ", ".join(f"{each} {version(each)}" for each in PACKAGES)
    )


def _measured(letters: Iterable[str], scale: Scale) -> list[Row]:
    rows: list[Row] = []
    for letter in letters:
        with stage(scale) as place:
            for row in ROWS[letter](place):
                print(row.title, file=sys.stderr)
                rows.append(row)
    return rows


def _judge(rows: Iterable[Row]) -> None:
    missed = [row.title for row in rows if row.is_missed]
    print(f"\nOver the goal: {'; '.join(missed)}." if missed else "\nEvery goal is reached.")


def _grow(scale: Scale) -> None:
    curves: list[Curve] = []
    with stage(scale) as place:
        for curve in growth(place):
            print(curve.title, file=sys.stderr)
            curves.append(curve)
    print("\n" + growth_table(curves))
    if scale is FULL:
        DRAWING.write_text(svg(curves), encoding="utf-8")
