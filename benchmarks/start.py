"""The row: what a process pays before its first call, and until it is answered."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from access_tokens import AccessTokensClient

from .child import cost_inside, cost_of_all, output_of
from .measure import OURS, Costs, Work, take_turns
from .ours import PAT
from .report import Comparison, Figure, Row
from .stage import Stage
from .worker import FAST

# httpx imports click and rich where they are installed, for a command of its own. That would flatter us.
_CLICK = ["click"]
_PLAIN = [*_CLICK, "msgspec"]
_HTTPX = "import httpx"
_PACKAGE, _CLASS = "import access_tokens", "from access_tokens import AccessTokensClient"
_EXTRAS = {"cattrs", "starlette"}
_CALL = f"""
from access_tokens import AccessTokensClient
with AccessTokensClient(sys.argv[1], {PAT!r}) as client:
    client.list(limit=10)
"""
_CALL_BY_HAND = """
import httpx
with httpx.Client(base_url=sys.argv[1], headers={"Authorization": "Bearer a.b.c"}) as http:
    http.get("/admin/tokens", params={"limit": 10}).json()["records"]
"""


def start(stage: Stage) -> Iterator[Row]:
    """(g) Importing the package, making a client, calling, and the command line."""
    for statement, goals in ((_PACKAGE, {_HTTPX: 1.3}), (_CLASS, dict[str, float]())):
        costs = _turns(stage, _compared(statement, _HTTPX))
        yield Comparison(f"(g) {statement}", "", costs, goals)
    works = _compared(_CALL, _CALL_BY_HAND, stage.base())
    yield Comparison("(g) import, a client, one call", "", _turns(stage, works), {_HTTPX: 1.3})
    yield _help(stage)
    yield from _brought_along()
    yield _construction(stage)


def _turns(stage: Stage, works: dict[str, Work]) -> Costs:
    return take_turns(works, 1, stage.scale.processes)


def _compared(statements: str, of_httpx: str, *arguments: str) -> dict[str, Work]:
    return {
        OURS: partial(cost_inside, statements, *arguments, hidden=_PLAIN),
        FAST: partial(cost_inside, statements, *arguments, hidden=_CLICK),
        _HTTPX: partial(cost_inside, of_httpx, *arguments, hidden=_CLICK),
    }


def _help(stage: Stage) -> Row:
    command, python = str(Path(sys.executable).with_name("access-tokens")), [sys.executable, "-c"]
    httpx_alone = f"import sys; sys.modules['click'] = None; {_HTTPX}"
    works: dict[str, Work] = {
        OURS: partial(cost_of_all, [command, "--help"]),
        f"python -c '{_HTTPX}'": partial(cost_of_all, [*python, httpx_alone]),
        "python -c pass": partial(cost_of_all, [*python, "pass"]),
    }
    goals = {f"python -c '{_HTTPX}'": 1.5}
    return Comparison("(g) `access-tokens --help`, the process", "", _turns(stage, works), goals)


def _brought_along() -> Iterator[Row]:
    # With the class comes what a call needs: in a forked child, an import may never end.
    for statement, early in ((_PACKAGE, {"httpx", "access_tokens_api", *_EXTRAS}), (_CLASS, _EXTRAS)):
        found = early & set(output_of(f"{statement}; print(*sys.modules)").split())
        title, brought = f"(g) {statement}: brings along", ", ".join(sorted(found)) or "nothing"
        yield Figure(title, brought, "nothing that can wait", not found)


def _construction(stage: Stage) -> Row:
    count = stage.scale.units(1000)

    def construct() -> None:
        for _ in range(count):
            AccessTokensClient("https://tokens.example.com", PAT).close()

    costs = take_turns({OURS: construct}, count, stage.scale.rounds)[OURS]
    milliseconds = statistics.median(cost.wall for cost in costs) * 1e3
    return Figure("(g) making a client", f"{milliseconds:.2f} ms", "under 1 ms", milliseconds < 1)
