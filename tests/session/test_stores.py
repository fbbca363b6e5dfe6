"""Clients that share one JWT through a store, and stores that fail."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NoReturn

import anyio
import httpx
import pytest
from anyio.lowlevel import current_token

from access_tokens import (
    AccessTokensClient,
    AsyncAccessTokensClient,
    AuthenticationError,
    ClientClosedError,
    FileJwtStore,
    RedisJwtStore,
    generate_token,
)
from access_tokens.testing import LocalService

from ..helpers.callers import ASYNC, VARIANTS, caller, in_tasks, run
from ..helpers.children import Twin
from ..helpers.fault_server import EXCHANGE
from ..helpers.logged import logged, warnings
from ..helpers.memory_store import AsyncMemoryStore, MemoryStore
from ..helpers.signals import handling, needs_signals
from ..helpers.threads import PATIENCE

FAILED = "the JWT store has failed and is left out: "


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def make(make_client: Callable[..., Any], server: Any, issuer: Any, store: MemoryStore) -> Callable[..., Any]:
    """Makes clients, as of different processes, of one variant."""
    return lambda **options: make_client(server.endpoint, "pat_x", **({"jwt_store": store} | options))


@pytest.fixture
def other(server: Any, issuer: Any, store: MemoryStore) -> Iterator[Any]:
    """A client of another process."""
    with AccessTokensClient(server.endpoint, "pat_x", jwt_store=store) as made:
        yield made


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What a store hangs at until the test ends."""
    opened = threading.Event()
    yield opened
    opened.set()


def let_hang(client: Any, store: MemoryStore, gate: threading.Event, *methods: str) -> None:
    """Let methods of a store hang, and be given up soon. The others have all the time that they need."""
    session = client.client._session
    ask, session._state.shared.limit = session._ask_store, 0.05

    def ask_store(store: Any, step: Any, seconds: float, call: Any) -> Any:
        return ask(store, step, seconds if step.method in methods else PATIENCE, call)

    session._ask_store = ask_store
    store.faults |= dict.fromkeys(methods, lambda: gate.wait(PATIENCE))


def test_clients_of_all_variants_share_one_exchange(server, issuer, store, caplog):
    caplog.set_level("INFO", "access_tokens")
    for variant in VARIANTS:
        with caller(variant, server.endpoint, "pat_x", jwt_store=store) as client:
            client.list()
            assert client.bearer().access_token == "jwt-1"
    assert (server.count(EXCHANGE), store.leases) == (1, {})
    found = [message for _, message, _ in logged(caplog) if "found" in message]
    assert found == ["found the JWT of another process in the store"] * 2
    assert not any(each in repr(store.values) for each in ("pat_x", "jwt-1"))


@in_tasks
def test_an_async_store_is_for_async_clients(variant, server, issuer, store):
    for _ in range(2):
        with caller(variant, server.endpoint, "pat_x", jwt_store=AsyncMemoryStore(store)) as client:
            client.list()
    assert (server.count(EXCHANGE), store.leases) == (1, {})


def test_other_pats_and_endpoints_have_other_jwts(make, make_client, server, issuer, store):
    server.always("/other/token", issuer.exchange)
    make().list()
    make_client(server.endpoint, "pat_y", jwt_store=store).list()
    make_client(server.endpoint, "pat_x", auth_path="/other", jwt_store=store).bearer()
    assert (server.count(EXCHANGE), len(store.values)) == (2, 3)


def test_authenticate_exchanges_anyhow_and_shares_the_new_jwt(make, server):
    make().list()
    make().authenticate()
    assert (server.count(EXCHANGE), make().bearer().access_token) == (2, "jwt-2")


def test_who_waits_for_another_process_takes_its_jwt(make, other, server, store):
    client, store.is_busy = make(), True
    client.clock.meanwhile = other.authenticate
    assert client.bearer().access_token == "jwt-1"
    assert (client.clock.waits, server.count(EXCHANGE)) == ([0.1], 1)


