"""What a command prints: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

import click
from attrs import frozen

from .._secret import redact
from .._unix_time import aware_datetime
from ..errors import one_line

if TYPE_CHECKING:
    from rich.table import Table


def complain(kind: str, message: str) -> None:
    """Write a message to standard error, without any secret and anything that controls a terminal."""
    tell(f"{_styled(kind)}: {_harmless(message)}")


def tell(text: str) -> None:
    """Write a text to standard error, if somebody reads it: without, what is printed is still needed."""
    try:
        click.echo(text, err=True, color=colours())
    except OSError:
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Drop what a stream could not write: it would fail once more at the interpreter's end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _harmless(message: str) -> str:
    return "\n".join(redact(one_line(each)) for each in message.splitlines())


def _styled(kind: str) -> str:
    return click.style(kind, fg={"Error": "red", "Warning": "yellow"}.get(kind))


def colours() -> bool | None:
    """Return False if the user wants no colours (https://no-color.org), None if the terminal decides."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def is_terminal() -> bool:
    """Tell whether the results are read on a terminal, and not by another program."""
    return sys.stdout.isatty()


def can_ask() -> bool:
    """Tell whether there is somebody at a terminal to answer a question."""
    return sys.stdin.isatty() and sys.stderr is not None and sys.stderr.isatty()


@frozen
class Output:
    """How much is printed, and in which form.

    Attributes:
        is_json: Whether standard output is one JSON document, and nothing else.
        is_quiet: Whether only what a script needs is printed.
        is_verbose: Whether the requests and the waits between them are shown.
    """

    is_json: bool = False
    is_quiet: bool = False
    is_verbose: bool = False

    def result(self, *, text: str, bare: str | None, document: Any) -> None:
        """Print the result of a command in the form that was asked for.

        It is written at once, since it may hold a PAT that nobody can get again.

        Args:
            text: For people. It may have several lines.
            bare: For `--quiet`; None for nothing.
            document: For `--json`: what `json.dumps` takes.
        """
        if self.is_json:
            self.document(document)
        elif not self.is_quiet:
            self.line(text)
        elif bare is not None:
            self.line(bare)

    def document(self, value: Any) -> None:
        """Write a JSON document to standard output."""
        self.line(to_json(value, indent=2))

    def line(self, text: str) -> None:
        """Write a text and the end of a line to standard output at once."""
        click.echo(text, color=colours())

    def lines(self, texts: Iterable[str]) -> None:
        """Write lines to standard output, if there are any."""
        if text := "\n".join(texts):
            self.line(text)

    def table(self, table: Table) -> None:
        """Write a table to standard output, a terminal."""
        from rich.console import Console

        Console(markup=False, emoji=False, highlight=False).print(table)

    def write(self, text: str) -> None:
        """Write a part of a text to standard output at once."""
        click.echo(text, nl=False)

    def note(self, message: str) -> None:
        """Tell people something that is not the result, unless they want it quiet."""
        if not self.is_quiet:
            tell(_harmless(message))

    def trace(self, message: str) -> None:
        """Show a request, a wait or another detail."""
        tell(click.style(_harmless(message), dim=True))

    def warn(self, message: str) -> None:
        """Say what may be a mistake or a danger, even if people want it quiet."""
        complain("Warning", message)

    def fail(self, message: str) -> None:
        """Say what has failed, when the command goes on."""
        complain("Error", message)


def to_json(value: Any, indent: int | None = None) -> str:
    """Return JSON in which all is escaped that controls a terminal, or that standard output cannot write."""
    is_utf = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    text = json.dumps(value, indent=indent, ensure_ascii=not is_utf)
    return "".join(each if each.isprintable() or each == "\n" else json.dumps(each)[1:-1] for each in text)


def plain(text: str) -> str:
    """Return a text of the service as one line, without anything that controls a terminal."""
    return one_line(text, len(text) + 1)


def success(text: str) -> str:
    """Return a text in the colour of success, which is left out where there are no colours."""
    return click.style(text, fg="green")


def true_or_false(value: bool) -> str:
    """Return a boolean as JSON writes it."""
    return json.dumps(value)


def iso(seconds: int | None) -> str:
    """Return Unix seconds as ISO 8601 in UTC, as the reference does; "-" for None."""
    if seconds is None:
        return "-"
    return aware_datetime(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def pat_field(pat: str, file: str | None) -> dict[str, str]:
    """Return what `--json` says of a PAT: the PAT itself, or the file in which it is."""
    return {"tokenFile": file} if file else {"token": pat}


def pat_text(pat: str, file: str | None) -> str:
    """Return what people are told of a PAT."""
    if file:
        return f"The token is in {plain(file)}."
    return f"TOKEN (save this securely, it won't be shown again):\n{pat}"
