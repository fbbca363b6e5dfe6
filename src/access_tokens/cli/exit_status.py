"""The exit statuses of the program, and the errors that lead to them."""

from __future__ import annotations

from enum import IntEnum

import click


class ExitStatus(IntEnum):
    """How a command has ended. 2, for what was given wrong so that nothing was sent, is click's own.

    Attributes:
        DONE: It is done.
        FAILED: Something failed.
        SOMETHING_TO_DO: `sync --dry-run --exit-code` has found something to do.
        SIGNALLED: With the number of a signal added, as shells say it: 130 after Ctrl-C.
    """

    DONE = 0
    FAILED = 1
    SOMETHING_TO_DO = 3
    SIGNALLED = 128


class Unusable(click.UsageError):
    """A file, a variable of the environment or a PAT is of no use: the usage of the command is of no help."""


class Declined(click.ClickException):
    """The user has answered no."""

    exit_code = ExitStatus.FAILED