def test_who_waits_in_vain_exchanges_and_who_is_closed_meanwhile_says_so(make, server, store):
    store.is_busy = True
    waits = make()
    waits.list()
    assert sum(waits.clock.waits) == pytest.approx(20.0, abs=0.2)
    store.values.clear()
    closed = make()
    closed.clock.meanwhile = lambda: setattr(closed.client._session._state, "is_closed", True)
    with pytest.raises(ClientClosedError, match="the client is closed"):
        closed.list()
    assert (server.count(EXCHANGE), store.leases) == (1, {})


class TestARefusedJwt:
    def test_it_costs_one_exchange_for_all(self, make, server, issuer):
        clients = [make() for _ in range(4)]
        for each in clients:
            each.list()
        issuer.rotate()
        for each in clients:
            each.list()
        assert (server.count(EXCHANGE), issuer.bearers[4:6]) == (2, ["jwt-1", "jwt-2"])

    @pytest.mark.fault(108)
    def test_the_one_in_the_store_may_be_out_of_date_as_well(self, make, other, server, issuer):
        client = make()
        client.list()
        other.authenticate()
        issuer.rotate()
        client.list()
        assert (issuer.bearers[1:], server.count(EXCHANGE)) == (["jwt-1", "jwt-2", "jwt-3"], 3)
        assert make().bearer().access_token == "jwt-3"

    @pytest.mark.fault(108)
    def test_client_auth_replays_twice_as_well(self, make, other, server, issuer, variant):
        client = make(allow_http=True)
        seen: list[str] = []

        def answer(request: httpx.Request) -> httpx.Response:
            seen.append(request.headers["authorization"].removeprefix("Bearer "))
            return httpx.Response(200 if seen[-1] == "jwt-3" else 401)

        async def get_async() -> int:
            async with httpx.AsyncClient(transport=httpx.MockTransport(answer), auth=client.auth) as http:
                return (await http.get("http://127.0.0.1")).status_code

        def get() -> int:
            with httpx.Client(transport=httpx.MockTransport(answer), auth=client.auth) as http:
                return http.get("http://127.0.0.1").status_code

        client.bearer()
        other.authenticate()
        assert (get() if variant == "sync" else client.portal.call(get_async)) == 200
        assert seen == ["jwt-1", "jwt-2", "jwt-3"]

    def test_one_that_was_discarded_is_dropped_once_and_not_found_again(self, make, store):
        client, other = make(), make()
        refused = client.bearer()
        assert other.bearer() == refused
        client.discard(refused)
        assert store.values == {}
        assert client.bearer().access_token == "jwt-2"
        other.discard(refused)
        assert (other.bearer().access_token, store.calls.count("drop")) == ("jwt-2", 2)


def test_a_pat_that_a_function_returns_names_what_is_shared(make, make_client, server, store):
    pats = ["pat_x", "pat_y"]
    make().list()
    client = make_client(server.endpoint, lambda: pats[0], jwt_store=store)
    client.list()
    assert server.count(EXCHANGE) == 1
    del pats[0]
    client.discard(client.bearer())
    client.list()
    assert (server.count(EXCHANGE), len(store.values)) == (2, 1)
    pats.clear()
    with pytest.raises(AuthenticationError, match="^Failed to read the PAT"):
        make_client(server.endpoint, lambda: pats[0], jwt_store=store).list()


def test_a_rotation_of_the_own_pat_begins_a_name_of_its_own(make_client, store):
    with LocalService() as service:
        client = make_client(service.endpoint, service.admin_pat, jwt_store=store)
        client.list()
        successor = generate_token(token_id=service.admin_token_id)
        client.rotate(successor)
        client.authenticate()
        make_client(service.endpoint, successor.token, jwt_store=store).list()
        assert (service.exchanges, len(store.values)) == (2, 2)


