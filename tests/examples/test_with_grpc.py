"""Calls of a gRPC service with the JWT that `client.bearer()` gives."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from access_tokens import AccessTokensClient, RetryPolicy
from examples.with_grpc import channel, repeated

from ..helpers.fault_server import EXCHANGE, FaultServer
from ..helpers.plays import Issuer, refuse

# The status that the service answers, by what is sent to it.
STATUSES = {b"refuse": grpc.StatusCode.UNAUTHENTICATED, b"fail": grpc.StatusCode.NOT_FOUND}
CREDENTIALS = grpc.local_channel_credentials()


class Service(grpc.GenericRpcHandler):
    """Answers what it is sent, to who has a JWT that is not out of date."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.jwts: list[str] = []

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        if handler_call_details.method == "/Echo/Unary":
            return grpc.unary_unary_rpc_method_handler(self.answer)
        return grpc.stream_stream_rpc_method_handler(self.answer_each)

    def answer(self, message: bytes, context: Any) -> bytes:
        header = dict(context.invocation_metadata())["authorization"]
        self.jwts.append(header.removeprefix("Bearer "))
        is_old = int(header.removeprefix("Bearer jwt-")) <= self.issuer.refused
        if status := STATUSES[b"refuse"] if is_old else STATUSES.get(message):
            context.abort(status, "no")
        return message

    def answer_each(self, messages: Iterator[bytes], context: Any) -> Iterator[bytes]:
        for message in messages:
            yield self.answer(message, context)


@pytest.fixture
def echo(issuer: Issuer) -> Service:
    return Service(issuer)


@pytest.fixture
def opened(server: FaultServer, echo: Service) -> Iterator[tuple[AccessTokensClient, grpc.Channel]]:
    with ThreadPoolExecutor(2) as threads:
        listening = grpc.server(threads, [echo])
        port = listening.add_secure_port("127.0.0.1:0", grpc.local_server_credentials())
        listening.start()
        with (
            AccessTokensClient(server.endpoint, "pat_x", retry=RetryPolicy(retries=0)) as client,
            channel(f"127.0.0.1:{port}", client, CREDENTIALS) as made,
        ):
            yield client, made
        listening.stop(None).wait()


@pytest.fixture
def call(opened: tuple[AccessTokensClient, grpc.Channel]) -> Callable[[bytes], bytes]:
    client, made = opened
    method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = made.unary_unary("/Echo/Unary")
    return lambda message: repeated(client, lambda: method(message, timeout=30))


def test_one_jwt_serves_until_it_is_refused_and_then_one_repeat(call, server, echo, issuer):
    assert [call(b"a"), call(b"b")] == [b"a", b"b"]
    issuer.rotate()
    assert [call(b"c"), call(b"d")] == [b"c", b"d"]
    assert echo.jwts == ["jwt-1", "jwt-1", "jwt-1", "jwt-2", "jwt-2"]
    assert server.count(EXCHANGE) == 2


@pytest.mark.parametrize(("message", "jwts"), [(b"refuse", ["jwt-1", "jwt-2"]), (b"fail", ["jwt-1"])])
def test_a_failure_is_repeated_once_if_the_jwt_was_refused(call, echo, message, jwts):
    with pytest.raises(grpc.RpcError) as caught:
        call(message)
    assert (caught.value.code(), echo.jwts) == (STATUSES[message], jwts)


def test_a_stream_bears_the_jwt(opened, echo):
    _, made = opened
    assert [*made.stream_stream("/Echo/Stream")(iter([b"a", b"b"]), timeout=30)] == [b"a", b"b"]
    assert echo.jwts == ["jwt-1"] * 2


def test_a_call_fails_when_no_jwt_can_be_got(opened, server, echo):
    _, made = opened
    server.always(EXCHANGE, refuse(401))
    with pytest.raises(grpc.RpcError, match=r"Failed to authenticate: No \(HTTP 401\)"):
        made.unary_unary("/Echo/Unary")(b"a", timeout=30)
    assert echo.jwts == []
