"""`revoke`: make PATs invalid."""

from __future__ import annotations

from functools import partial

import click

from ..invocation import Invocation
from ..many_tokens import Batch, checked_ids, confirm, ids_argument, keep_own
from ..options import DATE_HELP, examples, force_option, with_service, yes_option
from ..values import EXPIRY

_EXAMPLES = examples(
    "access-tokens revoke ID",
    "access-tokens list --owner ann@example.com --quiet | access-tokens revoke - --yes",
)


@click.command("revoke", epilog=f"{DATE_HELP}\n\n{_EXAMPLES}")
@ids_argument
@click.option(
    "--expires-at", type=EXPIRY, metavar="DATE", help="From when on the service may remove the record."
)
@yes_option
@force_option
@with_service
def revoke(
    invocation: Invocation,
    *,
    ids: tuple[str, ...],
    named: tuple[str, ...],
    expires_at: int | None,
    yes: bool,
    force: bool,
) -> int:
    """Revoke tokens: their PATs are refused from then on.

    JWTs that were got with them stay valid until they expire. Without --expires-at, an expiry that a token
    had is cleared. A token that is revoked already stays as it is.
    """
    token_ids = checked_ids(invocation, ids, named)
    with invocation.client() as client:
        keep_own(client, token_ids, "revoke it", force=force)
        confirm(invocation, "Revoke", token_ids, yes=yes)
        revoke_one = partial(client.revoke, expires_at=expires_at)
        return Batch(invocation.output, "revoked", revoke_one).run(token_ids)
