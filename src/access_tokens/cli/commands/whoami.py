"""`whoami`: what the service says about the PAT."""

from __future__ import annotations

import attrs
import click

from ...bearer import Claims
from ...models import json_name
from ..invocation import Invocation
from ..options import examples, with_service
from ..output import iso, plain, true_or_false

_TEXT = """\
Token ID: {claims.token_id}
Owner: {owner}
Admin: {admin}
Roles: {roles}
JWT expires: {expires}"""


class Unreadable(click.ClickException):
    """The service's JWT says nothing about its bearer."""


@click.command("whoami", epilog=examples("access-tokens whoami", "access-tokens whoami --no-cache --quiet"))
@with_service
def whoami(invocation: Invocation) -> None:
    """Show whose PAT it is.

    A JWT that is shared with earlier commands may be minutes old. With --no-cache, the service is asked now.
    """
    with invocation.client() as client:
        claims = client.whoami()
    if claims is None:
        raise Unreadable("what the service gives for the PAT is no JWT, and says nothing about it")
    invocation.output.result(
        text=_text(claims),
        bare=claims.token_id,
        document={json_name(each): getattr(claims, each.name) for each in attrs.fields(Claims)},
    )


def _text(claims: Claims) -> str:
    return _TEXT.format(
        claims=claims,
        owner=plain(claims.owner or "-"),
        admin=true_or_false(claims.is_admin),
        roles=plain(", ".join(claims.roles) or "-"),
        expires=iso(claims.expires_at),
    )
