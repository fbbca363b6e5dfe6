"""Give a token a new secret: the same id, owner and rights, and no overlap. The old PAT is refused at once.

    export ACCESS_TOKENS_ENDPOINT=https://api.example.com ACCESS_TOKENS_API_KEY=pat_...
    python rotate_in_place.py TOKEN_ID NEW_PAT_FILE

The new PAT is made here, and is written to the file and nowhere else. The file must not exist; only its owner
may read it. Whoever uses the old PAT needs the new one at the next exchange: where that takes time, use
`examples.rotate`, with which both work for a day.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from access_tokens import AccessTokensClient, AccessTokensError, SyncOptions, generate_token

OPTIONS: SyncOptions = {}  # what your deployment needs, such as auth_path or ssl_context


def rotate(client: AccessTokensClient, token_id: str, file: Path) -> None:
    """Store a new PAT for a token, then let it replace the old one."""
    made = generate_token(token_id=token_id)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(made.token)
    try:
        client.rotate(made)
    except AccessTokensError as error:
        if not error.outcome_unknown:  # else the new PAT may be the good one
            file.unlink()
        raise


def main(token_id: str, file: str) -> None:
    """Rotate one token of the service that the environment names."""
    try:
        with AccessTokensClient.from_env(**OPTIONS) as client:
            rotate(client, token_id, Path(file))
    except AccessTokensError as error:
        either = f" Keep the old PAT and {file}: one of them is good." if error.outcome_unknown else ""
        sys.exit(f"Not rotated: {error}.{either}")
    except (OSError, ValueError) as error:
        sys.exit(f"Not rotated: {error}")
    print(f"The PAT of token {token_id} is in {file}; the old one is refused.")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
