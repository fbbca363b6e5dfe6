"""A client for services that issue Personal Access Tokens (PATs) and exchange them for JWTs.

`AccessTokensClient` is the synchronous client, `AsyncAccessTokensClient` the one for asyncio and trio. All
public names are in this package, except for the local service in `access_tokens.testing`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from ._pat import ApiKey, AsyncApiKey
from ._version import __version__
from .bearer import Bearer, Claims
from .errors import (
    AccessTokensError,
    ApiError,
    AuthenticationError,
    ClientClosedError,
    ConflictError,
    EndpointError,
    InvalidResponseError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRejectedError,
    UnavailableError,
    is_api_error,
)
from .models import KEEP, BatchLoadResult, IssueResult, Keep, Moment, TokenRecord
from .retry import RetryPolicy
from .tokens import GeneratedToken, generate_token

if TYPE_CHECKING:
    from ._settings import AsyncOptions, SyncOptions
    from ._stores.file import FileJwtStore
    from ._stores.protocol import AsyncJwtStore, JwtStore
    from ._stores.redis import RedisJwtStore
    from .async_client import AsyncAccessTokensClient
    from .client import AccessTokensClient

__all__ = [
    "KEEP",
    "AccessTokensClient",
    "AccessTokensError",
    "ApiError",
    "ApiKey",
    "AsyncAccessTokensClient",
    "AsyncApiKey",
    "AsyncJwtStore",
    "AsyncOptions",
    "AuthenticationError",
    "BatchLoadResult",
    "Bearer",
    "Claims",
    "ClientClosedError",
    "ConflictError",
    "EndpointError",
    "FileJwtStore",
    "GeneratedToken",
    "InvalidResponseError",
    "IssueResult",
    "JwtStore",
    "Keep",
    "Moment",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitedError",
    "RedisJwtStore",
    "RequestRejectedError",
    "RetryPolicy",
    "SyncOptions",
    "TokenRecord",
    "UnavailableError",
    "__version__",
    "generate_token",
    "is_api_error",
]

_LAZY = {
    "AccessTokensClient": "client",
    "AsyncAccessTokensClient": "async_client",
    "AsyncJwtStore": "_stores.protocol",
    "AsyncOptions": "_settings",
    "FileJwtStore": "_stores.file",
    "JwtStore": "_stores.protocol",
    "RedisJwtStore": "_stores.redis",
    "SyncOptions": "_settings",
}

if not TYPE_CHECKING:
    # Import these on first use, since they import httpx. Code that only handles errors or records does not
    # need it.
    def __getattr__(name):
        if name not in _LAZY:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        with import_module(f"{__name__}._fork_lock").no_fork:
            found = globals()[name] = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
        return found


def __dir__() -> list[str]:
    return __all__
