"""Prolong every token that expires within some days, a few at a time.

export ACCESS_TOKENS_ENDPOINT=https://api.example.com ACCESS_TOKENS_API_KEY=pat_...
python prolong.py DAYS
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import anyio

from access_tokens import AccessTokensError, AsyncAccessTokensClient, TokenRecord

NEW_LIFE = timedelta(days=90)
AT_ONCE = 8


async def expiring(client: AsyncAccessTokensClient, days: int) -> list[TokenRecord]:
    """List the tokens that are still good, but not for long."""
    until = (datetime.now(UTC) + timedelta(days=days)).timestamp()
    return [
        record
        async for record in client.iter_tokens()
        if record.expires_at is not None and record.expires_at <= until
    ]


async def prolong(client: AsyncAccessTokensClient, days: int) -> list[AccessTokensError]:
    """Prolong what expires, and return what failed: one failure must not stop the others."""
    records = await expiring(client, days)
    limiter, errors = anyio.CapacityLimiter(AT_ONCE), list[AccessTokensError]()

    async def prolong_one(record: TokenRecord) -> None:
        async with limiter:
            try:
                await client.update(record.token_id, expires_at=datetime.now(UTC) + NEW_LIFE)
                print(f"{record.token_id} of {record.owner} is good for {NEW_LIFE.days} more days")
            except AccessTokensError as error:
                errors.append(error)

    async with anyio.create_task_group() as tasks:
        for record in records:
            tasks.start_soon(prolong_one, record)
    return errors


async def main(days: int) -> str | None:
    """Prolong the tokens of the service that the environment names, and return what went wrong."""
    try:
        async with AsyncAccessTokensClient.from_env() as client:
            errors = await prolong(client, days)
    except (AccessTokensError, ValueError) as error:
        return f"Nothing was prolonged: {error}"
    return "\n".join(str(error) for error in errors) or None


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        sys.exit(__doc__)
    sys.exit(anyio.run(main, int(sys.argv[1])))
