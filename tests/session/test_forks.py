"""A client in a process and its children."""

import gc
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import anyio
import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient
from access_tokens._http import tls

from ..helpers.callers import in_tasks, run
from ..helpers.children import Child, echo, forks, gets_its_own, locks_of
from ..helpers.fault_server import EXCHANGE, RECORD, TOKENS, FaultServer, Play, response
from ..helpers.footprint import descriptors
from ..helpers.plays import Held
from ..helpers.sessions import session
from ..helpers.threads import PATIENCE, Task

pytestmark = [pytest.mark.fault(36), *forks]


@pytest.fixture
def shared(server: FaultServer) -> Iterator[Any]:
    """A client that is made in the parent, of a service that answers each call with its own answer."""
    server.always(TOKENS, echo)
    with AccessTokensClient(server.endpoint, "pat_x") as client:
        yield client


def test_a_child_works_after_use_with_the_jwt_and_a_connection_of_its_own(shared, server):
    assert gets_its_own(shared, "before")
    assert Child(lambda: gets_its_own(shared, "child", 3)).succeeds()
    assert gets_its_own(shared, "parent", 3)
    assert server.count(EXCHANGE) == 1
    assert server.connections == 2


@pytest.mark.parametrize(("path", "threads"), [(EXCHANGE, 1), (EXCHANGE, 10), (TOKENS, 1)])
def test_a_child_works_though_other_threads_wait_for_an_answer(shared, server, path, threads):
    """Of the exchange, or of a call. Its connection is closed in the child, and answered in the parent."""
    held = Held(echo) if path == TOKENS else Held()
    server.play(path, held)
    tasks = [Task(partial(gets_its_own, shared, f"thread-{number}")) for number in range(threads)]
    held.came()
    inherited = len(descriptors())
    child = Child(lambda: gets_its_own(shared, "child", 3) and len(descriptors()) <= inherited)
    assert child.succeeds()
    held.go_on()
    assert [task.outcome() for task in tasks] == [True] * threads
    assert server.count(EXCHANGE) == (2 if path == EXCHANGE else 1)


@pytest.mark.fault(79)
def test_there_is_no_lock_that_another_thread_could_hold(shared):
    """It would be held for ever in a child, where a call may go on that waits for it."""
    assert gets_its_own(shared, "before")
    assert list(locks_of(shared._session)) == []


def test_a_fork_waits_for_another_thread_that_makes_a_tls_context(monkeypatch):
    """Or a lock of OpenSSL could be held for ever in the child."""
    came, over, make = threading.Event(), list[bool](), tls._context_from_environment

    def make_slowly() -> Any:
        came.set()
        threading.Event().wait(0.05)
        over.append(True)
        return make()

    monkeypatch.setattr(tls, "_context_from_environment", make_slowly)
    task = Task(tls.Tls(session().settings).context)
    assert came.wait(PATIENCE)
    assert Child(lambda: over).succeeds()
    assert task.outcome()


def test_what_a_child_closes_stays_open_in_the_parent(shared, server):
    assert gets_its_own(shared, "before")
    assert Child(lambda: gets_its_own(shared, "child") and shared.close() is None).succeeds()
    assert Child(lambda: shared.close() is None).succeeds()
    assert gets_its_own(shared, "parent")
    assert server.connections == 2


def test_four_children_and_their_parent_at_once_each_get_their_own_answers(shared, server):
    """As with a server that makes a client and then forks its workers."""
    assert gets_its_own(shared, "before")
    children = [Child(partial(gets_its_own, shared, f"child-{number}", 25)) for number in range(4)]
    assert gets_its_own(shared, "parent", 25)
    assert [child.succeeds() for child in children] == [True] * 4
    assert server.count(EXCHANGE) == 1
    assert (server.connections, server.trouble) == (5, [])


def test_an_iteration_goes_on_in_both(shared, server):
    server.play(TOKENS, page(1), *[page(2), page(3), page()] * 2)
    walk = shared.iter_tokens(page_size=1)
    assert next(walk).token_id == "1"
    assert Child(lambda: [record.token_id for record in walk] == ["2", "3"]).succeeds()
    assert [record.token_id for record in walk] == ["2", "3"]


def page(*numbers: int) -> Play:
    """Return what answers with a page of these records."""
    records = [RECORD | {"tokenId": str(number)} for number in numbers]
    return lambda peer: peer.send(response(200, {"records": records}))


@in_tasks
def test_an_async_client_works_in_the_loop_of_a_child(make_shared, server, variant):
    """After its use in a loop of the parent, which is over, and then again in one of the parent."""
    server.always(TOKENS, echo)
    shared = make_shared()

    async def main(name: str) -> bool:
        records = await shared.list(has_role=name)
        return {record.owner for record in records} == {name}

    assert run(variant, main, "before")
    children = [Child(partial(run, variant, main, f"child-{n}")) for n in range(3)]
    assert run(variant, main, "parent")
    assert all(child.succeeds() for child in children)
    assert server.count(EXCHANGE) == 1


def printed_by(script: str) -> str:
    """Run a script, which complains of nothing, and return what it prints."""
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.stderr == ""
    return ended.stdout


def test_no_call_imports_anything(server, variant):
    """A child that is forked while another thread imports hangs when it imports the same."""
    script = f"""
import sys
import anyio
from access_tokens import AccessTokensClient, AsyncAccessTokensClient

async def main():
    async with AsyncAccessTokensClient({server.endpoint!r}, "pat_x") as client:
        before = set(sys.modules)
        await client.list()
        print(*set(sys.modules) - before)

if {variant!r} == "sync":
    client = AccessTokensClient({server.endpoint!r}, "pat_x")
    before = set(sys.modules)
    client.list()
    print(*set(sys.modules) - before)
else:
    anyio.run(main, backend={variant!r})
"""
    assert printed_by(script).split() == []


@in_tasks
def test_a_child_that_lets_go_of_a_client_leaves_its_parent_the_connection(server, variant):
    """Parent and child share what the event loop watches its sockets by."""
    clients = [AsyncAccessTokensClient(server.endpoint, "pat_x", timeout=PATIENCE)]

    def let_go() -> bool:
        clients.clear()
        gc.collect()
        return True

    async def main() -> None:
        await clients[0].list()
        assert Child(let_go).succeeds()
        with anyio.fail_after(PATIENCE / 2):
            await clients[0].list()
        await clients[0].aclose()

    run(variant, main)
    assert (server.count(TOKENS), server.connections) == (2, 1)


FORKED_EARLY = """
import os, signal, sys, threading, warnings
import access_tokens

warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside other threads
importing, go_on = threading.Event(), threading.Event()

class Slowly:
    def find_spec(self, name, *_):
        if name == "access_tokens._calls":
            importing.set()
            go_on.wait()

def fork():
    forking.set()
    pids.append(os.fork())
    if not pids[0]:
        signal.alarm(10)
        access_tokens.AccessTokensClient("https://h.example", "pat_x")
        os._exit(0)

sys.meta_path.insert(0, Slowly())
forking, pids = threading.Event(), []
threads = [threading.Thread(target=lambda: access_tokens.AccessTokensClient), threading.Thread(target=fork)]
threads[0].start()
importing.wait()
threads[1].start()
forking.wait()
threads[1].join(0.2)  # time for a fork that does not wait
go_on.set()
for thread in threads:
    thread.join()
print(os.waitstatus_to_exitcode(os.waitpid(pids[0], 0)[1]))
"""


def test_a_child_that_is_forked_while_a_client_is_imported_does_not_hang():
    assert printed_by(FORKED_EARLY) == "0\n"
