"""Clients that are called, or closed, in the midst of their own calls, in the same thread or task."""

import gc
import logging
import threading
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import httpx
import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, ClientClosedError, RetryPolicy

from ..helpers.callers import in_tasks, result_of, run
from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer
from ..helpers.footprint import quiet
from ..helpers.lines import Midst, places_of
from ..helpers.memory_service import ENDPOINT, MemoryService
from ..helpers.threads import PATIENCE, Task, until, waiting_in_the_library

pytestmark = pytest.mark.fault(52)

OURS = ("/access_tokens/_",)
BELOW = (*OURS, "/httpcore/_sync", "/threading.py", "/concurrent/futures/")  # where there are locks
Prepared = tuple[Callable[[], Any], Callable[[], Any]]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet():
        yield


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService()


def closed_at_every_line(prepare: Callable[[], Prepared], parts: tuple[str, ...]) -> set[Any]:
    """Close a client in the midst of a call, at each line that it reaches, and return the sorts of results.

    Args:
        prepare: Makes a client, and returns how to close it, and the call.
        parts: Whose lines are meant.
    """
    sorts = set()
    for place in list(places_of(lambda: and_close(*prepare()), parts)):
        close, call = prepare()
        midst = Midst(place, close, parts)
        sorts.add(type(midst.call(call)))
        assert midst.result is None, place
        if place not in midst.seen:  # it was not reached this time
            close()
    return sorts


def and_close(close: Callable[[], Any], call: Callable[[], Any]) -> Callable[[], Any]:
    def whole() -> None:
        call()
        close()

    return whole


@pytest.fixture
def prepare(server: FaultServer) -> Callable[[], Prepared]:
    """Makes clients that have yet to connect."""

    def make() -> Prepared:
        client = AccessTokensClient(server.endpoint, "pat_x")
        return client.close, client.list

    return make


@pytest.mark.untraced
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_signal_handler_may_close_it_between_any_two_lines_of_a_call(prepare):
    assert closed_at_every_line(prepare, BELOW) == {list, ClientClosedError}


@pytest.mark.untraced
def test_a_signal_handler_that_closes_it_leaves_no_socket(prepare):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        closed_at_every_line(prepare, OURS)
        gc.collect()
    assert [str(each.message) for each in caught] == []


@pytest.mark.untraced
def test_a_signal_handler_may_close_it_between_any_two_lines_of_a_wait():
    def prepare() -> Prepared:
        memory = MemoryService()
        memory.play(TOKENS, lambda request: httpx.Response(503))
        policy = RetryPolicy(backoff=0.001)
        client = AccessTokensClient(ENDPOINT, "pat_x", http_client=memory.http(), retry=policy)
        return client.close, client.list

    assert closed_at_every_line(prepare, BELOW) == {list, ClientClosedError}


@pytest.mark.untraced
def test_a_signal_handler_may_close_it_between_any_two_lines_of_a_wait_for_another():
    def prepare() -> Prepared:
        memory = MemoryService()
        came, closed = threading.Event(), threading.Event()

        def answer_late(request: httpx.Request) -> httpx.Response:
            came.set()
            until(lambda: waiting_in_the_library() or closed.is_set())
            return memory.exchanged()

        memory.play(EXCHANGE, answer_late)
        client = AccessTokensClient(ENDPOINT, "pat_x", http_client=memory.http())
        leader = Task(client.list)
        came.wait()

        def close() -> None:
            closed.set()
            client.close()

        return close, lambda: (client.list(), leader.outcome())[0]

    assert closed_at_every_line(prepare, BELOW) == {list, ClientClosedError}


@pytest.mark.untraced
@pytest.mark.parametrize("is_warm", [False, True], ids=["cold", "warm"])
def test_a_finalizer_may_call_between_any_two_lines_of_a_call(memory, is_warm):
    """As may a signal handler: both calls succeed."""

    def prepare() -> AccessTokensClient:
        client = AccessTokensClient(ENDPOINT, "pat_x", http_client=http, deadline=PATIENCE)
        if is_warm:
            client.authenticate()
        return client

    with memory.http() as http:
        for place in list(places_of(lambda: prepare().list, OURS)):
            client = prepare()
            midst = Midst(place, client.list, OURS)
            assert isinstance(midst.call(client.list), list), place
            assert isinstance(midst.result, list), place


class Shipping(logging.Handler):
    """Sends each record to another API, which the JWT of a client opens."""

    def __init__(self, send: Callable[[], Any]) -> None:
        super().__init__()
        self._send = send
        self._is_sending = False
        self.results: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not self._is_sending:
            self._is_sending = True
            self.results.append(result_of(self._send))
            self._is_sending = False


@contextmanager
def logged_to(handler: logging.Handler) -> Iterator[None]:
    log = logging.getLogger("access_tokens")
    log.addHandler(handler)
    logging.disable(logging.NOTSET)
    yield
    logging.disable()
    log.removeHandler(handler)


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO])
def test_a_log_handler_may_send_what_is_logged_with_the_auth_of_the_client(memory, level):
    """That of an exchange is told at INFO when its JWT is in use, so that there is no second one."""
    other = httpx.MockTransport(lambda request: httpx.Response(200))
    with memory.client(deadline=PATIENCE) as client, httpx.Client(auth=client.auth, transport=other) as http:
        shipping = Shipping(lambda: http.get("https://logs.example").status_code)
        shipping.setLevel(level)
        with logged_to(shipping):
            assert client.list()
    assert shipping.results
    assert set(shipping.results) == {200}
    assert level == logging.DEBUG or memory.exchanges == 1


async def list_in_another_task(client: AsyncAccessTokensClient) -> Any:
    """As a hook may do that needs several things."""
    results = list[Any]()

    async def call() -> None:
        results.append(await client.list())

    async with anyio.create_task_group() as group:
        group.start_soon(call)
    return results[0]


HOOKED: dict[str, Callable[[AsyncAccessTokensClient], Awaitable[Any]]] = {
    "list": lambda client: client.list(),
    "another task": list_in_another_task,
}


@in_tasks
@pytest.mark.parametrize("name", HOOKED)
def test_a_hook_of_the_callers_http_client_may_call(memory, variant, name):
    """In the task whose request it hears of, which is the exchange, or in tasks that it begins."""
    results = list[Any]()

    async def hook(request: httpx.Request) -> None:
        http.event_hooks = {}
        results.append(await HOOKED[name](client))

    http = httpx.AsyncClient(transport=httpx.MockTransport(memory), event_hooks={"request": [hook]})
    client = AsyncAccessTokensClient(ENDPOINT, "pat_x", http_client=http, deadline=PATIENCE)
    assert run(variant, client.list)
    assert len(results) == 1
