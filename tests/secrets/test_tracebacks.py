"""No error brings a secret along, neither in the locals of its frames nor in what it keeps alive."""

from collections.abc import Iterator
from typing import Any, NoReturn

import anyio
import httpx
import pytest
from access_tokens_api.models import RegisterTokenRequest

import access_tokens
from access_tokens import AccessTokensClient, AccessTokensError, AsyncAccessTokensClient, UnavailableError
from access_tokens._flow.steps import Answer
from access_tokens._session.base import SessionBase
from access_tokens._settings import Settings
from access_tokens.testing import LocalService

from ..helpers.callers import in_tasks, result_of, run
from ..helpers.depths import bearers_in, reachable, seen_in
from ..helpers.failing_calls import (
    ALL_CALLS,
    AUTHORIZING,
    CALLS,
    EXCHANGE,
    FAILING,
    JWT,
    ONCE,
    OTHER_PAT,
    PHC,
)
from ..helpers.fault_server import silent_service
from ..helpers.memory_service import right_answer

of_tracebacks = pytest.mark.fault(47, 49)
# In memory: those that need an exchange, and a page.
each_call = pytest.mark.parametrize("name", [*CALLS, "iter_tokens"])


@pytest.fixture
def service(shared_service: LocalService) -> LocalService:
    """One for all: none of its calls succeeds."""
    return shared_service


def check(error: BaseException, service: LocalService, name: str = "") -> None:
    """See that an error shows no secret that has been on the wire, and keeps none alive."""
    sent = {request.headers["authorization"].removeprefix("Bearer ") for request in service.requests}
    secrets = [PHC, *(each.rpartition(".")[2] for each in {service.admin_pat, OTHER_PAT, *sent})]
    assert seen_in(error, secrets) == [], name
    assert bearers_in(error) == [], name


@of_tracebacks
@pytest.mark.parametrize("failing_client", FAILING.values(), ids=FAILING)
def test_no_failure_brings_a_secret_along(service, make_client, failing_client):
    client = failing_client(service, make_client)
    for name, call in ALL_CALLS.items():
        error = result_of(lambda call=call: call(client))  # type: ignore[misc]
        if isinstance(error, AccessTokensError):
            check(error, service, name)
        else:  # what does not fail with the others
            assert name in AUTHORIZING


@of_tracebacks
def test_no_timeout_does(service, make_client):
    with silent_service() as (endpoint, _):
        client = make_client(endpoint, service.admin_pat, timeout=0.02, retry=ONCE)
        for name, call in ALL_CALLS.items():
            error = result_of(lambda call=call: call(client))  # type: ignore[misc]
            assert isinstance(error, UnavailableError)
            check(error, service, name)


@of_tracebacks
def test_no_renewal_for_another_api_does(client, service):
    granted = {"access_token": JWT, "token_type": "Bearer", "expires_in": 9}
    service.fail_next(1, status=200, body=granted, path=EXCHANGE)
    client.authenticate()
    service.fail_next(9, status=400, path=EXCHANGE)
    error = result_of(lambda: ALL_CALLS["another API"](client))
    assert isinstance(error, AccessTokensError)
    check(error, service)


@of_tracebacks
@each_call
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


@of_tracebacks
@in_tasks
@each_call
def test_no_cancellation_does(service, variant, name):
    async def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path != EXCHANGE:
            scopes[0].cancel()
            await anyio.sleep_forever()
        return right_answer(request)

    async def main() -> None:
        http_client = httpx.AsyncClient(transport=httpx.MockTransport(respond))
        async with AsyncAccessTokensClient("https://h", service.admin_pat, http_client=http_client) as client:
            scopes.append(anyio.CancelScope())
            with scopes[0], pytest.raises(anyio.get_cancelled_exc_class()) as raised:
                await (anext(client.iter_tokens()) if name == "iter_tokens" else CALLS[name](client))
        check(raised.value, service)

    scopes: list[anyio.CancelScope] = []
    run(variant, main)


@pytest.mark.fault(46, 49)
def test_a_client_keeps_no_request_and_nothing_of_the_generated_core(client):
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

    def fail() -> NoReturn:
        raise cause

    monkeypatch.setattr(f"{kind.__module__}.exchange", fail)
    with pytest.raises(cause) as raised:
        kind("https://h", OTHER_PAT)
    raised.value.__traceback__ = raised.tb.tb_next  # without this test's own frame
    assert seen_in(raised.value, [OTHER_PAT]) == []


# The search below errors finds what it looks for, or nothing that passes by it would mean anything.


def raised_below_the_library(held: object) -> BaseException:
    """Return an error that came through a frame of the library with this local."""
    code = compile("def fail(held):\n    raise ValueError", access_tokens.__file__, "exec")
    exec(code, space := dict[str, Any]())
    error = result_of(lambda: space["fail"](held))
    assert isinstance(error, ValueError)
    return error


def suspended(secret: str) -> Iterator[str]:
    def hold(secret: str) -> Iterator[str]:
        yield ""
        yield secret

    next(generator := hold(secret))
    return generator


def chained(cause: BaseException | None = None, context: BaseException | None = None) -> ValueError:
    error = ValueError()
    error.__cause__, error.__context__ = cause, context
    return error


CONTAINERS: list[Any] = [{"json": {"secretPhc": PHC}}, {PHC: 1}, [RegisterTokenRequest(PHC, "x")]]


@pytest.mark.fault(47)
@pytest.mark.parametrize(
    "held", [PHC, PHC.encode(), *CONTAINERS, Answer(200, {}, PHC.encode()), suspended(PHC)], ids=range(7)
)
def test_a_secret_that_an_error_brings_along_is_found(held):
    error = raised_below_the_library(held)
    for carrier in (error, chained(cause=error), chained(context=error), BaseExceptionGroup("", [error])):
        assert seen_in(carrier, [PHC])


@pytest.mark.fault(49)
def test_a_bearer_that_an_error_keeps_alive_is_found():
    request = httpx.Request("GET", "https://h", headers={"Authorization": f"Bearer {OTHER_PAT}"})
    error = chained(cause=raised_below_the_library([{"a": request}]))
    assert {"Request", "bytes"} <= set(bearers_in(error))
    assert bearers_in(httpx.ReadError("", request=request))
    assert bearers_in(httpx.ReadError("", request=httpx.Request("GET", "https://h"))) == []
