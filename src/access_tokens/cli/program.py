"""The program `access-tokens`, with its commands."""

from __future__ import annotations

import click

from .._version import __version__
from .commands.completion import completion
from .commands.generate import generate
from .commands.issue import issue
from .commands.list import list_
from .commands.register import register
from .commands.restore import restore
from .commands.revoke import revoke
from .commands.rotate import rotate
from .commands.sync import sync
from .commands.update import update
from .commands.whoami import whoami

_EPILOG = """\
\b
Where the service is, and whose PAT is used:
  --url URL with --admin-token-file FILE
  --endpoint NAME, as in ~/.access-tokens-cli/config.yaml
  ACCESS_TOKENS_ENDPOINT with ACCESS_TOKENS_API_KEY or ACCESS_TOKENS_API_KEY_FILE

\b
Exit status:
  0    it is done
  1    something failed
  2    what was given is wrong, and nothing was sent
  3    for `sync --dry-run --exit-code`: there is something to do
  130  Ctrl-C; after another signal, 128 and its number
"""


@click.group("access-tokens", epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
def program() -> None:
    """Issue, rotate and revoke Personal Access Tokens (PATs)."""


@program.command("help")
@click.argument("name", metavar="[COMMAND]", required=False)
@click.pass_context
def help_(context: click.Context, name: str | None) -> None:
    """Show what --help shows."""
    root = context.find_root()
    command = program.get_command(root, name) if name else program
    if command is None:
        raise click.UsageError(f"No such command {name!r}.", root)
    click.echo(command.get_help(root if command is program else click.Context(command, root, name)))


for _command in (generate, list_, issue, register, update, revoke, restore, rotate, whoami, sync, completion):
    program.add_command(_command)
