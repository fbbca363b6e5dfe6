"""Call another API with aiohttp 3.12 or newer: `aiohttp.ClientSession(middlewares=[jwt_for(api, client)])`.

    export ACCESS_TOKENS_ENDPOINT=https://api.example.com ACCESS_TOKENS_API_KEY=pat_...
    python with_aiohttp.py https://other.example.com/whoami

A 401 of the other API gets a new JWT and repeats the request once, unless its body is a stream that is used
up.
"""

from __future__ import annotations

import asyncio
import sys

import aiohttp
from yarl import URL

from access_tokens import AccessTokensError, AsyncAccessTokensClient


def jwt_for(api: str, client: AsyncAccessTokensClient) -> aiohttp.ClientMiddlewareType:
    """Return what sends the client's JWT to an API, and to no other host.

    aiohttp runs a middleware for each redirect as well, wherever it leads.

    Raises:
        ValueError: The JWT could be read on the way: the API is neither https:// nor on this machine.
    """
    origin = URL(api).origin()
    if origin.scheme != "https" and origin.host not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError("the JWT is sent to https:// URLs only")

    async def send(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if request.url.origin() != origin:
            return await handler(request)
        bearer = await client.bearer()
        request.headers["Authorization"] = bearer.header
        response = await handler(request)
        if response.status != 401:
            return response
        await client.discard(bearer)
        if request.body and request.body.consumed:
            return response
        response.release()
        request.headers["Authorization"] = (await client.bearer()).header
        return await handler(request)

    return send


async def main(url: str) -> str:
    """Get what the other API says to the bearer of the JWT."""
    async with AsyncAccessTokensClient.from_env() as client:
        middlewares = [jwt_for(url, client)]
        async with aiohttp.ClientSession(middlewares=middlewares) as http, http.get(url) as response:
            response.raise_for_status()
            return await response.text()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        print(asyncio.run(main(sys.argv[1])))
    # The first two are of the JWT, the last of the other API.
    except (AccessTokensError, ValueError, aiohttp.ClientError) as failure:
        sys.exit(f"Failed: {failure}")
