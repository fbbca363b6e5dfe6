"""Arguments at the very limit are taken, and one step further is too far."""

from __future__ import annotations

import pytest

from access_tokens import RetryPolicy
from access_tokens._calls import arguments as check
from access_tokens._secret import Secret
from access_tokens._settings import _checked_pat as checked_pat
from access_tokens._settings import settings
from access_tokens.retry import LONGEST_WAIT

from ..helpers.sessions import PAT, SETTINGS

YEAR_9999_ENDS = 253_402_300_799
COST = "$scrypt$ln=14,r=8,p=1"


@pytest.mark.parametrize(
    ("checked", "last", "next_one"),
    [
        (lambda n: check.roles("roles", ["r"] * n), 50, 51),
        (lambda n: check.role("role", "r" * n), 100, 101),
        (lambda n: check.owner("x" * n), 100, 101),
        (lambda n: check.owner("😀" * n), 50, 51),
        (lambda n: check.token_id("x" * n), 2048, 2049),
        (lambda n: check.phc(Secret(f"{COST}$AA$".ljust(n, "A"))), 200, 201),
        (lambda n: check.phc(Secret(f"{COST}$AA$".ljust(n, "A"))), len(COST) + 8, len(COST) + 9),
        (lambda n: checked_pat(Secret("x" * n)), 200, 201),
        (lambda n: checked_pat(Secret(f"!{chr(n)}")), ord("~"), ord("~") + 1),
        (lambda n: settings("https://h", PAT, **(SETTINGS | {"auth_path": "/".ljust(n, "a")})), 4096, 4097),
        (lambda n: settings("https://h/".ljust(n + 9, "a"), PAT, **SETTINGS), 4096, 4097),
        (lambda n: check.moment("expires_at", n), 1, 0),
        (lambda n: check.moment("expires_at", n), YEAR_9999_ENDS, YEAR_9999_ENDS + 1),
        (lambda n: check.page_limit("limit", n), 2**63 - 1, 2**63),
        (check.page_size, 1000, 1001),
        (lambda n: RetryPolicy(backoff=n), LONGEST_WAIT, LONGEST_WAIT + 1),
        (lambda n: RetryPolicy(backoff=n), 0, -0.1),
        (lambda n: RetryPolicy(backoff_max=n), 0.5, float("nan")),
        (lambda n: RetryPolicy(jitter=n), 1, 1.01),
        (lambda n: RetryPolicy(jitter=n), 0, -0.01),
        (lambda n: RetryPolicy(retries=n), 0, -1),
        (lambda n: RetryPolicy(statuses=[n]), 400, 399),
        (lambda n: RetryPolicy(statuses=[n]), 599, 600),
    ],
)
def test_a_limit_can_be_reached_and_not_passed(checked, last, next_one):
    checked(last)
    with pytest.raises(ValueError, match=" must "):
        checked(next_one)


@pytest.mark.parametrize("prefix", ["Bearer ", "bearer ", "BEARER "])
def test_a_pat_is_bare_in_any_case(prefix):
    with pytest.raises(ValueError, match="without 'Bearer'$"):
        checked_pat(Secret(f"{prefix}pat_x"))
