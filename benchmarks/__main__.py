"""Measure every row, print the tables, and draw how costs grow.

    python -m benchmarks [--quick] [ROW ...]

A ROW is a letter, such as `a`. The table marks what misses its goal; the exit code does not, since a noisy
machine is no fault of the code's.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

LETTERS = "abcdefghi"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and print a table.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(LETTERS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, and no i unless named")
    options = parser.parse_args()
    # Before the client is imported: `ours` is what is installed without the extra. See worker.py.
    modules: Any = sys.modules
    modules["msgspec"] = None
    from .run import run

    run(options.rows or LETTERS[: -1 if options.quick else None], quick=options.quick)


if __name__ == "__main__":
    main()
