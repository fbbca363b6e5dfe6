"""The options that many commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import attrs
import click
from click.shell_completion import CompletionItem

from .._secret import Secret
from .invocation import Invocation
from .output import Output
from .values import FILE

Command = Callable[..., Any]


def _complete_endpoint(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the names of the user's endpoints that begin like this, for a shell."""
    from .config import user_config

    try:
        names = user_config(context.params.get("config_dir"), _ignored).endpoints
    except (click.UsageError, OSError):
        return []
    return [CompletionItem(each) for each in names if each.startswith(incomplete)]


def _ignored(_: str) -> None:
    """Leave out a warning, which would disturb what is being typed."""


_OUTPUT = (
    click.option(
        "--json", "is_json", is_flag=True, help="Print one JSON document, with the service's names."
    ),
    click.option("--quiet", "is_quiet", is_flag=True, help="Print only what a script needs."),
    click.option("--verbose", "is_verbose", is_flag=True, help="Show requests and waits on standard error."),
)
_SERVICE = (
    click.option("--url", metavar="URL", help="The URL of the service. Needs a PAT beside it."),
    click.option(
        "--endpoint",
        "endpoints",
        metavar="NAME",
        multiple=True,
        shell_complete=_complete_endpoint,
        help="An endpoint of your configuration file.",
    ),
    click.option("--admin-token", metavar="PAT", help="Your PAT. Others can see it here; - reads it."),
    click.option(
        "--admin-token-file",
        type=click.Path(),
        metavar="FILE",
        help="A file with your PAT, or - for standard input.",
    ),
    click.option(
        "--auth-path",
        metavar="PATH",
        help="The path, behind the URL, where PATs are exchanged; /auth by default.",
    ),
    click.option(
        "--admin-path",
        metavar="PATH",
        help="The path, behind the URL, where tokens are managed; /admin by default.",
    ),
    click.option(
        "--config-dir",
        type=click.Path(),
        metavar="DIR",
        help="Your configuration, instead of ~/.access-tokens-cli/config.yaml.",
    ),
    click.option(
        "--allow-http", is_flag=True, help="Allow http:// beyond this machine: secrets in the clear."
    ),
    click.option("--no-cache", is_flag=True, help="Do not share the JWT with other commands."),
)

yes_option = click.option("--yes", is_flag=True, help="Do not ask. Needed where nobody can be asked.")
force_option = click.option("--force", is_flag=True, help="Let it take the rights of the token that it uses.")


def output_option(command: Command) -> Command:
    """Let a command write the PAT to a file instead of standard output."""
    option = click.option(
        "--output",
        "file",
        type=FILE,
        shell_complete=_complete_file,
        metavar="FILE",
        help="Write the PAT to a file that only you can read (0600).",
    )
    return option(command)


def _complete_file(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    return [CompletionItem(incomplete, type="file")]


DATE_HELP = (
    "A DATE is 2030-01-02 (its beginning in UTC), 2030-01-02T03:04:05Z, a time from now (12h, 30d, 4w, or "
    "ISO 8601 such as P6M), Unix seconds, or null for none."
)


def examples(*lines: str) -> str:
    """Return an epilog with examples. The mark (backspace) keeps click from wrapping them."""
    return "\n".join(("\b", "Examples:", *(f"  {each}" for each in lines)))


def with_output(command: Command) -> Command:
    """Give a command its `Output`, from the options about it."""

    @wraps(command)
    def with_its_output(*, is_json: bool, is_quiet: bool, is_verbose: bool, **options: Any) -> Any:
        return command(Output(is_json, is_quiet, is_verbose), **options)

    return _decorated(with_its_output, _OUTPUT)


def with_service(command: Command) -> Command:
    """Give a command its `Invocation`, from the options about the service and the output."""

    @wraps(command)
    def with_invocation(output: Output, *, allow_http: bool, no_cache: bool, **options: Any) -> Any:
        from .target import Given

        token = options["admin_token"]
        options["admin_token"] = None if token is None else Secret(token)
        given = Given(**{name: options.pop(name) for name in attrs.fields_dict(Given)})
        invocation = Invocation(output=output, given=given, shares_jwt=not no_cache, allow_http=allow_http)
        return command(invocation, **options)

    return with_output(_decorated(with_invocation, _SERVICE))


def _decorated(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
