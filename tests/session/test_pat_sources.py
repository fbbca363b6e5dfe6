"""Where the PAT comes from: a file or a function, which are read at each exchange (case 101)."""

import contextvars
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import anyio
import httpx
import pytest
from anyio import to_thread

from access_tokens import (
    AccessTokensClient,
    AsyncAccessTokensClient,
    AuthenticationError,
    ClientClosedError,
    UnavailableError,
)

from ..helpers.callers import ASYNC, in_tasks, listing, result_of, run, until_more
from ..helpers.consequences import check_is_usable
from ..helpers.depths import bearers_in, seen_in
from ..helpers.fault_server import EXCHANGE, FaultServer, Peer
from ..helpers.plays import refuse
from ..helpers.threads import PATIENCE, Task, until

pytestmark = pytest.mark.fault(101)

PAT = f"pat_{'A' * 21}." + "q83v" * 10 + "q8s="
ID = "A" * 21


def in_async(read: Callable[[], Any]) -> Callable[[], Awaitable[Any]]:
    async def ask() -> Any:
        await anyio.lowlevel.checkpoint()
        return read()

    return ask


class AsyncAsked:
    def __init__(self, read: Callable[[], Any]) -> None:
        self.read = read

    async def __call__(self) -> Any:
        return self.read()


async def asked(read: Callable[[], Any]) -> Any:
    return read()


def itself(read: Callable[[], Any]) -> Callable[[], Any]:
    return read


