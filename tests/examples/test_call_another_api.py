"""A call of another API with the JWT."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import anyio
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from access_tokens import AsyncAccessTokensClient
from access_tokens.testing import LocalService
from examples import call_another_api

from ..helpers.running_examples import run_example


@contextmanager
def listening(app: Starlette) -> Generator[str]:
    """Serve an application on the loopback interface."""
    # It listens from here on: a request that comes before the server has started waits.
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def another_api(service: LocalService) -> Iterator[str]:
    """An API that believes the service's JWTs, and tells who their bearer is."""

    def whoami(request: Request) -> JSONResponse:
        try:
            claims = service.verify(request.headers["Authorization"].removeprefix("Bearer "))
        except (KeyError, ValueError):
            return JSONResponse({"error": "who are you?"}, 401)
        return JSONResponse({"you": claims["owner"]})

    with listening(Starlette(routes=[Route("/whoami", whoami)])) as url:
        yield f"{url}/whoami"


def test_another_api_knows_who_calls(service, another_api):
    done = run_example("call_another_api", service, another_api)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        'sync:  {"you":"admin@example.com"}',
        'async: {"you":"admin@example.com"}',
    ]
    assert service.exchanges == 2


def test_another_api_is_called_on_after_a_new_key(service, client, another_api):
    before = call_another_api.fetch(client, another_api)
    service.rotate_key()
    assert call_another_api.fetch(client, another_api) == before
    assert service.exchanges == 2


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_another_api_is_called_on_in_async_code_after_a_new_key(service, another_api, backend):
    async def fetch_twice() -> tuple[str, str]:
        async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client:
            before = await call_another_api.fetch_async(client, another_api)
            service.rotate_key()
            return before, await call_another_api.fetch_async(client, another_api)

    before, after = anyio.run(fetch_twice, backend=backend)
    assert before == after
    assert service.exchanges == 2


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://other.example.com/", "the JWT is sent to https:// URLs only"),
        ("{another_api}/unknown", "404 Not Found"),
    ],
)
def test_a_call_of_another_api_that_fails_is_reported(service, another_api, url, reason):
    done = run_example("call_another_api", service, url.format(another_api=another_api))
    assert done.returncode == 1
    assert done.stderr.startswith("Failed: ")
    assert reason in done.stderr


def test_a_refused_pat_is_reported(service, another_api):
    service.revoke(service.admin_token_id)
    done = run_example("call_another_api", service, another_api)
    assert done.returncode == 1
    assert done.stderr == "Failed: Failed to authenticate: Invalid Authorization token (HTTP 401)\n"
