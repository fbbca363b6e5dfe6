"""The async client over aiohttp, which takes a fraction of the processor's time, on asyncio alone.

``from access_tokens.aiohttp import AsyncAccessTokensClient`` is all that changes.

Needs the extra: ``pip install "access-tokens-client[aiohttp]"``.
"""

from __future__ import annotations

import httpx

from . import async_client
from ._async_session import AsyncSession
from ._jwt import Jwt
from ._settings import Settings
from ._steps import Call

try:
    from ._aiohttp_network import over_aiohttp
except ModuleNotFoundError as error:
    raise ImportError(
        f'access_tokens.aiohttp needs {error.name!r}: pip install "access-tokens-client[aiohttp]"',
    ) from error

__all__ = ["AsyncAccessTokensClient"]


class AsyncAccessTokensClient(async_client.AsyncAccessTokensClient):
    """Same as `access_tokens.AsyncAccessTokensClient`, but over aiohttp, and on asyncio alone.

    It takes no `http_client`, which would not be aiohttp's.
    """

    @staticmethod
    def _new_session(
        settings: Settings, exchange: Call[Jwt], http_client: httpx.AsyncClient | None
    ) -> AsyncSession:
        if http_client is not None:
            raise ValueError("http_client: this client brings its own; give yours to that of access_tokens")
        return AsyncSession(settings, exchange, network=over_aiohttp)
