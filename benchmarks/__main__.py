"""Measure every row and print the table.

    python -m benchmarks [--quick] [ROW ...]

A ROW is a letter, such as `a`. The table marks what misses its goal; the exit code does not, since a noisy
machine is no fault of the code's.
"""

from __future__ import annotations

import argparse
import platform
import sys
from importlib.metadata import version

from .much import batch, cold_start, start, walk
from .report import Row, table
from .rows import issue, one_by_one, page_of_1000, together
from .stage import FULL, QUICK, stage

ROWS = {
    "a": one_by_one,
    "b": together,
    "c": page_of_1000,
    "d": walk,
    "e": batch,
    "f": cold_start,
    "g": start,
    "h": issue,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and print a table.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work")
    options = parser.parse_args()
    rows: list[Row] = []
    for name in options.rows or ROWS:
        with stage(QUICK if options.quick else FULL) as place:
            for row in ROWS[name](place):
                print(row.title, file=sys.stderr)
                rows.append(row)
    print(table(rows))
    missed = [row.title for row in rows if row.is_missed]
    print(f"\nOver the goal: {'; '.join(missed)}." if missed else "\nEvery goal is reached.")
    packages = ("httpx", "httpcore", "anyio", "h11", "authlib", "cattrs", "attrs")
    print(f"Python {platform.python_version()}; " + ", ".join(f"{each} {version(each)}" for each in packages))


if __name__ == "__main__":
    main()
