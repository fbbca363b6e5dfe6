"""Call another API that trusts the service's JWTs, first from sync code and then from async code.

    export ACCESS_TOKENS_ENDPOINT=https://api.example.com ACCESS_TOKENS_API_KEY=pat_...
    python call_another_api.py https://other.example.com/whoami

`client.auth` gives each request the JWT. It shares the client's JWT, renews it in time, and when the other
API answers 401, gets a new one and repeats the request once.
"""

from __future__ import annotations

import sys

import anyio
import httpx

from access_tokens import AccessTokensClient, AccessTokensError, AsyncAccessTokensClient


def fetch(client: AccessTokensClient, url: str) -> str:
    """Get what the other API says to the bearer of the JWT."""
    with httpx.Client(auth=client.auth) as http:
        return http.get(url).raise_for_status().text


async def fetch_async(client: AsyncAccessTokensClient, url: str) -> str:
    """Same as `fetch`."""
    async with httpx.AsyncClient(auth=client.auth) as http:
        return (await http.get(url)).raise_for_status().text


def main(url: str) -> None:
    """Call it from threads."""
    with AccessTokensClient.from_env() as client:
        print("sync: ", fetch(client, url))


async def main_async(url: str) -> None:
    """Call it from async code."""
    async with AsyncAccessTokensClient.from_env() as client:
        print("async:", await fetch_async(client, url))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main(sys.argv[1])
        anyio.run(main_async, sys.argv[1])
    # The first two are of the JWT, the last of the other API.
    except (AccessTokensError, ValueError, httpx.HTTPError) as failure:
        sys.exit(f"Failed: {failure}")
