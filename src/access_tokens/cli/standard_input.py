"""Standard input, from which either the PAT or the ids come."""

from __future__ import annotations

import sys

import click

_LARGEST = 2**24


class StandardInput:
    """Standard input, which can be read once."""

    def pat(self) -> str:
        """Return what was typed without showing it, or all of the input."""
        if sys.stdin.isatty():
            return str(click.prompt("PAT", hide_input=True, err=True))
        return sys.stdin.read(_LARGEST)

    def ids(self) -> list[str]:
        """Return the lines that are not empty."""
        lines = sys.stdin.read(_LARGEST).removeprefix("\ufeff").splitlines()
        return [line.strip() for line in lines if line.strip()]
