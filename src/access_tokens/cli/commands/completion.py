"""`completion`: the script by which a shell completes commands, options and endpoints."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from ..options import examples

_EXAMPLES = examples(
    'eval "$(access-tokens completion bash)"     # in ~/.bashrc',
    'eval "$(access-tokens completion zsh)"      # in ~/.zshrc',
    "access-tokens completion fish | source      # in ~/.config/fish/config.fish",
)


@click.command("completion", epilog=_EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script for completion in a shell."""
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - these three are click's own
    root = context.find_root()
    click.echo(kind(root.command, {}, "access-tokens", "_ACCESS_TOKENS_COMPLETE").source())
