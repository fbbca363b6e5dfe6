"""`update`: change tokens."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from ...errors import AccessTokensError
from ...models import KEEP
from ..invocation import Invocation
from ..many_tokens import Batch, checked_ids, ids_argument, keep_own
from ..options import DATE_HELP, examples, force_option, with_service
from ..output import Output
from ..values import BOOLEAN, EXPIRY, OWNER, ROLES, SECRET_HASH

if TYPE_CHECKING:
    from ...client import AccessTokensClient

_EXAMPLES = examples(
    "access-tokens update ID --owner bob@example.com --expires-at null",
    "access-tokens update ID1 ID2 --add-roles writer",
    "access-tokens list --owner ann@example.com --quiet | access-tokens update - --expires-at 30d",
)


@click.command("update", epilog=f"{DATE_HELP}\n\n{_EXAMPLES}")
@ids_argument
@click.option("--owner", type=OWNER, metavar="OWNER", help="The new owner.")
@click.option("--admin", "is_admin", type=BOOLEAN, metavar="true|false", help="Whether it may manage tokens.")
@click.option("--roles", type=ROLES, metavar="A,B", help='Roles to replace all; "" for none.')
@click.option(
    "--add-roles",
    type=ROLES,
    metavar="A,B",
    help="Roles to add. With over 50 in all, the service hides the token, and refuses its PAT.",
)
@click.option("--remove-roles", type=ROLES, metavar="A,B", help="Roles to remove.")
@click.option(
    "--secret-phc", type=SECRET_HASH, metavar="HASH", help="The hash of a new secret; see `rotate` as well."
)
@click.option(
    "--expires-at", type=EXPIRY, default=KEEP, metavar="DATE", help="When it expires; null for never."
)
@force_option
@with_service
def update(
    invocation: Invocation, *, ids: tuple[str, ...], named: tuple[str, ...], force: bool, **changes: Any
) -> int:
    """Change tokens. What is left out stays as it is.

    To add and to remove roles takes two requests; each is atomic, both together are not.
    """
    steps = _steps(changes)
    token_ids = checked_ids(invocation, ids, named)
    if changes["secret_phc"] is not None and len(token_ids) > 1:
        raise click.UsageError("--secret-phc is for one token: two must not have the same secret.")
    with invocation.client() as client:
        if _takes_rights(changes):
            keep_own(client, token_ids, "change it so", force=force)
        update_one = partial(_apply, invocation.output, client, steps)
        return Batch(invocation.output, "updated", update_one).run(token_ids)


def _takes_rights(changes: dict[str, Any]) -> bool:
    expires_at = changes["expires_at"]
    is_over = isinstance(expires_at, int) and expires_at <= time.time()
    return changes["is_admin"] is False or changes["secret_phc"] is not None or is_over


def _steps(changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the changes of each request: roles are removed in one of their own.

    Raises:
        click.UsageError: Nothing is to be changed, or changes contradict each other.
    """
    given = {name: value for name, value in changes.items() if value is not None or name == "expires_at"}
    if given == {"expires_at": KEEP}:
        raise click.UsageError("Say what to change: --owner, --admin, --roles, --expires-at …")
    _check_roles(given)
    if {"add_roles", "remove_roles"} <= given.keys():
        return [given | {"remove_roles": None}, {"remove_roles": given["remove_roles"]}]
    return [given]


def _check_roles(given: dict[str, Any]) -> None:
    added, removed = set(given.get("add_roles", ())), set(given.get("remove_roles", ()))
    if "roles" in given and {"add_roles", "remove_roles"} & given.keys():
        raise click.UsageError("--roles replaces all roles: give it without --add-roles and --remove-roles.")
    if added & removed:
        raise click.UsageError("--add-roles and --remove-roles must not name the same role.")
    if any(given.get(each) == () for each in ("add_roles", "remove_roles")):
        raise click.UsageError("--add-roles and --remove-roles need a role.")


def _apply(output: Output, client: AccessTokensClient, steps: list[dict[str, Any]], token_id: str) -> None:
    for done, changes in enumerate(steps):
        try:
            client.update(token_id, **_revealed(changes))
        except AccessTokensError as error:
            if done:
                removed = "perhaps no role" if error.outcome_unknown else "no role"
                output.warn(f"token {token_id}: the other changes are made, but {removed} is removed")
            raise


def _revealed(changes: dict[str, Any]) -> dict[str, Any]:
    phc = changes.get("secret_phc")
    return changes | ({"secret_phc": phc.reveal()} if phc else {})
