"""Commands about several tokens: where the ids come from, and going on after a failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click
from attrs import define, field

from ..errors import AccessTokensError
from .exit_status import ExitStatus
from .failures import Failures, outcome
from .invocation import Invocation
from .json_array import JsonArray
from .options import Command
from .output import Output, success
from .shown import requirement
from .standard_input import read_ids
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
    found = [each for given in (*ids, *named) for each in _read(given)]
    checked = [_checked(each, at) for at, each in enumerate(found, 1)]
    if not checked:
        invocation.output.note("No ids on standard input: nothing to do.")
    return list(dict.fromkeys(checked))


def _read(given: str) -> list[str]:
    return read_ids() if given == _STDIN else [given]


def _checked(token_id: str, at: int) -> str:
    try:
        return str(TOKEN_ID.read(token_id))
    except ValueError as error:
        raise click.UsageError(f"Id number {at} {requirement(error)}") from None


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


@define
class Batch:
    """Does the same with several tokens, one after the other. It goes on after a failure.

    Attributes:
        output: Where the outcome of each is printed.
        did: What has been done to a token in case of success: "revoked".
        act: What is done with a token.
        first: What is printed before anything is done with a token. It returns fields for `--json`.
    """

    output: Output
    did: str
    act: Callable[[str], None]
    first: Callable[[str], dict[str, str]] = lambda _: {}
    _outcomes: dict[str, dict[str, str]] = field(init=False, factory=dict[str, dict[str, str]])
    _failures: Failures = field(init=False, factory=Failures)

    def run(self, ids: list[str]) -> ExitStatus:
        """Do it with these tokens, and return the exit status."""
        with JsonArray(self.output) as array:
            try:
                for token_id in ids:
                    self._one(array, token_id)
                    if self._failures.is_hopeless:
                        break
            finally:
                self._conclude(array, [each for each in ids if each not in self._outcomes])
        is_done = [each["outcome"] for each in self._outcomes.values()] == [self.did] * len(ids)
        return ExitStatus.DONE if is_done else ExitStatus.FAILED

    def _one(self, array: JsonArray, token_id: str) -> None:
        with array.object({"tokenId": token_id, **self.first(token_id)}) as fields:
            self._outcomes[token_id] = fields
            fields["outcome"] = "unknown"  # if Ctrl-C ends it
            error = self._error_of(token_id)
            fields.update(outcome(error, self.did))
        self._failures.note(error)
        if error:
            self.output.fail(str(error))
        elif not self.output.is_json and not self.output.is_quiet:
            self._say(token_id)

    def _say(self, token_id: str) -> None:
        try:
            self.output.line(success(f"Token {token_id} {self.did} successfully"))
        except OSError:
            self.output.fail(f"token {token_id} is {self.did}, but this cannot be printed")
            raise

    def _error_of(self, token_id: str) -> AccessTokensError | None:
        try:
            self.act(token_id)
        except AccessTokensError as error:
            return error
        return None

    def _conclude(self, array: JsonArray, left: list[str]) -> None:
        """Name the tokens with which it did not succeed, where there are several."""
        outcomes = {token_id: each["outcome"] for token_id, each in self._outcomes.items()}
        outcomes |= dict.fromkeys(left, "not done")
        others = [f"{token_id} ({each})" for token_id, each in outcomes.items() if each != self.did]
        if others and len(outcomes) > 1:  # before the JSON, for which standard output may be full
            self.output.fail(
                f"{len(others)} of {len(outcomes)} tokens are not {self.did}: {', '.join(others)}"
            )
        for token_id in left:
            with array.object({"tokenId": token_id}) as fields:
                fields["outcome"] = "not done"
