"""`issue`: let the service make a new token."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from ...errors import AccessTokensError
from ...models import IssueResult
from ..invocation import Invocation
from ..options import DATE_HELP, examples, output_option, with_service
from ..output import Output, pat_field, pat_text, plain, success, true_or_false
from ..secret_file import SecretFile, new_file
from ..values import EXPIRY, OWNER, PREFIX, ROLES, TOKEN_ID, warn_if_past

if TYPE_CHECKING:
    from ...client import AccessTokensClient
    from ...tokens import GeneratedToken

_TEXT = """\
{success}

{pat}

Token ID: {record.token_id}
Owner: {owner}
Admin: {admin}"""

_EXAMPLES = examples(
    "access-tokens issue --owner ann@example.com --roles reader,writer --expires-at 90d",
    "access-tokens issue --owner ci --output pat.txt",
    "pat=$(access-tokens issue --owner ci --quiet)",
)


@click.command("issue", epilog=f"{DATE_HELP}\n\n{_EXAMPLES}")
@click.option("--owner", required=True, type=OWNER, metavar="OWNER", help="Whose token it is.")
@click.option("--admin", "is_admin", is_flag=True, help="Let the token manage tokens.")
@click.option("--roles", type=ROLES, metavar="A,B", help="The roles of the token.")
@click.option("--expires-at", type=EXPIRY, metavar="DATE", help="When it expires; by default never.")
@click.option(
    "--token-id", type=TOKEN_ID, metavar="ID", help="The id, 21 letters and digits; a random one by default."
)
@click.option("--generate-locally", is_flag=True, help="Make the PAT on this machine, and register its hash.")
@click.option(
    "--token-prefix",
    "prefix",
    type=PREFIX,
    metavar="TEXT",
    help="What a PAT that is made locally begins with.",
)
@output_option
@with_service
def issue(invocation: Invocation, *, token_id: str | None, file: str | None, **options: Any) -> None:
    """Issue a new token. Its PAT is shown this once."""
    from ...tokens import generate_token_id

    if options["prefix"] is not None and not options["generate_locally"]:
        raise click.UsageError(
            "--token-prefix needs --generate-locally: the service has a prefix of its own."
        )
    output = invocation.output
    warn_if_past(output, options["expires_at"])
    token_id = token_id or generate_token_id()
    with invocation.client() as client, new_file(file) if file else nullcontext() as kept:
        if options.pop("generate_locally"):
            _register(output, client, kept, token_id, **options)
        else:
            _issue(output, client, kept, token_id, **options)


def _issue(
    output: Output, client: AccessTokensClient, kept: SecretFile | None, token_id: str, **rights: Any
) -> None:
    with _named_if_unprinted(output, token_id, kept):
        issued = client.issue(token_id=token_id, **rights)
        _print(output, issued, kept if kept and _is_kept(output, kept, issued.token) else None)


def _register(
    output: Output,
    client: AccessTokensClient,
    kept: SecretFile | None,
    token_id: str,
    *,
    prefix: str | None,
    owner: str,
    **rights: Any,
) -> None:
    """Make the PAT here, keep it, and then let the service know its hash."""
    from ...tokens import generate_token

    made = generate_token("pat_" if prefix is None else prefix, token_id)
    is_kept = kept is not None and _is_kept(output, kept, made.token)
    with _explained(output, made, kept if is_kept else None):
        record = client.register(token_id, made.secret_phc, owner, **rights)
    with _named_if_unprinted(output, token_id, kept):
        _print(output, IssueResult(made.token, record), kept if is_kept else None)


@contextmanager
def _explained(output: Output, made: GeneratedToken, kept: SecretFile | None) -> Generator[None]:
    """Drop a PAT that the service has refused. If its answer is unknown, print it or leave it in its file."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, AccessTokensError) and not error.outcome_unknown:
            if kept:
                kept.has_pat = False
            raise
        if kept is None:
            output.result(
                text=made.token,
                bare=made.token,
                document={"token": made.token, "tokenId": made.token_id, "outcome": "unknown"},
            )
        where = f"in {kept.path}" if kept else "printed"
        output.fail(
            f"token {made.token_id} may have been registered; its PAT, which is valid if so, is {where}"
        )
        raise


@contextmanager
def _named_if_unprinted(output: Output, token_id: str, kept: SecretFile | None) -> Generator[None]:
    """Name the token when a user presses Ctrl-C, or when its PAT cannot be written."""
    try:
        yield
    except (KeyboardInterrupt, OSError, AccessTokensError) as error:
        if isinstance(error, AccessTokensError) and not error.outcome_unknown:
            raise
        if kept and kept.has_pat:
            output.fail(f"token {token_id} has been issued, and its PAT is in {kept.path}")
        else:
            output.fail(f"token {token_id} may have been issued, and its PAT is lost: revoke the token")
        raise


def _is_kept(output: Output, kept: SecretFile, pat: str) -> bool:
    """Write the PAT to its file. Where that fails, it is printed rather than lost."""
    try:
        kept.write(pat)
    except OSError as error:
        output.warn(f"{kept.path} cannot be written: {error.strerror}. The PAT is printed")
    return kept.has_pat


def _print(output: Output, issued: IssueResult, kept: SecretFile | None) -> None:
    record, file = issued.record, str(kept.path) if kept else None
    output.result(
        text=_TEXT.format(
            success=success("Token issued successfully!"),
            pat=pat_text(issued.token, file),
            record=record,
            owner=plain(record.owner),
            admin=true_or_false(record.is_admin),
        ),
        bare=record.token_id if file else issued.token,
        document={**pat_field(issued.token, file), "record": record.to_dict()},
    )
