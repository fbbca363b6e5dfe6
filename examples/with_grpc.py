"""Call a gRPC service that trusts the service's JWTs: `JwtCredentials` for every call, streams too.

    export ACCESS_TOKENS_ENDPOINT=https://api.example.com ACCESS_TOKENS_API_KEY=pat_...
    python with_grpc.py other.example.com:443 /package.Service/Method

gRPC sends call credentials over TLS only, or to this machine by `grpc.local_channel_credentials()`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import grpc

from access_tokens import AccessTokensClient, AccessTokensError

T = TypeVar("T")


class JwtCredentials(grpc.AuthMetadataPlugin):
    """Gives each call the client's JWT. gRPC asks for it in a thread of its own, which may wait."""

    def __init__(self, client: AccessTokensClient) -> None:
        self._client = client

    def __call__(self, context: grpc.AuthMetadataContext, callback: grpc.AuthMetadataPluginCallback) -> None:
        """Authorize one call; gRPC calls this."""
        del context
        try:
            header = self._client.bearer().header
        except AccessTokensError as error:
            callback((), error)
        else:
            callback((("authorization", header),), None)


def channel(target: str, client: AccessTokensClient, transport: grpc.ChannelCredentials) -> grpc.Channel:
    """Open a channel all of whose calls bear the JWT."""
    each_call = grpc.metadata_call_credentials(JwtCredentials(client))
    return grpc.secure_channel(target, grpc.composite_channel_credentials(transport, each_call))


def repeated(client: AccessTokensClient, call: Callable[[], T]) -> T:
    """Make a call without a stream, and once more with a new JWT if the first is UNAUTHENTICATED."""
    bearer = client.bearer()
    try:
        return call()
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNAUTHENTICATED:
            raise
    client.discard(bearer)  # without effect if the JWT has been renewed since
    return call()


def main(target: str, method: str) -> bytes:
    """Call a method with an empty message, and return the bytes of its answer."""
    with (
        AccessTokensClient.from_env() as client,
        channel(target, client, grpc.ssl_channel_credentials()) as opened,
    ):
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = opened.unary_unary(method)
        return repeated(client, lambda: call(b"", timeout=30))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        print(main(*sys.argv[1:]))
    except (AccessTokensError, ValueError) as failure:
        sys.exit(f"Failed: {failure}")
    except grpc.RpcError as failure:
        sys.exit(f"Failed: {failure.code().name}: {failure.details()}")
