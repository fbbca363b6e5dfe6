"""How the tests run an example and look at what it did."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from access_tokens import RetryPolicy
from access_tokens.testing import LocalService

ROOT = Path(__file__).resolve().parents[2]
# What a PAT ends in, with or without its id; a JWT; a hash.
SECRETS = re.compile(r"[A-Za-z0-9+/]{43}=|eyJ[\w-]+\.[\w-]+|\$scrypt\$")
UNKNOWN = "0" * 21
DAY = 86_400
NO_WAIT = RetryPolicy(backoff=0)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python from the root of the repository."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def run_example(name: str, service: LocalService, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an example as its docstring says, and see that it keeps its secrets."""
    done = run(
        "-m",
        f"examples.{name}",
        *arguments,
        ACCESS_TOKENS_ENDPOINT=service.endpoint,
        ACCESS_TOKENS_API_KEY=service.admin_pat,
    )
    assert not SECRETS.search(done.stdout + done.stderr)
    return done


def revoked(service: LocalService, token_id: str) -> bool:
    record = service.record(token_id)
    return record is not None and "revokedAt" in record


def id_of(pat: str) -> str:
    return pat.removeprefix("pat_").partition(".")[0]
