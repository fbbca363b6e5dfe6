"""Rotate a credential without downtime: make a token like the old one, try it, and let the old one expire.

    export ACCESS_TOKENS_ENDPOINT=https://api.example.com ACCESS_TOKENS_API_KEY=pat_...
    python rotate.py TOKEN_ID NEW_PAT_FILE

The new PAT is made here, and is written to the file and nowhere else. The file must not exist; only its owner
may read it. For a day both PATs work, so that whoever uses the old one has time to change over.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from access_tokens import (
    AccessTokensClient,
    AccessTokensError,
    NotFoundError,
    SyncOptions,
    TokenRecord,
    generate_token,
)

NEW_LIFE = timedelta(days=90)
OVERLAP = timedelta(days=1)
OPTIONS: SyncOptions = {}  # what your deployment needs, such as auth_path or ssl_context


def replace(client: AccessTokensClient, old: TokenRecord, file: Path) -> TokenRecord:
    """Write a new PAT to the file, with the owner and the rights of the old one, and return its record."""
    made = generate_token()
    hand_over(made.token, file)  # first, so that nothing can be lost
    try:
        record = client.register(
            made.token_id,
            made.secret_phc,
            old.owner,
            is_admin=old.is_admin,
            roles=old.roles,
            expires_at=datetime.now(UTC) + NEW_LIFE,
        )
        try_out(made.token)
    except BaseException:  # also Ctrl-C
        file.unlink()
        withdraw(client, made.token_id)
        raise
    return record


def withdraw(client: AccessTokensClient, token_id: str) -> None:
    """Revoke the new token if there is one, and say whether that is certain."""
    try:
        with suppress(NotFoundError):  # `get` tells, also where a service gives no reasons for what fails
            client.revoke(client.get(token_id).token_id)
    except AccessTokensError as error:
        print(f"The new token {token_id} may be alive, without its PAT: revoke it. {error}", file=sys.stderr)
    else:
        print(f"The new token {token_id} is withdrawn.", file=sys.stderr)


def hand_over(pat: str, file: Path) -> None:
    """Write a PAT to a new file that nobody else can read."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(pat)


def try_out(pat: str) -> None:
    """Exchange the new PAT once: if it is refused, nobody shall depend on it."""
    with AccessTokensClient(os.environ["ACCESS_TOKENS_ENDPOINT"].strip(), pat, **OPTIONS) as holder:
        holder.authenticate()


def let_expire(client: AccessTokensClient, old: TokenRecord) -> datetime:
    """Let the old token expire after the overlap, unless it expires sooner by itself, and return when."""
    end = datetime.now(UTC) + OVERLAP
    if old.expires and old.expires <= end:
        return old.expires
    client.update(old.token_id, expires_at=end)
    return end


def rotate(client: AccessTokensClient, token_id: str, file: Path) -> None:
    """Rotate one credential, and say how far it came."""
    old = client.get(token_id)
    if not old.is_active():
        raise LookupError(f"token {token_id} is revoked or expired")
    new = replace(client, old, file)
    print(f"{new.owner} goes on with token {new.token_id}, whose PAT is in {file}.")
    try:
        print(f"The old one, {token_id}, works until {let_expire(client, old):%Y-%m-%d %H:%M} UTC.")
    except AccessTokensError as error:
        sys.exit(f"The old one, {token_id}, may still work for as long as before; give it an end: {error}")


def main(token_id: str, file: str) -> None:
    """Rotate one credential of the service that the environment names."""
    try:
        with AccessTokensClient.from_env(**OPTIONS) as client:
            rotate(client, token_id, Path(file))
    except (AccessTokensError, LookupError, OSError, ValueError) as error:
        sys.exit(f"Not rotated: {error}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
