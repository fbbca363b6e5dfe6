"""A JWT in Redis, or in what speaks its protocol: a real server."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
import redis.asyncio

from access_tokens import AccessTokensClient, RedisJwtStore

from ..helpers.callers import ASYNC
from ..helpers.fault_server import EXCHANGE
from ..helpers.logged import warnings
from ..helpers.redis_server import RedisServer, redis_server
from ..helpers.threads import until

NAME, OTHER = "a" * 64, "b" * 64
FAILED = "the JWT store has failed and is left out: "


@pytest.fixture(scope="module")
def running() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def database(running: RedisServer) -> RedisServer:
    """A server that all tests share, empty at first."""
    with running.client() as client:
        client.flushall()
    return running


@pytest.fixture(params=[{}, {"protocol": 3}, {"decode_responses": True}], ids=["RESP2", "RESP3", "decoding"])
def store(request: pytest.FixtureRequest, database: RedisServer) -> Iterator[RedisJwtStore]:
    with database.client(**({"protocol": 2} | request.param)) as client:
        yield RedisJwtStore(client)


@pytest.fixture
def make(make_client: Callable[..., Any], server: Any, issuer: Any) -> Callable[..., Any]:
    return lambda store: make_client(server.endpoint, "pat_x", jwt_store=store)


def text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def test_values_are_told_apart_end_and_are_dropped_only_if_they_are_the_same(store, database):
    assert store.get(NAME) is None
    store.put(NAME, "x", 60.0)
    store.put(OTHER, "y", 60.0)
    store.drop(NAME, "y")
    assert (text(store.get(NAME)), text(store.get(OTHER))) == ("x", "y")
    with database.client() as client:
        assert 59_000 < client.pttl(f"access_tokens:jwt:{NAME}") <= 60_000
    store.drop(NAME, store.get(NAME))
    assert store.get(NAME) is None
    store.put(NAME, "z", 0.0)
    until(lambda: store.get(NAME) is None)


def test_the_lease_is_of_one_and_ends_by_itself(store):
    assert store.acquire(NAME, "one", 60.0)
    assert not store.acquire(NAME, "two", 60.0)
    assert store.acquire(OTHER, "two", 0.01)
    store.release(NAME, "two")
    assert not store.acquire(NAME, "two", 60.0)
    store.release(NAME, "one")
    assert store.acquire(NAME, "two", 60.0)
    until(lambda: store.acquire(OTHER, "three", 60.0))


def test_clients_share_one_jwt_and_nobody_else_can_read_it(make, server, store, database):
    for _ in range(3):
        make(store).list()
    assert server.count(EXCHANGE) == 1
    assert not any(each in database.contents() for each in (b"pat_x", b"jwt-1"))
    with database.client() as client:
        assert [key[:18] for key in client.scan_iter()] == [b"access_tokens:jwt:"]


def test_a_refused_jwt_is_dropped(make, server, issuer, store):
    first, second = make(store), make(store)
    for _ in range(2):
        first.list()
        second.list()
        issuer.rotate()
    assert server.count(EXCHANGE) == 2


@pytest.mark.parametrize("options", [{}, {"decode_responses": True}, {"protocol": 3}])
@pytest.mark.parametrize("variant", ASYNC[:1])
def test_a_client_of_asyncio_is_for_async_clients_there(make, server, database, options):
    client = redis.asyncio.Redis(unix_socket_path=database.socket, **options)
    store = RedisJwtStore(client)
    assert store.is_async
    caller = make(store)
    caller.list()
    with (
        database.client() as sync,
        AccessTokensClient(server.endpoint, "pat_x", jwt_store=RedisJwtStore(sync)) as other,
    ):
        other.list()
    assert server.count(EXCHANGE) == 1
    caller.portal.call(client.aclose)
    with pytest.raises(TypeError, match="^jwt_store must not be async"):
        AccessTokensClient(server.endpoint, "pat_x", jwt_store=store)


def test_prefixes_keep_stores_apart(make, server, database):
    with database.client() as client:
        for prefix in ("one:", "two:"):
            made = RedisJwtStore(client, prefix=prefix)
            make(made).list()
            assert repr(made) == f"RedisJwtStore(prefix={prefix!r})"
    assert server.count(EXCHANGE) == 2
    assert database.contents().count(b"one:jwt:") == 1


@pytest.mark.fault(107)
class TestAServerThatFails:
    def test_one_of_another_use_or_without_memory_costs_a_line_each(self, make, server, database, caplog):
        with database.client() as client:
            make(store := RedisJwtStore(client)).list()
            [key] = client.keys()
            client.delete(key)
            client.lpush(key, "x")
            make(store).list()
            assert "WRONGTYPE" in warnings(caplog)[-1]
            client.flushall()
            client.config_set("maxmemory", 1)
            make(store).list()
            assert "OutOfMemoryError" in warnings(caplog)[-1]
            client.config_set("maxmemory", 0)
        assert (server.count(EXCHANGE), len(warnings(caplog))) == (3, 2)

    def test_one_that_is_paused_or_killed_costs_a_line_each(self, make, server, caplog):
        with redis_server() as database, database.client(retry=None) as client:
            store = RedisJwtStore(client)
            make(store).list()
            database.pause()
            late = make(store)
            late.client._session._state.shared.limit = 0.1  # spent in the first method
            late.list()
            assert warnings(caplog) == [f"{FAILED}TimeoutError: no answer within 0.1 s"]
            database.stop()
            make(store).list()
        assert warnings(caplog)[1].startswith(f"{FAILED}ConnectionError: Error")
        assert (server.count(EXCHANGE), len(warnings(caplog))) == (3, 2)
