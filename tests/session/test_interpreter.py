"""Clients at the end of an interpreter, in its odd corners, and in the hands of others who call."""

from __future__ import annotations

import asyncio
import contextvars
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import anyio
import httpx
import pytest

from access_tokens import AccessTokensClient, AccessTokensError

from ..helpers.callers import VARIANTS, result_of
from ..helpers.children import echo, gets_its_own
from ..helpers.fault_server import EXCHANGE, RECORD, TOKENS, FaultServer
from ..helpers.memory import ENDPOINT, Memory
from ..helpers.operations import TOKEN_ID
from ..helpers.threads import PATIENCE, outcomes

SETUP = """
import atexit, asyncio, gc, os, sys, threading
from access_tokens import AccessTokensClient, AsyncAccessTokensClient
client = AccessTokensClient(ENDPOINT, "pat_x")
"""

pytestmark = pytest.mark.fault(54)


@pytest.fixture
def memory() -> Memory:
    return Memory()


def ends_with(server: FaultServer, script: str, *options: str) -> str:
    """Run a script, and return what it prints; it must end well, and complain of nothing."""
    text = f"ENDPOINT = {server.endpoint!r}\n{SETUP}{script}"
    command = [sys.executable, *options, "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_it_works_while_the_interpreter_ends(server):
    script = """
async def main():
    async with AsyncAccessTokensClient(ENDPOINT, "pat_x") as client:
        return len(await client.list())

@atexit.register
def at_the_end():
    print("sync", len(client.list()))
    client.close()
    print("async", asyncio.run(main()))
"""
    assert ends_with(server, script) == "sync 1\nasync 1\n"


def test_threads_that_outlive_the_main_one_go_on(server):
    script = """
def run():
    threading.main_thread().join()
    print(len(client.list()))
threading.Thread(target=run).start()
"""
    assert ends_with(server, script) == "1\n"


def test_daemon_threads_do_not_keep_the_interpreter_from_ending(server):
    """Whatever they are at: in a call, in the exchange, or waiting for it."""
    script = """
def run():
    while True:
        client.authenticate()
        client.list()
for _ in range(8):
    threading.Thread(target=run, daemon=True).start()
client.list()
"""
    assert ends_with(server, script) == ""


def test_a_client_that_nobody_closes_does_not_keep_the_interpreter_from_ending(server):
    assert ends_with(server, "print(len(client.list()))") == "1\n"


def test_a_finalizer_at_the_end_may_call(server):
    script = """
class Owner:
    def __del__(self):
        try:
            client.list()
        except Exception as error:
            assert type(error).__module__.startswith("access_tokens")
        client.close()
owner = Owner()
owner.itself = owner
"""
    assert ends_with(server, script) == ""


@pytest.mark.fault(69)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_finalizer_may_call_when_no_thread_runs_any_more(server, variant):
    """A name has to be resolved, and a token to be made. Python 3.11 begins threads all the same."""
    script = f"""
import anyio, socket
address = "127.0.0.1", int(ENDPOINT.rpartition(":")[2])
socket.getaddrinfo = lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)]
ENDPOINT = ENDPOINT.replace("127.0.0.1", "api.localhost")
issue = dict(token_id="{TOKEN_ID}", generate_locally=True)

def call():
    with AccessTokensClient(ENDPOINT, "pat_x") as client:
        print(len(client.list()), client.issue("x", **issue).record.owner)

async def call_async():
    async with AsyncAccessTokensClient(ENDPOINT, "pat_x") as client:
        print(len(await client.list()), (await client.issue("x", **issue)).record.owner)

class Owner:
    def __init__(self):
        self.itself = self

    def __del__(self):
        print(sys.is_finalizing())
        call() if "{variant}" == "sync" else anyio.run(call_async, backend="{variant}")

Owner()
"""
    assert ends_with(server, script) == f"True\n1 {RECORD['owner']}\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.fault(36)
def test_a_child_closes_the_sockets_of_its_parent_without_a_warning(server):
    script = """
client.list()
child = os.fork()
if child == 0:
    client.list()
    client.close()
    gc.collect()
    sys.stderr.flush()
    os._exit(0)
os.waitpid(child, 0)
print(len(client.list()))
client.close()
"""
    assert ends_with(server, script, "-W", "error", "-X", "dev") == "1\n"
    assert server.connections == 2


def test_it_runs_in_development_mode_without_a_warning(server):
    script = """
async def main():
    async with AsyncAccessTokensClient(ENDPOINT, "pat_x") as client:
        await asyncio.gather(*[client.list() for _ in range(5)])
client.list()
client.close()
asyncio.run(main())
gc.collect()
"""
    assert ends_with(server, script, "-W", "error", "-X", "dev") == ""


def test_executors_may_share_it_and_drop_what_they_have_not_begun(server):
    server.always(TOKENS, echo)
    with AccessTokensClient(server.endpoint, "pat_x") as client, ThreadPoolExecutor(8) as executor:
        futures = [executor.submit(gets_its_own, client, f"job-{number}") for number in range(100)]
        assert all(future.result(PATIENCE) for future in futures[:20])
        executor.shutdown(cancel_futures=True)
        assert all(future.cancelled() or future.result() for future in futures)
    assert server.count(EXCHANGE) == 1


def test_worker_threads_of_a_loop_may_share_a_sync_client(server):
    server.always(TOKENS, echo)

    async def main() -> list[bool]:
        names = [f"worker-{number}" for number in range(20)]
        return await asyncio.gather(*[asyncio.to_thread(gets_its_own, client, name) for name in names])

    with AccessTokensClient(server.endpoint, "pat_x") as client:
        assert asyncio.run(main()) == [True] * 20
    assert server.count(EXCHANGE) == 1


def test_threads_that_die_of_an_error_leave_it_working(memory, monkeypatch):
    heard: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: heard.append(args.exc_value))
    memory.play(EXCHANGE, *[lambda request: httpx.Response(403)] * 2)
    with memory.client() as client:
        for _ in range(5):
            thread = threading.Thread(target=client.list)
            thread.start()
            thread.join()
        client.authenticate()  # the second failure stood for the others
        assert client.list()
    assert len(heard) == 5
    assert all(isinstance(each, AccessTokensError) for each in heard)


VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def test_calls_run_in_the_context_of_the_caller_also_behind_the_exchange_of_another(memory):
    """What a caller's own HTTP stack, or its log, looks up there is the caller's: an id, for instance."""
    seen: list[tuple[str, str]] = []
    memory.before = lambda request: seen.append(
        (VARIABLE.get(), request.url.params.get("hasRole", VARIABLE.get()))
    )

    def call(client: Any, name: str) -> None:
        VARIABLE.set(name)
        client.list(has_role=name)

    with memory.client() as client:
        outcomes(*[partial(contextvars.Context().run, call, client, f"caller-{n}") for n in range(10)])
    assert len(seen) == 11
    assert all(there == expected != "unset" for there, expected in seen)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_tasks_run_in_the_context_of_the_caller(memory, backend):
    seen: list[tuple[str, str]] = []
    memory.before = lambda request: seen.append(
        (VARIABLE.get(), request.url.params.get("hasRole", VARIABLE.get()))
    )

    async def main() -> None:
        client = memory.async_client()

        async def call(name: str) -> None:
            VARIABLE.set(name)
            await client.list(has_role=name)

        async with anyio.create_task_group() as group:
            for number in range(10):
                group.start_soon(call, f"caller-{number}")

    anyio.run(main, backend=backend)
    assert len(seen) == 11
    assert all(there == expected != "unset" for there, expected in seen)


def test_a_call_with_hardly_any_stack_left_fails_and_leaves_it_working(memory):
    """However deep it fails: no lock is held, no exchange is thought to be under way."""

    def at_depth(depth: int, call: Callable[[], Any]) -> Any:
        return at_depth(depth - 1, call) if depth else call()

    limit = sys.getrecursionlimit()
    for depth in range(limit - 250, limit, 3):
        client = AccessTokensClient(ENDPOINT, "pat_x", http_client=memory.http(), deadline=PATIENCE)
        result_of(lambda d=depth, c=client: at_depth(d, c.list))  # type: ignore[misc]
        [result] = outcomes(client.list)
        assert isinstance(result, list), depth
