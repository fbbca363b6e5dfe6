"""The tests of a user's own code."""

import subprocess
import sys
from pathlib import Path


def test_a_users_tests_pass():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "examples/test_your_code.py"]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout
