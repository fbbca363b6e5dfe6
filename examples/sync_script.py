"""Rotate a credential: issue a token like the old one, hand the new PAT over in a file, revoke the old one.

    export ACCESS_TOKENS_ENDPOINT=https://api.example.com ACCESS_TOKENS_API_KEY=pat_...
    python -m examples.sync_script TOKEN_ID NEW_PAT_FILE

The new PAT is written to the file and nowhere else. The file must not exist; only its owner may read it.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from access_tokens import AccessTokensClient, AccessTokensError, IssueResult, NotFoundError, TokenRecord


def rotate(client: AccessTokensClient, token_id: str, file: Path) -> TokenRecord:
    """Replace a token and return the record of the new one."""
    found = client.batch_load([token_id]).found
    if not found or found[0].revoked_at is not None:
        raise LookupError(f"no token with the id {token_id} is in use")
    new = issue_like(client, found[0])
    try:
        hand_over(new, file)
    except OSError:
        client.revoke(new.record.token_id)  # nobody has its PAT
        raise
    client.revoke(token_id)  # last: whatever fails before, its holder can still work with it
    return new.record


def issue_like(client: AccessTokensClient, old: TokenRecord) -> IssueResult:
    """Issue a token for the same owner, with the same rights and the same expiry."""
    try:
        return client.issue(old.owner, is_admin=old.is_admin, roles=old.roles, expires_at=old.expires_at)
    except AccessTokensError as error:
        if error.outcome_unknown and error.token_id:
            # It may have been issued, and its PAT was lost on the way: nobody shall find it.
            with suppress(NotFoundError):
                client.revoke(error.token_id)
        raise


def hand_over(new: IssueResult, file: Path) -> None:
    """Write the PAT to a new file that nobody else can read."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(new.token)


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
    print(f"Token {token_id} is revoked. {new.owner} goes on with {new.token_id}, whose PAT is in {file}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
