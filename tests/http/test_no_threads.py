"""Threads that cannot be had, or never run: nobody waits for one without end (case 69)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import anyio
import httpcore
import httpx
import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, ClientClosedError, UnavailableError
from access_tokens._http import handover, happy_eyeballs

from ..helpers.callers import in_tasks, run
from ..helpers.dead import dead, needs_dead
from ..helpers.operations import ISSUE, failure_of, keep_jwt
from ..helpers.threads import Task, until

pytestmark = pytest.mark.fault(69)

Make = Callable[..., Any]


def refuse(*_: Any, **__: Any) -> Any:
    """Refuse to start a thread, as a system does that has enough of them, and Python 3.12 while it ends."""
    raise RuntimeError("can't start new thread")


class Refusing(httpcore.AsyncNetworkBackend):
    connect_tcp = refuse


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "start_new_thread", refuse)


@pytest.mark.fault(54)
def test_a_thread_connects_itself_when_there_can_be_no_other(server, no_threads):
    with AccessTokensClient(server.endpoint, "pat_x") as client:
        assert client.list()


@needs_dead
@pytest.mark.fault(34)
def test_closing_ends_it_then_as_well(no_threads, monkeypatch):
    begun: list[Any] = []
    addresses = happy_eyeballs._addresses

    def begin(*asked: Any) -> Any:
        begun.append(asked)
        return addresses(*asked)

    monkeypatch.setattr(happy_eyeballs, "_ATTEMPT_DELAY", 0.01)
    monkeypatch.setattr(happy_eyeballs, "_addresses", begin)
    with dead() as port:
        client = AccessTokensClient(f"http://127.0.0.1:{port}", "pat_x", timeout=httpx.Timeout(1000))
        task = Task(client.list)
        until(lambda: begun)
        client.close()
        assert isinstance(task.outcome(), ClientClosedError)


def test_a_thread_that_never_runs_costs_no_more_than_the_time_to_connect(server, monkeypatch):
    """One may die in its first steps, for want of memory."""
    monkeypatch.setattr(handover, "start_new_thread", lambda *_: 0)
    with AccessTokensClient(server.endpoint, "pat_x", timeout=httpx.Timeout(5, connect=0.01)) as client:
        client._session._sleep = lambda seconds: None  # type: ignore[method-assign]
        with pytest.raises(UnavailableError, match="ConnectTimeout") as raised:
            client.list()
    assert (raised.value.attempts, raised.value.outcome_unknown) == (4, False)


@in_tasks
def test_tasks_for_which_no_thread_can_resolve_the_name_try_again(make_client, monkeypatch):
    monkeypatch.setattr(httpcore, "AnyIOBackend", Refusing)
    client = make_client("https://api.example.com", "pat_x")
    keep_jwt(client)
    error = failure_of(ISSUE, client)
    assert (type(error), error.attempts, error.outcome_unknown) == (UnavailableError, 4, False)
    assert "can't start new thread" in str(error)


@in_tasks
def test_tasks_make_a_token_themselves_when_there_can_be_no_thread(service, client, monkeypatch):
    run_sync = anyio.to_thread.run_sync

    async def refuse_here(*args: Any, **options: Any) -> Any:
        is_of_service = threading.current_thread().name == "access-tokens-service"
        return await run_sync(*args, **options) if is_of_service else refuse()

    monkeypatch.setattr(anyio.to_thread, "run_sync", refuse_here)
    assert client.issue("x", generate_locally=True)


@in_tasks
def test_others_that_hold_all_threads_keep_no_task_from_making_a_token(service, variant):
    async def main() -> None:
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 1
        async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client, limiter:
            assert await client.issue("x", generate_locally=True)

    run(variant, main)
