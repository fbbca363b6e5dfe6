"""Reports on the mutants that `mutmut run` has made: how many the tests have killed, and which live.

Fails when fewer than 98 in a hundred were killed, when one lives that mutants.txt does not explain, and when
one that it explains lives no more.
"""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

DUE = 0.98
DEAD = {"killed", "timeout"}
EXPLAINED = Path(__file__).with_suffix(".txt")


def mutmut(*arguments: str) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def results() -> dict[str, str]:
    """Return what became of each mutant, by its name."""
    lines = mutmut("results", "--all", "true").splitlines()
    return dict(line.strip().split(": ", 1) for line in lines if "__mutmut_" in line)


def module_of(mutant: str) -> str:
    return mutant.removeprefix("access_tokens.").rpartition(".")[0]


def described(mutant: str) -> str:
    """Return where a mutant is and what it changes, which stays the same when other mutants come and go."""
    where = re.sub(r"\.x_?|ǁ", ".", mutant.removeprefix("access_tokens.").partition("__mutmut_")[0])
    changes = re.findall(r"^([-+]) +(.*)$", mutmut("show", mutant), re.MULTILINE)
    new = [line for sign, line in changes if sign == "+"] or [f"without {line}" for _, line in changes]
    return f"{where.replace('..', '.')}: {' '.join(new)}"


def explained() -> set[str]:
    lines = EXPLAINED.read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def table(fates: dict[str, str]) -> Iterator[str]:
    """Return a line for each module: how many mutants were killed of how many."""
    made = Counter(map(module_of, fates))
    killed = Counter(module_of(mutant) for mutant, fate in fates.items() if fate in DEAD)
    for module in sorted(made):
        yield f"{module:<24}{killed[module]:>6} /{made[module]:>5}"
    share = killed.total() / made.total()
    yield f"{'all':<24}{killed.total():>6} /{made.total():>5} = {share:.1%}"
    if share < DUE:
        yield f"PROBLEM: {DUE:.0%} are due"


def problems(living: set[str]) -> Iterator[str]:
    yield from listed("PROBLEM: these live, and mutants.txt does not explain why", living - explained())
    yield from listed("PROBLEM: mutants.txt explains these, which live no more", explained() - living)


def listed(title: str, lines: Iterable[str]) -> list[str]:
    found = sorted(lines)
    return [title, *(f"  {line}" for line in found)] if found else []


def main() -> int:
    fates = results()
    living = {described(mutant) for mutant, fate in fates.items() if fate not in DEAD}
    report = [*table(fates), *problems(living)]
    sys.stdout.write("\n".join(report) + "\n")
    return any(line.startswith("PROBLEM") for line in report)


if __name__ == "__main__":
    sys.exit(main())
