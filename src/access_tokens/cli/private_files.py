"""Reads files that may hold secrets, and warns of those that others can read."""

from __future__ import annotations

import errno
import os
import shlex
import stat
from collections.abc import Callable
from pathlib import Path

from .shown import shown

Warn = Callable[[str], None]

_OTHERS = stat.S_IRGRP | stat.S_IROTH


def warn_if_readable(path: Path, warn: Warn) -> None:
    """Warn if a file that holds a token can be read by its group or by everybody."""
    if os.name == "nt":  # it has no such permissions
        return
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return
    if stat.S_ISREG(mode) and mode & _OTHERS:
        name = shown(shlex.quote(str(path)))
        warn(f"{name} can be read by others and holds a token: chmod 600 {name}")


def content(path: Path, most: int) -> bytes:
    """Return the content of a file, which may be a pipe.

    Raises:
        OSError: It cannot be read, or holds more than `most` bytes.
        ValueError: No file can have this path.
    """
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        del data
        raise OSError(errno.EFBIG, "File too large")
    return data
