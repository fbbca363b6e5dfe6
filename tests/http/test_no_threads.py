"""Threads that cannot be had, or never run: nobody waits for one without end (case 69)."""

import threading
from typing import Any

import anyio
import httpx
import pytest
import trio

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, ClientClosedError, UnavailableError
from access_tokens._http import handover, happy_eyeballs

from ..helpers.callers import in_tasks, run
from ..helpers.dead import dead, needs_dead
from ..helpers.fault_server import Peer
from ..helpers.operations import ISSUE, TOKEN_ID, failure_of, keep_jwt
from ..helpers.threads import Task, until

pytestmark = pytest.mark.fault(69)


def refuse(*_: Any, **__: Any) -> Any:
    """Refuse to start a thread, as a system does that has enough of them, and Python 3.12 while it ends."""
    raise RuntimeError("can't start new thread")


def start_none(client: Any, patch: pytest.MonkeyPatch) -> None:
    """Let the thread or event loop of a client start no threads."""
    start, portal = threading.Thread.start, getattr(client, "portal", None)
    caller = portal.call(threading.get_ident) if portal else threading.get_ident()

    def start_unless_it_is(thread: threading.Thread) -> None:
        refuse() if threading.get_ident() == caller else start(thread)

    patch.setattr(threading.Thread, "start", start_unless_it_is)
    patch.setattr(trio.to_thread, "run_sync", refuse)  # it has idle ones
    patch.setattr(handover, "start_new_thread", refuse)


@pytest.mark.fault(54, 67)
def test_without_a_thread_for_the_name_server_threads_ask_it_themselves_and_tasks_try_again(
    server, make_client, variant, monkeypatch
):
    client = make_client(server.endpoint.replace("127.0.0.1", "localhost"), "pat_x")
    keep_jwt(client)
    start_none(client, monkeypatch)
    if variant == "sync":
        assert client.issue("x")
        return
    error = failure_of(ISSUE, client)
    assert (type(error), error.attempts, error.outcome_unknown) == (UnavailableError, 4, False)
    assert "can't start new thread" in str(error)
    assert client.clock.waits == [1.0, 2.0, 4.0]
    assert server.requests == []


@pytest.mark.fault(67)
def test_a_token_is_made_without_a_thread(server, make_client, monkeypatch):
    client = make_client(server.endpoint, "pat_x")
    client.list()
    start_none(client, monkeypatch)
    server.always(f"/admin/tokens/{TOKEN_ID}", Peer.answer)
    assert client.issue("x", token_id=TOKEN_ID, generate_locally=True).token.startswith(f"pat_{TOKEN_ID}.")


@in_tasks
def test_others_that_hold_all_threads_keep_no_task_from_making_a_token(service, variant):
    async def main() -> None:
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 1
        async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client, limiter:
            assert await client.issue("x", generate_locally=True)

    run(variant, main)


@needs_dead
@pytest.mark.fault(34)
def test_closing_ends_a_thread_that_connects_itself_as_well(monkeypatch):
    begun: list[Any] = []
    addresses = happy_eyeballs._addresses

    def begin(*asked: Any) -> Any:
        begun.append(asked)
        return addresses(*asked)

    monkeypatch.setattr(handover, "start_new_thread", refuse)
    monkeypatch.setattr(happy_eyeballs, "_ATTEMPT_DELAY", 0.01)
    monkeypatch.setattr(happy_eyeballs, "_addresses", begin)
    with dead() as port:
        client = AccessTokensClient(f"http://127.0.0.1:{port}", "pat_x", timeout=httpx.Timeout(1000))
        task = Task(client.list)
        until(lambda: begun)
        client.close()
        assert isinstance(task.outcome(), ClientClosedError)


@pytest.mark.parametrize("variant", ["sync"])
def test_a_thread_that_never_runs_costs_no_more_than_the_time_to_connect(server, make_client, monkeypatch):
    """One may die in its first steps, for want of memory."""
    monkeypatch.setattr(handover, "start_new_thread", lambda *_: 0)
    client = make_client(server.endpoint, "pat_x", timeout=httpx.Timeout(5, connect=0.01))
    keep_jwt(client)
    error = failure_of(ISSUE, client)
    assert isinstance(error.cause, httpx.ConnectTimeout)
    assert (type(error), error.attempts, error.outcome_unknown) == (UnavailableError, 4, False)
