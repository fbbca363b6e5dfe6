"""No error brings a secret along, neither in the locals of its frames nor in what it keeps alive."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import anyio
import httpx
import pytest

from access_tokens import (
    AccessTokensClient,
    AccessTokensError,
    AsyncAccessTokensClient,
    UnavailableError,
)
from access_tokens._session.base import SessionBase
from access_tokens._settings import Settings
from access_tokens.testing import LocalService

from ..helpers.callers import result_of
from ..helpers.canned import right_answer
from ..helpers.depths import bearers_in, reachable, seen_in
from ..helpers.silent import silent_service
from ..helpers.troubles import (
    ALL_CALLS,
    CALLS,
    EXCHANGE,
    JWT,
    ONCE,
    OTHER_PAT,
    PHC,
    SITUATIONS,
    call_another_api,
)

Make = Callable[..., Any]


@pytest.fixture
def service(shared_service: LocalService) -> LocalService:
    """One for all: none of its calls succeeds."""
    return shared_service


def secrets_of(service: LocalService) -> list[str]:
    """Return the secrets that have been on the wire, without what may be said of them."""
    sent = {request.headers["authorization"].removeprefix("Bearer ") for request in service.requests}
    return [PHC, *(each.rpartition(".")[2] for each in {service.admin_pat, OTHER_PAT, *sent})]


def check(error: BaseException, service: LocalService, name: str = "") -> None:
    """See that an error shows no secret and keeps none alive."""
    assert seen_in(error, secrets_of(service)) == [], name
    assert bearers_in(error) == [], name


@pytest.mark.fault(47, 49)
@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS)
def test_no_failure_brings_a_secret_along(service, make_client, situation):
    client = situation(service, make_client)
    for name, call in ALL_CALLS.items():
        error = result_of(lambda call=call: call(client))  # type: ignore[misc]
        if isinstance(error, AccessTokensError):
            check(error, service, name)
        else:  # what the situation does nothing to
            assert name in {"authenticate", "another API"}


@pytest.mark.fault(47, 49)
def test_no_timeout_does(service, make_client):
    with silent_service() as (endpoint, _):
        client = make_client(endpoint, service.admin_pat, timeout=0.02, retry=ONCE)
        for name, call in ALL_CALLS.items():
            error = result_of(lambda call=call: call(client))  # type: ignore[misc]
            assert isinstance(error, UnavailableError)
            check(error, service, name)


@pytest.mark.fault(47, 49)
def test_no_renewal_for_another_api_does(client, service):
    service.fail_next(
        1, status=200, body={"access_token": JWT, "token_type": "Bearer", "expires_in": 9}, path=EXCHANGE
    )
    client.authenticate()
    service.fail_next(9, status=400, path=EXCHANGE)
    error = result_of(lambda: call_another_api(client))
    assert isinstance(error, AccessTokensError)
    check(error, service)


@pytest.mark.fault(47, 49)
@pytest.mark.parametrize("name", [*CALLS, "iter_tokens"])
def test_no_interrupt_does(service, name):
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == EXCHANGE:
            return right_answer(request)
        raise KeyboardInterrupt

    http_client = httpx.Client(transport=httpx.MockTransport(respond))
    with AccessTokensClient("https://h", service.admin_pat, http_client=http_client) as client:
        with pytest.raises(KeyboardInterrupt) as raised:
            next(client.iter_tokens()) if name == "iter_tokens" else CALLS[name](client)
        check(raised.value, service)


@pytest.mark.fault(47, 49)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("name", [*CALLS, "iter_tokens"])
def test_no_cancellation_does(service, backend, name):
    async def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path != EXCHANGE:
            await anyio.sleep_forever()
        return right_answer(request)

    async def main() -> None:
        http_client = httpx.AsyncClient(transport=httpx.MockTransport(respond))
        async with AsyncAccessTokensClient("https://h", service.admin_pat, http_client=http_client) as client:
            error = await cancelled(
                lambda: anext(client.iter_tokens()) if name == "iter_tokens" else CALLS[name](client)
            )
        assert isinstance(error, anyio.get_cancelled_exc_class())
        check(error, service)

    anyio.run(main, backend=backend)


async def cancelled(call: Callable[[], Awaitable[Any]]) -> BaseException | None:
    """Cancel a call when it waits, and return what it was cancelled by."""
    seen: list[BaseException] = []

    async def run() -> None:
        try:
            await call()
        except BaseException as error:
            seen.append(error)
            raise

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    return seen[0] if seen else None


@pytest.mark.fault(46, 49)
def test_a_client_keeps_no_request_and_nothing_of_the_generated_core(client, service):
    for call in CALLS.values():
        result_of(lambda call=call: call(client))  # type: ignore[misc]
    through = (AccessTokensClient, AsyncAccessTokensClient, SessionBase)
    assert bearers_in(client.client, through=through) == []
    kept = {type(each) for each in reachable(client.client, through=through)}
    assert Settings in kept
    assert not [kind for kind in kept if kind.__module__.startswith("access_tokens_api.models")]


@pytest.mark.fault(46, 47)
@pytest.mark.parametrize("kind", [AccessTokensClient, AsyncAccessTokensClient])
@pytest.mark.parametrize("cause", [KeyboardInterrupt, MemoryError])
def test_no_client_that_cannot_be_made_does(kind, cause, monkeypatch):
    """As when there is no memory left, or it is interrupted."""

    def fail(_: object) -> NoReturn:
        raise cause

    monkeypatch.setattr(f"{kind.__module__}.exchange", fail)
    with pytest.raises(cause) as raised:
        kind("https://h", OTHER_PAT)
    raised.value.__traceback__ = raised.tb.tb_next  # without this test's own frame
    assert seen_in(raised.value, [OTHER_PAT]) == []
