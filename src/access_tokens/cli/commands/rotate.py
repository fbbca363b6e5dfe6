"""`rotate`: give tokens a new secret, without a moment in which the new PAT could be lost."""

from __future__ import annotations

import os
import shlex
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import define, field

from ...errors import AccessTokensError
from ...tokens import GeneratedToken, check_prefix, generate_token, id_of_token
from ..exit_status import ExitStatus, Unusable
from ..invocation import Invocation
from ..many_tokens import Batch, checked_ids, confirm, ids_argument
from ..options import examples, output_option, with_service, yes_option
from ..output import Output, pat_field, pat_text, success
from ..secret_file import content_of, is_locked, new_file, replace
from ..values import PREFIX

if TYPE_CHECKING:
    from ...client import AccessTokensClient

_EXAMPLES = examples(
    "access-tokens rotate ID",
    "access-tokens rotate --output pat.txt --yes     # the token whose PAT is in the file",
)


@click.command("rotate", epilog=_EXAMPLES)
@ids_argument
@click.option("--token-prefix", "prefix", type=PREFIX, metavar="TEXT", help="What the PAT begins with.")
@output_option
@yes_option
@with_service
def rotate(
    invocation: Invocation,
    *,
    ids: tuple[str, ...],
    named: tuple[str, ...],
    prefix: str | None,
    file: str | None,
    yes: bool,
) -> int:
    """Give tokens new PATs. Their old ones are refused from then on.

    A new PAT is printed before the service learns of it: it is valid if the command succeeds. With --output,
    it is written beside the file first, and takes its place once the service has it. If the service refuses
    it, the old file stands. If it is unknown what the service did, both files stay, and are named.
    """
    if file:
        return _into_file(invocation, Path(file), ids + named, prefix, yes=yes)
    token_ids = checked_ids(invocation, ids, named)
    with invocation.client() as client:
        confirm(invocation, "Rotate", token_ids, yes=yes)
        rotation = _Rotation(invocation.output, client, "pat_" if prefix is None else prefix)
        return Batch(invocation.output, "rotated", rotation.finish, rotation.begin).run(token_ids)


@define
class _Rotation:
    """The rotation of several tokens, whose PATs go to standard output.

    Attributes:
        output: Where they are printed.
        client: What tells the service.
        prefix: What they begin with.
        made: The PAT that was printed last.
    """

    output: Output
    client: AccessTokensClient
    prefix: str
    made: GeneratedToken = field(init=False, repr=False)

    def begin(self, token_id: str) -> dict[str, str]:
        """Print a new PAT, before the old one is refused."""
        self.made = generate_token(self.prefix, token_id)
        if self.output.is_json:
            return pat_field(self.made.token, None)
        self.output.line(self.made.token if self.output.is_quiet else pat_text(self.made.token, None))
        return {}

    def finish(self, _: str) -> None:
        """Tell the service its hash, and say so if the PAT that was printed is not valid."""
        try:
            self.client.rotate(self.made)
        except AccessTokensError as error:
            validity = "perhaps not" if error.outcome_unknown else "not"
            self.output.warn(f"the PAT that was printed for token {self.made.token_id} is {validity} valid")
            raise


def _into_file(
    invocation: Invocation, path: Path, given: tuple[str, ...], prefix: str | None, *, yes: bool
) -> int:
    path = Path(os.path.realpath(path))  # what a link points to is replaced, not the link
    held = _held(path)
    token_id = _one_id(path, checked_ids(invocation, given, ()) if given else [], held)
    made = generate_token((held[0] if held else "pat_") if prefix is None else prefix, token_id)
    with invocation.client() as client:
        confirm(invocation, "Rotate", [token_id], yes=yes)
        _replace(invocation.output, client, path, made)
    _print(invocation.output, token_id, path, made)
    return ExitStatus.DONE


def _print(output: Output, token_id: str, path: Path, made: GeneratedToken) -> None:
    done = f"Token {token_id} rotated successfully"
    try:
        output.result(
            text=f"{success(done)}\n{pat_text(made.token, str(path))}",
            bare=token_id,
            document=[{"tokenId": token_id, **pat_field(made.token, str(path)), "outcome": "rotated"}],
        )
    except OSError:
        output.fail(f"token {token_id} is rotated, and its PAT is in {path}, but this cannot be printed")
        raise


def _held(path: Path) -> tuple[str, str] | None:
    """Return the prefix and the id of the PAT that a file holds; None if there is no file."""
    pat = content_of(path)
    if pat is None:
        return None
    token_id = id_of_token(pat)
    if token_id:
        prefix = pat.reveal().split(f"{token_id}.")[0]
        with suppress(ValueError):
            check_prefix(prefix)
            return prefix, token_id
    raise Unusable(f"{path} holds something that is no PAT: choose another file.")


def _one_id(path: Path, ids: list[str], held: tuple[str, str] | None) -> str:
    """Return the id of the token whose PAT the file is to hold."""
    found = held[1] if held else None
    if len(ids) > 1 or not (ids or found):
        raise click.UsageError("--output takes one id, or none if the file holds the PAT of the token.")
    if ids and found and ids != [found]:
        raise Unusable(f"{path} holds the PAT of another token, {found}: choose another file.")
    return ids[0] if ids else str(found)


def _replace(output: Output, client: AccessTokensClient, path: Path, made: GeneratedToken) -> None:
    """Write the new PAT beside the old one, tell the service, and put it in the place of the old one."""
    successor = path.with_name(f"{path.name}.new")
    if is_locked(successor):
        raise Unusable(f"{path} is being rotated by another command: wait for it.")
    if successor.exists():
        raise Unusable(f"{successor} is left of an earlier rotation.\n{_way_out(path, successor)}")
    with new_file(successor) as file:
        client.bearer()  # what fails here leaves no file behind
        file.write(made.token)
        with _explained(output, path, successor):
            client.rotate(made)
    _put(output, path, successor, made)


def _put(output: Output, path: Path, successor: Path, made: GeneratedToken) -> None:
    try:
        if not successor.exists():  # somebody has removed it, and would have lost the PAT
            with new_file(successor) as file:
                file.write(made.token)
        replace(path, successor)
    except (OSError, click.UsageError):
        output.fail(f"the new PAT is valid, and in {successor}: move it to {path}")
        raise


@contextmanager
def _explained(output: Output, path: Path, successor: Path) -> Generator[None]:
    """Remove the new PAT if the service has refused it. If its answer is unknown, keep both, and say so."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, AccessTokensError) and not error.outcome_unknown:
            successor.unlink()
        else:
            output.fail(
                f"it is unknown which PAT is valid, that in {path} or that in {successor}.\n"
                + _way_out(path, successor)
            )
        raise


def _way_out(path: Path, successor: Path) -> str:
    old, new = shlex.quote(str(path)), shlex.quote(str(successor))
    return (
        f"Find out: access-tokens whoami --no-cache --url URL --admin-token-file {new}\n"
        f"If that works: mv {new} {old}\nIf the PAT is refused: rm {new}"
    )
