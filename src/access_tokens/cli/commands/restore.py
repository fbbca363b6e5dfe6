"""`restore`: make revoked PATs valid again."""

from __future__ import annotations

from functools import partial

import click

from ..invocation import Invocation
from ..many_tokens import Batch, checked_ids, ids_argument
from ..options import DATE_HELP, examples, with_service
from ..values import EXPIRY

_EXAMPLES = examples("access-tokens restore ID --expires-at 30d")


@click.command("restore", epilog=f"{DATE_HELP}\n\n{_EXAMPLES}")
@ids_argument
@click.option(
    "--expires-at",
    type=EXPIRY,
    metavar="DATE",
    help="When they expire, also of one that is not revoked; by default never.",
)
@with_service
def restore(
    invocation: Invocation, *, ids: tuple[str, ...], named: tuple[str, ...], expires_at: int | None
) -> int:
    """Restore tokens that were revoked.

    The service removes the expiry that a token had: give it again by --expires-at, by a second request.
    """
    token_ids = checked_ids(invocation, ids, named)
    with invocation.client() as client:
        restore_one = partial(client.restore, expires_at=expires_at)
        return Batch(invocation.output, "restored", restore_one).run(token_ids)
