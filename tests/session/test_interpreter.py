"""Clients at the end of an interpreter, and in its odd corners."""

import contextvars
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import anyio
import pytest

from access_tokens import AccessTokensClient

from ..helpers.callers import result_of, run
from ..helpers.children import echo, gets_its_own
from ..helpers.fault_server import EXCHANGE, RECORD, TOKENS, FaultServer
from ..helpers.memory_service import ENDPOINT, MemoryService
from ..helpers.operations import TOKEN_ID
from ..helpers.threads import PATIENCE, outcomes

pytestmark = [pytest.mark.fault(54), pytest.mark.untraced]

SETUP = """
import atexit, asyncio, gc, os, sys, threading
from access_tokens import AccessTokensClient, AsyncAccessTokensClient
client = AccessTokensClient(ENDPOINT, "pat_x")
"""


def printed_by(server: FaultServer, script: str, *options: str) -> str:
    """Run a script, and return what it prints; it must end well, and complain of nothing."""
    text = f"ENDPOINT = {server.endpoint!r}\n{SETUP}{script}"
    command = [sys.executable, *options, "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_it_works_while_the_interpreter_ends(server):
    """And after it, in threads that outlive the main one."""
    script = """
async def main():
    async with AsyncAccessTokensClient(ENDPOINT, "pat_x") as client:
        return len(await client.list())

def outlive():
    threading.main_thread().join()
    print("thread", len(client.list()))

@atexit.register
def at_the_end():
    print("sync", len(client.list()))
    client.close()
    print("async", asyncio.run(main()))

threading.Thread(target=outlive).start()
"""
    assert printed_by(server, script) == "thread 1\nsync 1\nasync 1\n"


def test_daemon_threads_do_not_keep_the_interpreter_from_ending(server):
    """Whatever they are at: in a call, in the exchange, or waiting for it."""
    script = """
def run():
    while True:
        client.authenticate()
        client.list()
for _ in range(8):
    threading.Thread(target=run, daemon=True).start()
print(len(client.list()))
"""
    assert printed_by(server, script) == "1\n"


@pytest.mark.fault(69)
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
    assert printed_by(server, script) == f"True\n1 {RECORD['owner']}\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.fault(36)
def test_it_runs_in_development_mode_without_a_warning(server):
    """Also in a child, which closes the sockets of its parent."""
    script = """
async def main():
    asyncio.get_running_loop().slow_callback_duration = 60  # of which it would tell on a busy machine
    async with AsyncAccessTokensClient(ENDPOINT, "pat_x") as client:
        await asyncio.gather(*[client.list() for _ in range(5)])

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
asyncio.run(main())
gc.collect()
"""
    assert printed_by(server, script, "-W", "error", "-X", "dev") == "1\n"


def test_executors_may_share_it_and_drop_what_they_have_not_begun(server):
    server.always(TOKENS, echo)
    with AccessTokensClient(server.endpoint, "pat_x") as client, ThreadPoolExecutor(8) as executor:
        futures = [executor.submit(gets_its_own, client, f"job-{number}") for number in range(100)]
        assert all(future.result(PATIENCE) for future in futures[:20])
        executor.shutdown(cancel_futures=True)
        assert all(future.cancelled() or future.result() for future in futures)
    assert server.count(EXCHANGE) == 1


CALLER: contextvars.ContextVar[str] = contextvars.ContextVar("caller", default="unset")


def test_calls_run_in_the_context_of_the_caller_also_behind_the_exchange_of_another(variant):
    """What a caller's own HTTP stack, or its log, looks up there is the caller's: an id, for instance."""
    memory, names = MemoryService(), [f"caller-{number}" for number in range(10)]
    seen: list[tuple[str, str]] = []
    memory.before = lambda request: seen.append(
        (CALLER.get(), request.url.params.get("hasRole", CALLER.get()))
    )

    def call(client: Any, name: str) -> None:
        CALLER.set(name)
        client.list(has_role=name)

    async def main() -> None:
        client = memory.async_client()

        async def call(name: str) -> None:
            CALLER.set(name)
            await client.list(has_role=name)

        async with anyio.create_task_group() as group:
            for name in names:
                group.start_soon(call, name)

    if variant == "sync":
        with memory.client() as client:
            outcomes(*[partial(contextvars.Context().run, call, client, name) for name in names])
    else:
        run(variant, main)
    assert len(seen) == 11
    assert all(there == expected != "unset" for there, expected in seen)


def test_a_call_with_hardly_any_stack_left_fails_and_leaves_it_working():
    """However deep it fails: no lock is held, no exchange is thought to be under way."""

    def at_depth(depth: int, call: Callable[[], Any]) -> Any:
        return at_depth(depth - 1, call) if depth else call()

    memory, limit = MemoryService(), sys.getrecursionlimit()
    for depth in range(limit - 250, limit, 3):
        client = AccessTokensClient(ENDPOINT, "pat_x", http_client=memory.http(), deadline=PATIENCE)
        result_of(lambda d=depth, c=client: at_depth(d, c.list))  # type: ignore[misc]
        [result] = outcomes(client.list)
        assert isinstance(result, list), depth