ASYNC_FUNCTIONS: list[Callable[[Callable[[], Any]], Any]] = [
    in_async,
    lambda read: partial(asked, read),
    AsyncAsked,
    lambda read: lambda: asked(read),  # not recognised as async
]
some_functions = pytest.mark.parametrize(
    ("variant", "make"),
    [("sync", itself), *((variant, make) for variant in ASYNC for make in (itself, in_async))],
)
each_function = pytest.mark.parametrize(
    ("variant", "make"),
    [("sync", itself), *((variant, make) for variant in ASYNC for make in (itself, *ASYNC_FUNCTIONS))],
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pat"
    path.write_text("pat_old\n")
    return path


def exchanged(server: FaultServer) -> list[str]:
    """Return the PATs that were exchanged."""
    bearers = [each.headers["authorization"] for each in server.requests if each.path == EXCHANGE]
    return [each.removeprefix("Bearer ") for each in bearers]


@each_function
def test_a_function_is_asked_at_each_exchange(server, make_client, make):
    pats = iter([f"pat_x{ID}.{'q83v' * 10}q8s", "pat_2"])
    client = make_client(server.endpoint, make(lambda: next(pats)))
    assert (client.token_id, client.list() and client.token_id) == (None, ID)
    client.list()
    client.authenticate()
    assert (exchanged(server)[1:], client.token_id) == (["pat_2"], None)


def test_a_file_is_read_at_each_exchange_from_where_it_was(server, make_client, file, monkeypatch):
    file.write_text(f"{PAT}\r\n \n\n")
    monkeypatch.chdir(file.parent)
    client = make_client(server.endpoint, Path("pat"))
    assert client.token_id == ID
    monkeypatch.chdir("/")
    client.list()
    file.write_text("pat_new")
    client.authenticate()
    assert exchanged(server) == [PAT, "pat_new"]


def test_a_file_may_be_swapped_by_a_link_as_kubernetes_does(server, make_client, tmp_path):
    for version in ("1", "2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "pat").write_text(f"pat_{version}")
    (tmp_path / "..data").symlink_to("1")
    (tmp_path / "pat").symlink_to("..data/pat")
    client = make_client(server.endpoint, tmp_path / "pat")
    client.list()
    (tmp_path / "new").symlink_to("2")
    (tmp_path / "new").replace(tmp_path / "..data")
    client.authenticate()
    assert exchanged(server) == ["pat_1", "pat_2"]


def test_a_pat_that_is_refused_is_read_once_more(server, make_client, file):
    def replace_and_refuse(peer: Peer) -> None:
        file.write_text("pat_new")
        refuse(401)(peer)

    server.play(EXCHANGE, replace_and_refuse)
    client = make_client(server.endpoint, file)
    assert client.list()
    assert (exchanged(server), client.clock.waits) == (["pat_old", "pat_new"], [])


@each_function
def test_a_pat_that_is_refused_and_has_not_changed_is_not_tried_again(server, make_client, make):
    server.play(EXCHANGE, refuse(401))
    pats = iter(["pat_x", "pat_x", "pat_y"])
    client = make_client(server.endpoint, make(lambda: next(pats)))
    assert result_of(client.list).attempts == 1
    assert (next(pats), exchanged(server)) == ("pat_y", ["pat_x"])


def test_a_file_is_replaced_under_busy_callers_at_the_cost_of_one_exchange(service, make_client, file):
    old, new = (service.issue("x", is_admin=True) for _ in range(2))
    file.write_text(old.pat)
    client, is_over = make_client(service.endpoint, file), threading.Event()
    crowd = Task(lambda: client.at_once(20, listing(client, is_over)))
    until_more(service)
    (file.parent / "next").write_text(new.pat)
    (file.parent / "next").replace(file)
    with AccessTokensClient(service.endpoint, new.pat) as other:
        other.revoke(old.token_id)
    service.clear_requests()
    service.rotate_key()  # every JWT is refused from now on
    until_more(service)
    is_over.set()
    assert crowd.outcome() == [None] * 20
    assert (service.exchanges, client.token_id) == (1, new.token_id)


def make_fifo(path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no named pipes")
    os.mkfifo(path)


SPOILED: dict[str, tuple[Callable[[Path], object], str]] = {
    "gone": (lambda path: None, "No such file or directory"),
    "a directory": (Path.mkdir, "Not a regular file"),
    "a pipe": (make_fifo, "Not a regular file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "Not a regular file"),
    "a loop": (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    "empty": (lambda path: path.write_text(" \n"), "must not be empty"),
    "binary": (lambda path: path.write_bytes(b"pat_\xff\0"), "must hold visible ASCII characters only"),
    "UTF-16": (lambda path: path.write_text("pat_x", "utf-16"), "must hold visible ASCII characters only"),
    "huge": (lambda path: path.write_text("x" * 10**6), "must have at most 200 characters"),
    "two lines": (lambda path: path.write_text("pat_x\npat_y"), "must hold visible ASCII characters only"),
}
each_spoiled = pytest.mark.parametrize(("spoil", "problem"), SPOILED.values(), ids=SPOILED)


@each_spoiled
@pytest.mark.parametrize("kind", [AccessTokensClient, AsyncAccessTokensClient])
def test_no_client_is_made_of_a_file_that_holds_no_pat(kind, tmp_path, spoil, problem):
    spoil(tmp_path / "pat")
    with pytest.raises(ValueError, match=problem) as raised:
        kind("https://h", tmp_path / "pat")
    assert str(tmp_path) in str(raised.value)


@pytest.mark.parametrize("path", ["a\0b", "a\udcff\0", "x" * 300])
def test_nor_of_a_path_that_no_file_can_have(path):
    with pytest.raises(ValueError, match="^api_key must be a file that can be read: ") as raised:
        AccessTokensClient("https://h", Path(path))
    str(raised.value).encode()


def test_nor_is_a_pat_shown_that_was_taken_for_a_path():
    with pytest.raises(ValueError, match=r"No such file or directory: pat_\[hidden\]$"):
        AccessTokensClient("https://h", Path(PAT))


@each_spoiled
def test_a_file_that_is_spoiled_later_fails_calls_until_it_is_mended(
    server, make_client, file, spoil, problem
):
    client = make_client(server.endpoint, file)
    file.unlink()
    spoil(file)
    for _ in range(3):
        error = result_of(client.list)
        assert isinstance(error, AuthenticationError)
        assert problem in str(error)
        assert str(error).startswith("Failed to read the PAT: ")
        check_is_usable(error)
    file.rmdir() if file.is_dir() else file.unlink(missing_ok=True)
    file.write_text("pat_new")
    assert client.list()
    assert (exchanged(server), client.clock.waits) == (["pat_new"], [])


def test_a_jwt_that_lives_serves_while_the_pat_cannot_be_read(server, make_client, file):
    client = make_client(server.endpoint, file)
    client.list()
    file.unlink()
    client.clock.advance(3580)
    assert client.list()
    file.write_text("pat_new")
    client.clock.advance(10)  # half of what the JWT had left
    assert client.list()
    assert exchanged(server) == ["pat_old", "pat_new"]
    file.unlink()
    client.clock.advance(3600)
    assert isinstance(result_of(client.list).cause, FileNotFoundError)


class OddError(Exception):
    """Cannot be made of its `args`."""

    def __init__(self, one: object, two: object) -> None:
        super().__init__("odd")


class DumbError(Exception):
    def __str__(self) -> str:
        raise ValueError


def failing_request() -> httpx.HTTPStatusError:
    request = httpx.Request("GET", "https://vault", headers={"Authorization": f"Bearer {PAT}"})
    return httpx.HTTPStatusError(f"no {PAT}", request=request, response=httpx.Response(403, request=request))


UNREADABLE = UnicodeDecodeError("utf-8", PAT.encode(), 0, 1, "no text")
# What a function raises, and the cause that the caller sees.
RAISED: dict[str, tuple[Exception, str]] = {
    "RuntimeError": (RuntimeError("no vault"), "RuntimeError('no vault')"),
    "KeyError": (KeyError("PAT"), "KeyError('PAT')"),
    "OSError": (OSError(13, "Denied", "/pat"), "PermissionError(13, 'Denied')"),
    "another client's": (UnavailableError("Failed", cause="down"), "UnavailableError('Failed')"),
    "StopIteration": (StopIteration("no more"), "StopIteration"),
    "a time limit": (TimeoutError("slow"), "TimeoutError('slow')"),
    "with a secret": (ValueError(f"bad {PAT}"), "ValueError('bad pat_[hidden]')"),
    "with a request": (failing_request(), "RuntimeError('httpx.HTTPStatusError: no pat_[hidden]')"),
    "with bytes": (UNREADABLE, "RuntimeError(\"UnicodeDecodeError: 'utf-8' codec can't decode byte 0x70"),
    "odd": (OddError(1, 2), "OddError: odd')"),
    "dumb": (DumbError(), "DumbError: <exception str() failed>')"),
    "a group": (ExceptionGroup("all", [ValueError(PAT)]), "RuntimeError('ExceptionGroup: all (1 sub-exc"),
}


@pytest.mark.fault(46, 47, 49)
@some_functions
@pytest.mark.parametrize(("raised", "cause"), RAISED.values(), ids=RAISED)
def test_what_a_function_raises_is_the_cause_without_a_secret(server, make_client, make, raised, cause):
    def fail() -> NoReturn:
        pat = PAT
        raise raised from ValueError(pat)

    client = make_client(server.endpoint, make(fail))
    for call in (client.list, client.authenticate, lambda: client.issue("x")):
        error = result_of(call)
        assert isinstance(error, AuthenticationError)
        assert cause in repr(error.cause)
        assert error.__cause__ is error.cause
        assert not error.outcome_unknown
        assert seen_in(error, [PAT.partition(".")[2]]) == bearers_in(error) == []
        check_is_usable(error)
    assert (server.requests, client.clock.waits) == ([], [])


@some_functions
@pytest.mark.parametrize("answer", [None, b"pat_x", 7, "", "pat_x\n", "Bearer pat_x", "x" * 201])
def test_what_is_no_pat_is_not_sent(server, make_client, make, answer):
    error = result_of(make_client(server.endpoint, make(lambda: answer)).list)
    assert isinstance(error, AuthenticationError)
    assert error.reason.startswith("the PAT must ")
    assert server.requests == []


@pytest.mark.parametrize("make", [in_async, ASYNC_FUNCTIONS[1], AsyncAsked])
def test_no_async_function_is_for_a_sync_client(make):
    with pytest.raises(TypeError, match="^api_key must not be an async function"):
        AccessTokensClient("https://h", make(lambda: PAT))


def test_nor_is_what_one_has_returned(server):
    """It is not awaited, and Python does not warn of that: the error says so."""
    with AccessTokensClient(server.endpoint, ASYNC_FUNCTIONS[3](lambda: PAT)) as client:
        assert result_of(client.list).reason == "the PAT must be a string, the PAT, not coroutine"


def test_a_function_that_fails_fails_all_who_wait_at_once(server, make_client):
    may_fail, reads = threading.Event(), []

    def fail() -> NoReturn:
        reads.append(1)
        may_fail.wait(PATIENCE)
        raise LookupError("no vault")

    client = make_client(server.endpoint, fail)
    crowd = Task(lambda: client.at_once(20, lambda each: each.list()))
    until(lambda: reads)
    may_fail.set()
    assert {type(each.cause) for each in crowd.outcome()} == {LookupError}
    assert server.requests == []


class Stop(BaseException):
    """As KeyboardInterrupt is one, but leaves the event loop of the test alone."""


def stop() -> NoReturn:
    raise Stop


def test_what_is_to_end_the_program_passes_through_a_thread(server):
    for kind in (KeyboardInterrupt, SystemExit, Stop):
        steps = iter([kind(), None])

        def fail(steps: Iterator[BaseException | None] = steps) -> str:
            if error := next(steps):
                raise error
            return "pat_x"

        with AccessTokensClient(server.endpoint, fail) as client:
            with pytest.raises(kind):
                client.list()
            assert client.list()


@in_tasks
@pytest.mark.parametrize("make", [itself, in_async])
def test_and_through_a_task(server, variant, make):
    async def main() -> None:
        async with AsyncAccessTokensClient(server.endpoint, make(stop)) as client:
            with pytest.raises(Stop):
                await client.list()

    run(variant, main)


@in_tasks
def test_a_function_that_blocks_does_so_in_a_thread_with_the_context_of_the_call(server, variant):
    began, go_on = threading.Event(), threading.Event()
    tenant = contextvars.ContextVar("tenant", default="nobody")

    def ask() -> str:
        began.set()
        assert go_on.wait(PATIENCE)
        return f"pat_{tenant.get()}"

    async def main() -> None:
        async with (
            AsyncAccessTokensClient(server.endpoint, ask) as client,
            anyio.create_task_group() as group,
        ):
            tenant.set("somebody")
            group.start_soon(client.list)
            await to_thread.run_sync(began.wait, PATIENCE)
            go_on.set()  # which this loop could not, if it were blocked

    run(variant, main)
    assert exchanged(server) == ["pat_somebody"]


@in_tasks
@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("end", ["deadline", "close", "cancel"])
def test_a_function_that_hangs_ends_with_the_call(server, make_client, is_async, end):
    began, go_on = threading.Event(), threading.Event()

    async def sleep() -> None:
        began.set()
        await anyio.sleep_forever()

    def block() -> None:
        began.set()
        go_on.wait(PATIENCE)

    deadline = 0.05 if end == "deadline" else 300
    client = make_client(server.endpoint, sleep if is_async else block, deadline=deadline)
    call = client.portal.start_task_soon(client.client.list)
    assert began.wait(PATIENCE)
    {"close": client.close, "cancel": call.cancel, "deadline": int}[end]()
    if end != "cancel":
        error = call.exception(PATIENCE)
        assert type(error) is (ClientClosedError if end == "close" else UnavailableError)
        assert error.reason in {"the client is closed", "no answer within the deadline of 0.05 s"}
    go_on.set()
    assert server.requests == []


def test_a_function_that_calls_its_own_client_comes_to_an_end(server):
    made: list[AccessTokensClient] = []
    with AccessTokensClient(server.endpoint, lambda: made[0].list()[0].owner) as client:
        made.append(client)
        assert isinstance(result_of(client.list), AuthenticationError)
