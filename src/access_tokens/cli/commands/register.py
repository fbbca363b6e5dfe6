"""`register`: let the service know a token that somebody has generated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..invocation import Invocation
from ..options import DATE_HELP, examples, with_service
from ..output import plain, success, true_or_false
from ..values import EXPIRY, OWNER, ROLES, SECRET_HASH, TOKEN_ID, warn_if_past

if TYPE_CHECKING:
    from ..._secret import Secret

_TEXT = """\
{success}
Owner: {owner}
Admin: {admin}"""

_EXAMPLES = examples(
    "access-tokens register --token-id ID --secret-phc '$scrypt$…' --owner ann@example.com",
)


@click.command("register", epilog=f"{DATE_HELP}\n\n{_EXAMPLES}")
@click.option(
    "--token-id", required=True, type=TOKEN_ID, metavar="ID", help="The id that `generate` has printed."
)
@click.option(
    "--secret-phc",
    required=True,
    type=SECRET_HASH,
    metavar="HASH",
    help="The hash, in single quotes: it holds $.",
)
@click.option("--owner", required=True, type=OWNER, metavar="OWNER", help="Whose token it is.")
@click.option("--admin", "is_admin", is_flag=True, help="Let the token manage tokens.")
@click.option("--roles", type=ROLES, metavar="A,B", help="The roles of the token.")
@click.option("--expires-at", type=EXPIRY, metavar="DATE", help="When it expires; by default never.")
@with_service
def register(
    invocation: Invocation,
    *,
    token_id: str,
    secret_phc: Secret,
    owner: str,
    expires_at: int | None,
    **rights: Any,
) -> None:
    """Register a token that `generate` has made."""
    warn_if_past(invocation.output, expires_at)
    with invocation.client() as client:
        record = client.register(token_id, secret_phc.reveal(), owner, expires_at=expires_at, **rights)
    invocation.output.result(
        text=_TEXT.format(
            success=success(f"Token {token_id} registered successfully!"),
            owner=plain(record.owner),
            admin=true_or_false(record.is_admin),
        ),
        bare=record.token_id,
        document=record.to_dict() | {"secretPhc": secret_phc.reveal()},
    )
