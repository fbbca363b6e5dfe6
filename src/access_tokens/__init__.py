"""A client for services that issue Personal Access Tokens (PATs) and exchange them for JWTs.

`AccessTokensClient` is for threads, `AsyncAccessTokensClient` for asyncio and trio. Everything public is a
name of this package, except for the local service in `access_tokens.testing`.
"""

from ._version import __version__
from .async_client import AsyncAccessTokensClient
from .client import AccessTokensClient
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

__all__ = [
    "KEEP",
    "AccessTokensClient",
    "AccessTokensError",
    "ApiError",
    "AsyncAccessTokensClient",
    "AuthenticationError",
    "BatchLoadResult",
    "ClientClosedError",
    "ConflictError",
    "EndpointError",
    "GeneratedToken",
    "InvalidResponseError",
    "IssueResult",
    "Keep",
    "Moment",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitedError",
    "RequestRejectedError",
    "RetryPolicy",
    "TokenRecord",
    "UnavailableError",
    "__version__",
    "generate_token",
    "is_api_error",
]
