"""Standard input, from which either the PAT or the ids come."""

from __future__ import annotations

import sys

import click

_LARGEST = 2**24


def read_pat() -> str:
    """Return what was typed without showing it, or all of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt("PAT", hide_input=True, err=True))
    return sys.stdin.read(_LARGEST)


def read_ids() -> list[str]:
    """Return the lines of standard input that are not empty."""
    lines = sys.stdin.read(_LARGEST).removeprefix("\ufeff").splitlines()
    return [line.strip() for line in lines if line.strip()]
