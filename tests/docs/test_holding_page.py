"""What the page "Programs that hold a PAT" says of its code, beyond that it runs."""

import asyncio
from typing import Any

import pytest
from starlette.testclient import TestClient

from access_tokens import AsyncAccessTokensClient

from ..helpers.feed import NEWS, feed
from ..helpers.pages import code_of
from .conftest import FEED, REPORTS

PAGE = code_of("docs/holding.md")


def names_of(part: str, url: str, local: str) -> dict[str, Any]:
    """Run the only block with this part, with a local URL for one of the page; return its names."""
    [code] = [each for each in PAGE if part in each]
    names: dict[str, Any] = {}
    exec(code.replace(url, local), names)
    return names


@pytest.fixture
def app(service, reports):
    with TestClient(names_of("Starlette(", REPORTS, reports)["app"]) as client:
        yield client


def test_the_web_service_passes_on_what_the_other_api_says(app, service):
    assert [app.get("/latest").json() for _ in range(3)] == [{"reports": []}] * 3
    assert len(service.requests) == 1  # the exchange


def test_the_web_service_says_so_when_it_gets_no_jwt(app, service):
    service.revoke(service.admin_token_id)
    assert app.get("/latest").status_code == 503


def test_a_websocket_whose_handshake_is_refused_is_opened_with_a_new_jwt(service):
    with feed(service) as url:
        opened = names_of("ClientConnection", FEED, url)["opened"]

        async def news() -> object:
            async with AsyncAccessTokensClient.from_env() as client:
                await client.bearer()
                service.rotate_key()  # the JWT is refused from now on
                async with await opened(client, url) as connection:
                    return await connection.recv()

        assert asyncio.run(news()) == NEWS


def test_a_request_of_another_library_is_repeated_once_with_a_new_jwt(service, reports):
    names = names_of("urllib.error", REPORTS, reports)
    with names["AccessTokensClient"].from_env() as client:
        client.bearer()
        service.rotate_key()
        assert names["fetch_with_jwt"](client) == b'{"reports": []}'
