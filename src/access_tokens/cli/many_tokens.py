"""Commands about several tokens: where the ids come from, and going on after a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import click

from ..errors import AccessTokensError
from .exit_status import ExitStatus
from .failures import Failures, outcome
from .invocation import Invocation
from .json_array import JsonArray
from .options import Command
from .output import Output, success
from .values import TOKEN_ID

if TYPE_CHECKING:
    from ..client import AccessTokensClient

_STDIN = "-"


def ids_argument(command: Command) -> Command:
    """Let a command take ids as arguments, by `--token-id`, and from standard input."""
    option = click.option("--token-id", "named", metavar="ID", multiple=True, help="An id, as an option.")
    return click.argument("ids", nargs=-1, metavar="[ID|-]...")(option(command))


def checked_ids(invocation: Invocation, ids: tuple[str, ...], named: tuple[str, ...]) -> list[str]:
    """Return the ids, each once, after all are checked; `-` stands for those on standard input.

    Raises:
        click.UsageError: No id is given, one is invalid, or the PAT is on standard input as well.
    """
    if not ids and not named:
        raise click.UsageError("Give one or more ids, or - to read them from standard input.")
    if _STDIN in (*ids, *named) and invocation.reads_pat:
        raise click.UsageError("Standard input holds either the PAT or the ids, not both.")
    found = [each for given in (*ids, *named) for each in _read(invocation, given)]
    checked = [_checked(each, at) for at, each in enumerate(found, 1)]
    if not checked:
        invocation.output.note("No ids on standard input: nothing to do.")
    return list(dict.fromkeys(checked))


def _read(invocation: Invocation, given: str) -> list[str]:
    return invocation.stdin.ids() if given == _STDIN else [given]


def _checked(token_id: str, at: int) -> str:
    try:
        return str(TOKEN_ID.read(token_id))
    except ValueError as error:
        raise click.UsageError(f"Id number {at} {str(error).removeprefix('token_id ')}") from None


def keep_own(client: AccessTokensClient, ids: list[str], verb: str, *, force: bool) -> None:
    """Refuse to take the rights of the token that the command itself uses.

    Raises:
        click.UsageError: It is among the ids, and `force` is False.
    """
    if client.token_id in ids and not force:
        raise click.UsageError(
            f"Token {client.token_id} is the one that this command uses: {verb} with --force."
        )


def confirm(invocation: Invocation, verb: str, ids: list[str], *, yes: bool) -> None:
    """Ask before something that cannot be undone is done with these tokens."""
    names = f"token {ids[0]}" if len(ids) == 1 else f"{len(ids)} tokens"
    invocation.confirm(f"{verb} {names}", yes=yes or not ids)


def for_each(
    output: Output,
    ids: list[str],
    did: str,
    act: Callable[[str], None],
    first: Callable[[str], dict[str, str]] = lambda _: {},
) -> int:
    """Do something with each token, go on after a failure, and return the exit status.

    Args:
        output: Where the outcome of each is printed.
        ids: The ids of the tokens.
        did: What has been done to a token in case of success: "revoked".
        act: What is done.
        first: What is printed before anything is done with a token. It returns fields for `--json`.
    """
    outcomes: dict[str, dict[str, str]] = {}
    failures = Failures()
    with JsonArray(output) as array:
        try:
            for token_id in ids:
                with array.object({"tokenId": token_id, **first(token_id)}) as outcomes[token_id]:
                    outcomes[token_id]["outcome"] = "unknown"  # if Ctrl-C ends it
                    error = _error_of(act, token_id)
                    outcomes[token_id].update(outcome(error, did))
                _tell(output, token_id, did, error)
                failures.note(error)
                if failures.is_hopeless:
                    break
        finally:
            others = {each: {"outcome": "not done"} for each in ids if each not in outcomes}
            _name_others(output, did, outcomes | others)  # first, since standard output may be full
            for token_id, fields in others.items():
                with array.object({"tokenId": token_id}) as last:
                    last.update(fields)
    is_done = [each["outcome"] for each in outcomes.values()] == [did] * len(ids)
    return ExitStatus.DONE if is_done else ExitStatus.FAILED


def _error_of(act: Callable[[str], None], token_id: str) -> AccessTokensError | None:
    try:
        act(token_id)
    except AccessTokensError as error:
        return error
    return None


def _tell(output: Output, token_id: str, did: str, error: AccessTokensError | None) -> None:
    if error:
        output.fail(str(error))
    elif not output.is_json and not output.is_quiet:
        output.line(success(f"Token {token_id} {did} successfully"))


def _name_others(output: Output, did: str, outcomes: Mapping[str, Mapping[str, str]]) -> None:
    """Name the tokens with which it did not succeed, where there are several."""
    others = [f"{name} ({each['outcome']})" for name, each in outcomes.items() if each["outcome"] != did]
    if others and len(outcomes) > 1:
        output.fail(f"{len(others)} of {len(outcomes)} tokens are not {did}: {', '.join(others)}")
