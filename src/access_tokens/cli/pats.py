"""The administrator's PAT that the command line is given: itself, in a file, or on standard input."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from .._pat import pat_problem as problem_of
from .._pat import why_unread
from .._secret import Secret
from .exit_status import Unusable
from .private_files import Warn, content, warn_if_readable
from .shown import shown

_LARGEST = 2**16
_OPTION, _FILE_OPTION = "--admin-token", "--admin-token-file"


def pat_problem(value: str) -> str | None:
    """Return which requirement a value does not meet as a PAT ("must …"), or None if it is a PAT."""
    problem = problem_of(value)
    return problem and problem.replace("pathlib.Path", _FILE_OPTION)


def given_pat(token: Secret | None, file: str | None, stdin: Callable[[], str], warn: Warn) -> Secret | None:
    """Return the PAT of `--admin-token` or `--admin-token-file`, if one is given. `-` is standard input.

    Raises:
        click.UsageError: Both are used, or there is no PAT. The message does not hold what there is.
    """
    if token is not None and file is not None:
        raise click.UsageError(f"{_OPTION} and {_FILE_OPTION} cannot both be given")
    if "-" in (file, token and token.reveal()):
        return _checked("standard input", Secret(stdin().removeprefix("\ufeff").partition("\n")[0].rstrip()))
    if file is not None:
        return pat_in(Path(file), _FILE_OPTION, warn)
    if token is not None:
        warn(
            f"{_OPTION} shows the PAT to the other users of this machine and to the shell's history: "
            f"use {_FILE_OPTION} FILE, or - for standard input"
        )
    return token and _checked(_OPTION, token)


def pat_in(path: Path, source: str, warn: Warn) -> Secret:
    """Return the PAT in a file, which may be a pipe, without the white space at its end.

    Args:
        path: The file.
        source: The option or variable that names it, for messages.
        warn: Is called if others can read the file.

    Raises:
        click.UsageError: It cannot be read, or holds no PAT.
    """
    try:
        text = Secret(content(path, _LARGEST).decode("utf-8-sig", "replace").rstrip())
    except (OSError, ValueError) as error:
        problem = why_unread(error)
    else:
        pat = _checked(f"the content of {shown(path)}", text)
        warn_if_readable(path, warn)
        return pat
    raise Unusable(f"{source}: {shown(path)} cannot be read: {problem}")


def _checked(source: str, pat: Secret) -> Secret:
    if problem := pat_problem(pat.reveal()):
        raise Unusable(f"{source} must {problem}")
    return pat
