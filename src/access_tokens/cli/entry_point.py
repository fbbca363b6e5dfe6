"""Runs the program, and turns every way in which a command can end into an exit status and a message."""

from __future__ import annotations

import errno
import signal
import sys
from collections.abc import Sequence
from io import StringIO, TextIOWrapper
from typing import cast

import click

from ..errors import AccessTokensError
from .exit_status import ExitStatus, Unusable
from .interrupts import ended_as_by_ctrl_c
from .output import complain, discard, tell
from .program import program


def run(args: Sequence[str] | None = None) -> int:
    """Run one command, and return the exit status. What is not expected is raised: a fault of ours."""
    try:
        _prepare_streams()
        given = None if args is None else list(args)
        with ended_as_by_ctrl_c():
            status = program.main(given, prog_name="access-tokens", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        return _refused(error)
    except AccessTokensError as error:
        complain("Error", str(error))
        return ExitStatus.FAILED
    except click.Abort as abort:
        complain("Error", "interrupted")
        return ExitStatus.SIGNALLED + getattr(abort.__cause__, "number", signal.SIGINT)
    except OSError as error:
        return _not_written(error)
    except SystemExit as end:  # by click, when nobody reads the output any more
        return cast(int, end.code)
    return cast("int | None", status) or ExitStatus.DONE


def _prepare_streams() -> None:
    """See to it that ids can be read, and results written.

    Raises:
        click.UsageError: There is no standard output: a PAT would be lost.
    """
    if sys.stdin is None:  # it was closed before the program was started
        sys.stdin = StringIO()
    if sys.stdout is None:
        raise click.UsageError("standard output is closed: give it a file, or /dev/null")
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name that cannot be written must not be why a PAT is not; no id that cannot be read is valid.
            stream.reconfigure(errors="backslashreplace")


def _refused(error: click.ClickException) -> int:
    """Say what is wrong with the command, without showing a value that is a secret in the wrong place."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    context = getattr(error, "ctx", None)
    if context is not None and not isinstance(error, Unusable):
        tell(f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n")
    complain("Error", error.format_message())
    return error.exit_code


def _not_written(error: OSError) -> int:
    try:
        sys.stdout.flush()
    except OSError:
        discard(sys.stdout)
    if error.errno != errno.EPIPE:  # whoever has read the output needs no more
        complain("Error", f"{error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
    return ExitStatus.FAILED
