"""Goes on the tour."""

from __future__ import annotations

import sys
import time

import anyio

from access_tokens import AccessTokensError

from .guide import Differs, Guide
from .tasks import from_tasks
from .threads import from_threads


def ended(guide: Guide, error: Exception) -> int:
    """Tell why the tour ends early."""
    print(f"\nThe tour ends here, after {guide.passed} checks. {type(error).__name__}: {error}")
    return 1


def main() -> int:
    """Go on the tour and return the exit status."""
    guide, started = Guide(), time.monotonic()
    try:
        from_threads(guide)
        anyio.run(from_tasks, guide)
    except ExceptionGroup as group:  # of the tasks, the first that failed will do
        return ended(guide, group.exceptions[0])
    except (Differs, AccessTokensError) as error:
        return ended(guide, error)
    print(f"\nAll {guide.passed} checks passed, in {time.monotonic() - started:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