@pytest.mark.fault(107)
class TestAStoreThatFails:
    def failing(self, pat: str = "pat_x") -> Any:
        raise ValueError(f"no {pat}\nno {pat}")

    @pytest.mark.parametrize("method", ["get", "acquire", "put"])
    def test_one_that_raises_costs_a_line(self, make, server, store, caplog, method):
        store.faults[method] = self.failing
        make().list()
        [line] = warnings(caplog)
        assert line.startswith(f"{FAILED}ValueError: no ")
        assert "pat_x" not in caplog.text
        assert "\n" not in line
        assert (server.count(EXCHANGE), store.leases) == (1, {})

    @pytest.mark.parametrize("method", ["get", "acquire", "put"])
    def test_one_that_hangs_costs_its_time_limit(self, make, server, store, gate, caplog, method):
        client = make()
        assert client.client._session._state.shared.limit == 1.0
        let_hang(client, store, gate, method)
        client.list()
        assert warnings(caplog) == [f"{FAILED}TimeoutError: no answer within 0.05 s"]
        assert (server.count(EXCHANGE), store.leases) == (1, {})

    @pytest.mark.parametrize("fault", ["raises", "hangs"])
    def test_neither_a_drop_nor_a_release_fails_a_call(self, make, issuer, store, gate, caplog, fault):
        client = make()
        client.list()
        issuer.rotate()
        if fault == "hangs":
            let_hang(client, store, gate, "drop", "release")
        else:
            store.faults |= {"drop": self.failing, "release": self.failing}
        client.list()
        assert (len(warnings(caplog)), issuer.bearers) == (1, ["jwt-1", "jwt-1", "jwt-2"])

    @pytest.mark.parametrize("nonsense", [5, ["a"], object(), "nonsense", b"\0"])
    def test_one_that_returns_nonsense_is_as_good_as_empty(self, make, server, store, caplog, nonsense):
        store.faults = dict.fromkeys(["get", "acquire", "release", "put", "drop"], lambda: nonsense)
        make().list()
        assert (server.count(EXCHANGE), warnings(caplog)) == (1, [])


class Ended(BaseException):
    """Whatever ends a program, such as `SystemExit`."""


def end() -> None:
    raise Ended


@pytest.mark.parametrize("method", ["get", "acquire", "put"])
def test_what_ends_the_program_in_a_store_ends_the_call_and_the_lease(other, store, method):
    store.faults[method] = end
    with pytest.raises(Ended):
        other.list()
    assert store.leases == {}
    del store.faults[method]
    assert other.list()


@needs_signals
@pytest.mark.parametrize("method", ["get", "acquire", "put", "release"])
def test_an_interrupt_while_the_store_is_asked_ends_the_lease(other, store, gate, method):
    main = threading.main_thread().ident or 0

    def interrupt() -> None:
        store.faults.clear()
        signal.pthread_kill(main, signal.SIGUSR1)
        gate.wait(PATIENCE)

    store.faults[method] = interrupt
    with handling(end), pytest.raises(Ended):
        other.list()
    assert store.leases == {}
    # A release that is interrupted may not have begun, and so is made again.
    assert store.calls.count("release") == {"get": 0, "release": 2}.get(method, 1)


@needs_signals
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_that_is_forked_while_the_store_is_asked_goes_on_without_it(other, server, store):
    twin, main, forked = Twin(), threading.main_thread().ident or 0, threading.Event()

    def fork() -> None:
        twin.fork()
        forked.set()

    def ask() -> None:
        store.faults.clear()
        signal.pthread_kill(main, signal.SIGUSR1)
        forked.wait(PATIENCE)

    other._session._state.shared.limit = 0.5
    store.faults["get"] = ask
    with handling(fork):
        assert twin.call(other.list)
    assert twin.succeeds()
    assert server.count(EXCHANGE) == 2


@pytest.mark.parametrize("variant", ASYNC)
@pytest.mark.parametrize("method", ["get", "acquire", "put"])
@pytest.mark.parametrize("is_async", [True, False])
def test_a_cancellation_while_the_store_is_asked_ends_the_lease(
    variant, server, issuer, store, gate, method, is_async
):
    async def main() -> None:
        given = AsyncMemoryStore(store) if is_async else store
        async with AsyncAccessTokensClient(server.endpoint, "pat_x", jwt_store=given) as client:
            with anyio.CancelScope() as scope:
                cancel = partial(anyio.from_thread.run_sync, scope.cancel, token=current_token())
                store.faults[method] = (lambda: hang(scope)) if is_async else (lambda: block(cancel))
                await client.list()
            assert scope.cancelled_caught
            assert store.leases == {}

    async def hang(scope: anyio.CancelScope) -> None:
        scope.cancel()
        await anyio.sleep_forever()

    def block(cancel: Callable[[], object]) -> None:
        cancel()
        gate.wait(PATIENCE)

    run(variant, main)


