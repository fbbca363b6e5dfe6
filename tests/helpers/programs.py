"""The programs that tests start, of which some may not be installed."""

import os
import shutil

import pytest


def absent(reason: str) -> None:
    """Skip the test for what is not installed; in CI, where it must not be missing, fail."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def program(*names: str) -> str:
    """Return the path of the program that has one of these names, or skip the test."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        absent(f"not installed: {' or '.join(names)}")
    return str(found)
