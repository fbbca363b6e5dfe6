"""Calls of another API with requests and with aiohttp, by the JWT that `client.bearer()` gives."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from io import BytesIO
from typing import Any

import aiohttp
import pytest
import requests

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, AuthenticationError
from examples.with_aiohttp import jwt_for
from examples.with_requests import JwtAuth

from ..helpers.fault_server import EXCHANGE, FaultServer, Peer, response
from ..helpers.plays import refuse

API = "/whoami"
Fetch = Callable[..., int]


@pytest.fixture
def with_requests(server: FaultServer) -> Iterator[Fetch]:
    with AccessTokensClient(server.endpoint, "pat_x") as client, requests.Session() as session:
        session.auth = JwtAuth(client)

        def fetch(url: str, data: Any = None) -> int:
            return session.request("PUT" if data else "GET", url, data=data, timeout=30).status_code

        yield fetch


@pytest.fixture
def with_aiohttp(server: FaultServer) -> Iterator[Fetch]:
    client = AsyncAccessTokensClient(server.endpoint, "pat_x")

    async def fetch(url: str, data: Any = None) -> int:
        # The API is where the first request goes.
        middleware = jwt_for(url if url.startswith("http://example") else server.endpoint, client)
        async with aiohttp.ClientSession(middlewares=[middleware]) as session:
            headers = {"Content-Length": "4"} if isinstance(data, AsyncIterator) else {}
            async with session.request("PUT" if data else "GET", url, data=data, headers=headers) as answer:
                await answer.read()
                return answer.status

    yield lambda *args: asyncio.run(fetch(*args))
    asyncio.run(client.aclose())


@pytest.fixture(params=["with_requests", "with_aiohttp"])
def library(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def fetch(library: str, request: pytest.FixtureRequest, server: FaultServer, issuer: Any) -> Fetch:
    """Sends a request to the API, whose service has issued numbered JWTs, and returns the status."""
    server.always(API, issuer.judge)
    made: Fetch = request.getfixturevalue(library)
    return made


def test_one_jwt_serves_until_it_is_refused_and_then_one_repeat(fetch, server, issuer):
    api = server.endpoint + API
    assert [fetch(api), fetch(api)] == [204, 204]
    issuer.rotate()
    assert [fetch(api), fetch(api)] == [204, 204]
    assert issuer.bearers == ["jwt-1", "jwt-1", "jwt-1", "jwt-2", "jwt-2"]
    assert server.count(EXCHANGE) == 2


def test_an_api_that_always_refuses_is_asked_twice(fetch, server, issuer):
    server.always(API, refuse(401))
    assert fetch(server.endpoint + API) == 401
    assert issuer.bearers == ["jwt-1", "jwt-2"]


def read_to_its_middle() -> BytesIO:
    file = BytesIO(b"--body")
    file.seek(2)
    return file


@pytest.mark.parametrize("make", [lambda: b"body", read_to_its_middle])
def test_a_body_is_sent_again_from_where_it_began(fetch, server, make):
    server.play(API, refuse(401))
    assert fetch(server.endpoint + API, make()) == 204
    assert [each.body for each in server.requests if each.path == API] == [b"body"] * 2


class Stream:
    """A body that requests reads once."""

    def __len__(self) -> int:
        return 4

    def __iter__(self) -> Iterator[bytes]:
        yield b"body"


async def stream() -> AsyncIterator[bytes]:
    yield b"body"


def test_a_stream_is_not_sent_again_but_the_next_has_a_new_jwt(fetch, library, server, issuer):
    server.play(API, refuse(401))
    make: Callable[[], Any] = Stream if library == "with_requests" else stream
    assert [fetch(server.endpoint + API, make()) for _ in range(2)] == [401, 204]
    assert issuer.bearers == ["jwt-1", "jwt-2"]


def test_a_redirect_has_the_jwt_on_the_same_host_alone(fetch, server, issuer):
    with FaultServer() as other:
        other.always(API, refuse(401))
        server.play("/moved", refuse(401), refuse(307, f"Location: {API}"))
        server.play("/moved", refuse(307, f"Location: {other.endpoint}{API}"))
        assert [fetch(server.endpoint + "/moved") for _ in range(2)] == [204, 401]
    assert issuer.bearers == ["jwt-1", "jwt-2", "jwt-2", "jwt-2"]
    assert ["authorization" in each.headers for each in other.requests] == [False]


def test_a_jwt_that_others_could_read_is_not_sent(fetch, server):
    with pytest.raises(ValueError, match="the JWT is sent to https:// URLs only"):
        fetch("http://example.com/")
    assert server.requests == []


def test_an_error_of_the_exchange_is_passed_on(fetch, server):
    server.always(EXCHANGE, refuse(401))
    with pytest.raises(AuthenticationError):
        fetch(server.endpoint + API)
    assert server.count(API) == 0


def test_what_was_refused_is_in_the_history_of_requests(server, issuer):
    def refuse_at_length(peer: Peer) -> None:
        peer.send(response(401, b"x" * 100_000))

    server.play(API, refuse_at_length)
    with AccessTokensClient(server.endpoint, "pat_x") as client, requests.Session() as session:
        got = session.get(server.endpoint + API, auth=JwtAuth(client), stream=True, timeout=30)
        [refused] = got.history
    sent = [each.request.headers["Authorization"] for each in (refused, got)]
    assert sent == ["Bearer jwt-1", "Bearer jwt-2"]
    assert (refused.status_code, len(refused.content), got.status_code) == (401, 100_000, 204)


def test_they_run(library, service, examples):
    done = examples.run(library, f"{service.endpoint}/admin/tokens")
    assert (done.status, done.err, done.out[:11]) == (0, "", '{"records":')
    for url, reason in {
        f"{service.endpoint}/unknown": "404",
        "http://example.com": "https:// URLs only",
    }.items():
        done = examples.run(library, url)
        assert (done.status, reason in done.err) == (1, True)