class TestWhatIsRefused:
    @pytest.mark.parametrize("kind", [AccessTokensClient, AsyncAccessTokensClient])
    @pytest.mark.parametrize("wrong", [5, "redis://h", {}, MemoryStore])
    def test_what_lacks_a_method_is_no_store(self, kind, wrong):
        with pytest.raises(
            TypeError, match="^jwt_store must have the methods get, acquire, release, put, drop$"
        ):
            kind("https://h", "pat_x", jwt_store=wrong)

    def test_an_async_store_is_refused_by_a_sync_client(self):
        for method in ("get", "acquire", "release", "put", "drop"):
            partly = type("Partly", (MemoryStore,), {method: getattr(AsyncMemoryStore, method)})()
            with pytest.raises(TypeError, match="^jwt_store must not be async"):
                AccessTokensClient("https://h", "pat_x", jwt_store=partly)

    def test_a_missing_library_is_named_with_the_extra_that_brings_it(self, monkeypatch, store):
        monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
        with pytest.raises(
            ImportError, match=r"^a jwt_store needs: pip install .*\[store\]\", or \[redis\]$"
        ):
            AccessTokensClient("https://h", "pat_x", jwt_store=store)
        for missing in ("filelock", "platformdirs"):
            with monkeypatch.context() as patch:
                patch.setitem(sys.modules, missing, None)
                with pytest.raises(ImportError, match=r"^a FileJwtStore needs: pip install .*\[store\]\"$"):
                    FileJwtStore()

    def test_redis_takes_a_client_of_redis_alone(self):
        with pytest.raises(TypeError, match="^redis_client must be a client of redis-py, not str$"):
            RedisJwtStore("redis://localhost")  # type: ignore[arg-type]


class Odd:
    def __bool__(self) -> bool:
        raise ArithmeticError


def odd() -> NoReturn:
    raise type("OddError", (Exception,), {"__str__": lambda self: 1 / 0})


@pytest.mark.parametrize("results", [{"acquire": Odd}, {"get": odd}, {"put": odd}])
def test_no_result_is_too_odd(make, server, store, results):
    store.faults |= results
    make().list()
    assert server.count(EXCHANGE) == 1


def test_a_coroutine_from_a_sync_store_is_a_failure_and_makes_no_noise(
    make_client, server, issuer, store, caplog
):
    async def nothing() -> None: ...

    store.faults["get"] = nothing
    with AccessTokensClient(server.endpoint, "pat_x", jwt_store=store) as client:
        client.list()
    assert "TypeError: the store is async, and the client is not" in logged(caplog)[-1][1]


@in_tasks
def test_a_lease_that_comes_after_a_cancellation_is_released(variant, server, issuer, store):
    came, go_on, released = threading.Event(), threading.Event(), threading.Event()

    class Late(MemoryStore):
        def acquire(self, name: str, holder: str, seconds: float, /) -> Any:
            came.set()
            go_on.wait(PATIENCE)
            return super().acquire(name, holder, seconds)

        def release(self, name: str, holder: str, /) -> Any:
            had_it = name in self.leases
            super().release(name, holder)
            if had_it:
                released.set()

    late = Late()

    async def main() -> None:
        async with (
            AsyncAccessTokensClient(server.endpoint, "pat_x", jwt_store=late) as client,
            anyio.create_task_group() as group,
        ):
            group.start_soon(client.bearer)
            await anyio.to_thread.run_sync(came.wait, PATIENCE)
            group.cancel_scope.cancel()

    run(variant, main)
    go_on.set()
    assert released.wait(PATIENCE)
    assert late.leases == {}


HANGS = """
import anyio, sys, threading
from access_tokens import AsyncAccessTokensClient

class Hangs:
    def get(self, name): threading.Event().wait()
    acquire = release = put = drop = get

async def main():
    async with AsyncAccessTokensClient(sys.argv[1], "pat_x", jwt_store=Hangs()) as client:
        await client.list()

anyio.run(main, backend=sys.argv[2])
"""


@in_tasks
def test_a_store_that_hangs_does_not_keep_the_process_from_ending(variant, server, issuer):
    subprocess.run(
        [sys.executable, "-W", "error", "-c", HANGS, server.endpoint, variant], check=True, timeout=60
    )
