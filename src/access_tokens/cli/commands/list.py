"""`list`: show tokens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from ..durations import Duration
from ..invocation import Invocation
from ..listing import SORT_KEYS, Filter, in_order, lines, table
from ..options import examples, with_service
from ..output import Output, is_terminal
from ..progress import progress
from ..values import LENGTH, OWNER, ROLE

if TYPE_CHECKING:
    from ...models import TokenRecord

_EXAMPLES = examples(
    "access-tokens list --has-role writer",
    "access-tokens list --expiring-within 30d --sort expires",
    "access-tokens list --unused-for 90d --quiet | access-tokens revoke - --yes",
    "access-tokens list --include-revoked --include-expired --json > tokens.json",
)


@click.command("list", epilog=_EXAMPLES)
@click.option("--include-revoked", is_flag=True, help="Include revoked tokens.")
@click.option("--include-expired", is_flag=True, help="Include expired tokens.")
@click.option("--include-secret-phc", is_flag=True, help="Include the hashes of the secrets.")
@click.option("--has-role", type=ROLE, metavar="ROLE", help="Only tokens with this role.")
@click.option("--admin", "is_admin", is_flag=True, help="Only administrators' tokens.")
@click.option("--owner", type=OWNER, metavar="OWNER", help="Only tokens of exactly this owner.")
@click.option(
    "--expiring-within", type=LENGTH, metavar="30d", help="Only tokens that expire within this time."
)
@click.option(
    "--unused-for",
    type=LENGTH,
    metavar="90d",
    help="Only tokens not exchanged, or made if they never were, for this long.",
)
@click.option("--sort", type=click.Choice(list(SORT_KEYS)), help="Sort by this. Tokens without it come last.")
@click.option("--reverse", is_flag=True, help="Sort the other way round.")
@click.option("--limit", type=click.IntRange(1, 10**9), metavar="N", help="Show at most so many.")
@with_service
def list_(
    invocation: Invocation,
    *,
    owner: str | None,
    is_admin: bool,
    expiring_within: Duration | None,
    unused_for: Duration | None,
    sort: str | None,
    reverse: bool,
    limit: int | None,
    **filters: Any,
) -> None:
    """List tokens, all of them.

    On a terminal they are shown as a table. In a pipe there is a line for each, with tabs between its fields:
    id, owner, admin, roles, created, last used, expires, revoked, and the hash if it is asked for.

    A record that the service hides, since a value in it is invalid, is in no list.
    """
    now = time.time()
    wanted = Filter(
        now=now,
        owner=owner,
        is_admin=is_admin,
        expires_by=expiring_within.after(now) if expiring_within else None,
        unused_since=unused_for.before(now) if unused_for else None,
    )
    output = invocation.output
    with invocation.client() as client, progress(output, "Listing tokens") as advance:
        found: Iterator[TokenRecord] = filter(
            wanted.matches, _counted(client.iter_tokens(**filters), advance)
        )
        if sort or reverse:
            found = iter(in_order(found, sort or "id", reverse=reverse))
        records = list(islice(found, limit and limit + 1))
    if limit and len(records) > limit:
        output.note(f"There are more: these are the first {limit}.")
    _print(output, records[:limit], now, has_hashes=filters["include_secret_phc"])


def _counted(records: Iterable[TokenRecord], advance: Callable[[], None]) -> Iterator[TokenRecord]:
    for record in records:
        advance()
        yield record


def _print(output: Output, records: list[TokenRecord], now: float, *, has_hashes: bool) -> None:
    if output.is_json:
        output.document([each.to_dict(include_secret_phc=has_hashes) for each in records])
    elif output.is_quiet:
        output.lines(each.token_id for each in records)
    elif is_terminal():
        output.table(table(records, now))
        output.note(f"{len(records)} token{'s' * (len(records) != 1)}")
    else:
        output.lines(lines(records))
