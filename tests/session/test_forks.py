"""A client in a process and its children (case 36)."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient
from access_tokens._http import tls

from ..helpers.callers import in_tasks, run
from ..helpers.children import Child, echo, forks, gets_its_own, left_behind, locks_of
from ..helpers.fault_server import EXCHANGE, RECORD, TOKENS, FaultServer, Play, response
from ..helpers.footprint import descriptors
from ..helpers.plays import Held
from ..helpers.threads import PATIENCE, Task

pytestmark = [pytest.mark.fault(36), *forks]
Make = Callable[..., Any]


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


def test_a_child_of_a_child_works(shared, server):
    def child() -> bool:
        grandchild = Child(lambda: gets_its_own(shared, "grandchild", 3))
        return gets_its_own(shared, "child", 3) and grandchild.succeeds()

    assert gets_its_own(shared, "before")
    assert Child(child).succeeds()
    assert gets_its_own(shared, "parent", 3)


@pytest.mark.parametrize("path", [EXCHANGE, TOKENS])
def test_a_child_works_though_another_thread_waits_for_an_answer(shared, server, path):
    """Of the exchange, or of a call. Its connection is closed in the child, and answered in the parent."""
    held = Held(echo) if path == TOKENS else Held()
    server.play(path, held)
    task = Task(lambda: gets_its_own(shared, "parent"))
    held.came()
    inherited = len(descriptors())
    child = Child(lambda: gets_its_own(shared, "child", 3) and len(descriptors()) <= inherited)
    assert child.succeeds()
    held.go_on()
    assert task.outcome() is True


def test_a_child_works_though_many_threads_waited_for_the_exchange(shared, server):
    held = Held()
    server.play(EXCHANGE, held)
    tasks = [Task(partial(gets_its_own, shared, f"thread-{number}")) for number in range(10)]
    held.came()
    assert Child(lambda: gets_its_own(shared, "child", 3)).succeeds()
    held.go_on()
    assert [task.outcome() for task in tasks] == [True] * 10
    assert server.count(EXCHANGE) == 2


@pytest.mark.fault(79)
def test_there_is_no_lock_that_another_thread_could_hold(shared, server):
    """It would be held for ever in a child, where a call may go on that waits for it."""
    assert gets_its_own(shared, "before")
    assert list(locks_of(shared._session)) == []


def test_a_child_works_though_another_thread_was_setting_tls_up(shared, server, monkeypatch):
    """That of another client even, since what caches may lock for all instances of a class."""
    came, go_on = threading.Event(), threading.Event()
    set_up = tls._context_for

    def set_up_slowly(settings: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():
            came.set()
            go_on.wait(PATIENCE)
        return set_up(settings)

    monkeypatch.setattr("access_tokens._http.tls._context_for", set_up_slowly)
    task = Task(lambda: gets_its_own(shared, "parent"))
    assert came.wait(PATIENCE)
    assert Child(lambda: gets_its_own(shared, "child")).succeeds()
    go_on.set()
    assert task.outcome() is True


def test_what_a_child_closes_stays_open_in_the_parent(shared, server):
    def child() -> bool:
        assert gets_its_own(shared, "child")
        shared.close()
        return True

    assert gets_its_own(shared, "before")
    assert Child(child).succeeds()
    assert Child(lambda: shared.close() is None).succeeds()
    assert gets_its_own(shared, "parent")
    assert server.connections == 2


def test_a_child_that_is_the_last_to_close_works_though_the_parent_has_closed(shared, server):
    assert gets_its_own(shared, "before")
    reading, writing = os.pipe()
    child = Child(lambda: os.read(reading, 1) and gets_its_own(shared, "child", 3))
    shared.close()
    os.write(writing, b"x")
    assert child.succeeds()
    os.close(reading)
    os.close(writing)


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


def test_a_child_has_no_more_descriptors_than_its_parent(shared, server):
    tasks = [Task(partial(gets_its_own, shared, f"before-{number}", 5)) for number in range(5)]
    assert all(task.outcome() for task in tasks)
    inherited = len(descriptors())

    def child() -> bool:
        assert gets_its_own(shared, "child", 5)
        return len(descriptors()) <= inherited

    assert Child(child).succeeds()


def test_multiprocessing_by_fork_works(shared, server):
    assert gets_its_own(shared, "before")
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=must_get_its_own, args=(shared, f"p-{n}")) for n in range(2)]
    for process in processes:
        process.start()
    assert gets_its_own(shared, "parent", 5)
    for process in processes:
        process.join(PATIENCE)
    assert [process.exitcode for process in processes] == [0, 0]
    assert server.count(EXCHANGE) == 1


def must_get_its_own(client: Any, name: str) -> None:
    assert gets_its_own(client, name, 5)


def make_and_use(endpoint: str) -> None:
    with AccessTokensClient(endpoint, "pat_x") as client:
        must_get_its_own(client, "spawned")


def test_multiprocessing_by_spawn_has_to_make_a_client_of_its_own(shared, server):
    context = multiprocessing.get_context("spawn")
    with pytest.raises(TypeError):
        context.Process(target=must_get_its_own, args=(shared, "child")).start()
    process = context.Process(target=make_and_use, args=(server.endpoint,))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode == 0


@pytest.fixture
def shared_async(server: FaultServer) -> Iterator[Callable[[], AsyncAccessTokensClient]]:
    """Makes an async client that is left to the garbage collector."""
    server.always(TOKENS, echo)
    with left_behind(server.endpoint) as make:
        yield make


@in_tasks
def test_an_async_client_works_in_the_loop_of_a_child(shared_async, server, variant):
    """After its use in a loop of the parent, which is over, and then again in one of the parent."""
    client = shared_async()

    async def main(name: str) -> bool:
        records = await client.list(has_role=name)
        return {record.owner for record in records} == {name}

    assert run(variant, main, "before")
    children = [Child(partial(run, variant, main, f"child-{n}")) for n in range(3)]
    assert run(variant, main, "parent")
    assert all(child.succeeds() for child in children)
    assert server.count(EXCHANGE) == 1


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
    command = [sys.executable, "-c", FORKED_EARLY]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ended.stdout, ended.stderr) == ("0\n", "")
