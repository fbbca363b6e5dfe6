"""`sync`: make the tokens of a service as a file says."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

import click

from ..durations import Duration, duration
from ..exit_status import ExitStatus
from ..invocation import Invocation
from ..options import examples, with_service, yes_option
from ..standard_input import read_pat
from ..values import LENGTH

_EXAMPLES = examples(
    "access-tokens sync --config tokens.yaml --dry-run",
    "access-tokens sync --config tokens.yaml --endpoint prod",
    "access-tokens sync --config tokens.yaml --revoke-orphans --orphan-expires-in 7d",
)


@click.command("sync", epilog=_EXAMPLES)
@click.option(
    "--config",
    "file",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file with the tokens, in YAML or JSON.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--exit-code", is_flag=True, help="With --dry-run: exit with 3 if there is something to do.")
@click.option("--revoke-orphans", is_flag=True, help="Revoke active tokens that are not in the file.")
@click.option(
    "--orphan-expires-in",
    type=LENGTH,
    metavar="DURATION",
    help="When the service may remove their records; P30D by default.",
)
@click.option("--force", is_flag=True, help="Let it lock out your own token, or the last administrator.")
@yes_option
@with_service
def sync(
    invocation: Invocation,
    *,
    file: Path,
    dry_run: bool,
    exit_code: bool,
    revoke_orphans: bool,
    orphan_expires_in: Duration | None,
    force: bool,
    yes: bool,
) -> int:
    """Make the tokens of one or more services as a file says.

    A token that is not there is registered by its secretPhc. One that is there gets what differs: owner,
    isAdmin, roles, secretPhc, expiresAt, and is revoked (revoked: true) or restored (revoked: false). What
    the file leaves out stays as it is. Tokens that are not in the file are named, and revoked only with
    --revoke-orphans.

    The endpoint is that of --url; or those of --endpoint (A,B, or given again); or all of the file, one after
    the other; or that of the environment. The token that the command itself uses, and the last administrator,
    keep their rights, unless there is --force.

    On a terminal it asks before it revokes or replaces a hash. Elsewhere it does not ask.
    """
    if exit_code and not dry_run:
        raise click.UsageError("--exit-code needs --dry-run")
    if orphan_expires_in and not revoke_orphans:
        raise click.UsageError("--orphan-expires-in needs --revoke-orphans")
    from ..config import read_config
    from ..endpoints import targets
    from ..sync.run import Run

    warn = cache(invocation.output.warn)  # once, also where both files are the same
    config = read_config(file, warn)
    if not config.tokens:
        return _without_tokens(invocation, file, is_dry=dry_run, revoke_orphans=revoke_orphans)
    now = time.time()
    run = Run(
        invocation=invocation,
        entries=config.tokens,
        now=int(now),
        orphans_expire_at=(orphan_expires_in or duration("P30D")).after(now) if revoke_orphans else None,
        is_dry=dry_run,
        force=force,
        yes=yes,
    )
    status = run.over(targets(invocation.given, config, read_pat, warn))
    return ExitStatus.SOMETHING_TO_DO if exit_code and run.has_changes and not status else status


def _without_tokens(invocation: Invocation, file: Path, *, is_dry: bool, revoke_orphans: bool) -> int:
    if revoke_orphans:
        raise click.UsageError(f"{file} has no tokens: --revoke-orphans would revoke them all")
    invocation.output.warn(f"{file} has no tokens: nothing is done")
    if invocation.output.is_json:
        invocation.output.document({"dryRun": is_dry, "endpoints": []})
    return ExitStatus.DONE
