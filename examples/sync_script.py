"""Rotate a credential: issue a token like the old one, try it, hand its PAT over, and let the old one expire.

    export ACCESS_TOKENS_ENDPOINT=https://api.example.com ACCESS_TOKENS_API_KEY=pat_...
    python -m examples.sync_script TOKEN_ID NEW_PAT_FILE

The new PAT is written to the file and nowhere else. The file must not exist; only its owner may read it. For
a day both PATs work, so that whoever uses the old one has time to change over.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from access_tokens import AccessTokensClient, AccessTokensError, IssueResult, NotFoundError, TokenRecord

NEW_LIFE = timedelta(days=90)
OVERLAP = timedelta(days=1)


def rotate(client: AccessTokensClient, token_id: str, file: Path) -> TokenRecord:
    """Replace a token and return the record of the new one."""
    old = client.get(token_id)
    if not old.is_active():
        raise LookupError(f"token {token_id} is revoked or expired")
    new = issue_like(client, old)
    try:
        try_out(new)
        hand_over(new, file)
    except (AccessTokensError, OSError):
        client.revoke(new.record.token_id)  # nobody has its PAT
        raise
    let_expire(client, old)  # last: whatever fails before, its holder can still work with it
    return new.record


def issue_like(client: AccessTokensClient, old: TokenRecord) -> IssueResult:
    """Issue a token for the same owner, with the same rights and a new lifetime."""
    expires_at = datetime.now(UTC) + NEW_LIFE
    try:
        return client.issue(old.owner, is_admin=old.is_admin, roles=old.roles, expires_at=expires_at)
    except AccessTokensError as error:
        if error.outcome_unknown and error.token_id:
            # It may have been issued, and its PAT was lost on the way: nobody shall find it.
            with suppress(NotFoundError):
                client.revoke(error.token_id)
        raise


def try_out(new: IssueResult) -> None:
    """Exchange the new PAT once: if it is refused, nobody shall depend on it."""
    with AccessTokensClient(os.environ["ACCESS_TOKENS_ENDPOINT"].strip(), new.token) as holder:
        holder.authenticate()


def hand_over(new: IssueResult, file: Path) -> None:
    """Write the PAT to a new file that nobody else can read."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(new.token)


def let_expire(client: AccessTokensClient, old: TokenRecord) -> None:
    """Let the old token expire after the overlap, unless it expires sooner by itself."""
    end = datetime.now(UTC) + OVERLAP
    if old.expires is None or old.expires > end:
        client.update(old.token_id, expires_at=end)


def main(token_id: str, file: str) -> None:
    """Rotate one credential of the service that the environment names."""
    try:
        with AccessTokensClient.from_env() as client:
            new = rotate(client, token_id, Path(file))
    except AccessTokensError as error:
        advice = f"; look at token {error.token_id} before you try again" if error.outcome_unknown else ""
        sys.exit(f"Not rotated: {error}{advice}")
    except (LookupError, OSError, ValueError) as error:
        sys.exit(f"Not rotated: {error}")
    print(
        f"{new.owner} goes on with token {new.token_id}, whose PAT is in {file}. {token_id} works for a day."
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
