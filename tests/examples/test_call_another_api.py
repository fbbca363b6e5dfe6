"""A call of another API with the JWT."""

import anyio
import pytest

from access_tokens import AsyncAccessTokensClient
from access_tokens.testing import LocalService
from examples import call_another_api


@pytest.fixture
def another_api(service: LocalService) -> str:
    """Any URL that wants a JWT; one of the service itself will do."""
    return f"{service.endpoint}/admin/tokens"


def test_another_api_knows_who_calls(service, another_api, examples):
    done = examples.run("call_another_api", another_api)
    assert (done.status, done.err) == (0, "")
    assert [line.partition('{"records":')[0] for line in done.out.splitlines()] == ["sync:  ", "async: "]
    assert service.exchanges == 2


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_it_is_called_on_after_a_new_key(service, another_api, backend):
    async def fetch_twice() -> str:
        async with AsyncAccessTokensClient.from_env() as client:
            await call_another_api.fetch_async(client, another_api)
            service.rotate_key()
            return await call_another_api.fetch_async(client, another_api)

    assert "records" in anyio.run(fetch_twice, backend=backend)
    assert service.exchanges == 2


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://other.example.com/", "the JWT is sent to https:// URLs only"),
        ("{another_api}/unknown", "404 Not Found"),
    ],
)
def test_a_call_that_fails_is_reported(another_api, examples, url, reason):
    done = examples.run("call_another_api", url.format(another_api=another_api))
    assert (done.status, done.err.startswith("Failed: ")) == (1, True)
    assert reason in done.err
