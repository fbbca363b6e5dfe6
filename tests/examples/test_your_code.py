"""The tests of a user's own code."""

from __future__ import annotations

from ..helpers.running_examples import run


def test_a_users_tests_pass():
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "examples/test_your_code.py")
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
