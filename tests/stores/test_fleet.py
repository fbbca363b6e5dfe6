"""Many processes of all variants that share one JWT through a file or Redis, on a live service."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
import redis.asyncio
from attrs import frozen

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, FileJwtStore, RedisJwtStore
from access_tokens.testing import LocalService

from ..helpers.callers import VARIANTS
from ..helpers.children import Child, forks
from ..helpers.redis_server import RedisServer, redis_server
from ..helpers.threads import until

pytestmark = [pytest.mark.untraced, *forks]

EXCHANGE = "/auth/token"
Store = Callable[[str], AbstractContextManager[Any]]


@frozen
class InRedis:
    """Makes a store for a process of a variant."""

    server: RedisServer

    @contextmanager
    def __call__(self, variant: str) -> Iterator[Any]:
        if variant == "asyncio":
            yield RedisJwtStore(redis.asyncio.Redis(unix_socket_path=self.server.socket))
        else:
            with self.server.client(retry=None) as client:
                yield RedisJwtStore(client)

    def contents(self) -> bytes:
        return self.server.contents()


@frozen
class InFile:
    """The same in a file."""

    path: Path

    @contextmanager
    def __call__(self, variant: str) -> Iterator[Any]:
        yield FileJwtStore(self.path)

    def contents(self) -> bytes:
        return b"".join(each.read_bytes() for each in self.path.parent.iterdir())


@pytest.fixture(params=["file", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "file":
        yield InFile(tmp_path / "made" / "jwts.json")
    else:
        with redis_server() as server:
            yield InRedis(server)


def lists(variant: str, service: LocalService, store: Store) -> bool:
    """Make a client in this process, list the tokens, and tell whether that was all well."""

    async def main() -> bool:
        async with AsyncAccessTokensClient(service.endpoint, service.admin_pat, jwt_store=given) as made:
            return bool(await made.list())

    with store(variant) as given:
        if variant != "sync":
            return anyio.run(main, backend=variant)
        with AccessTokensClient(service.endpoint, service.admin_pat, jwt_store=given) as client:
            return bool(client.list())


def fleet(count: int, service: LocalService, store: Store) -> list[Child]:
    return [Child(partial(lists, VARIANTS[number % 3], service, store)) for number in range(count)]


@pytest.mark.fault(105)
def test_20_processes_that_start_cold_make_one_exchange(service, store):
    service.delay_next(1, 0.5, path=EXCHANGE)
    assert [each.succeeds() for each in fleet(20, service, store)] == [True] * 20
    assert service.exchanges == 1
    jwt = {each.headers["authorization"] for each in service.requests if each.method == "GET"}
    assert len(jwt) == 1
    secrets = [service.admin_pat, service.admin_pat.split(".")[1], jwt.pop().removeprefix("Bearer ")]
    assert not any(each.encode() in store.contents() for each in secrets)


@pytest.mark.fault(106)
def test_when_the_holder_of_the_lease_dies_one_other_makes_the_exchange(service, store, monkeypatch):
    monkeypatch.setattr("access_tokens._session.sharing.LEASE", 2.0)
    monkeypatch.setattr("access_tokens._session.sharing._LONGEST_WAIT", 20.0)
    service.delay_next(1, 3.0, path=EXCHANGE)
    holder = Child(partial(lists, "trio", service, store))
    until(lambda: service.exchanges == 1)
    others = fleet(6, service, store)
    os.kill(holder.pid, signal.SIGKILL)
    assert not holder.succeeds()
    assert [each.succeeds() for each in others] == [True] * 6
    assert service.exchanges == 2


@pytest.mark.fault(107)
def test_when_redis_stops_under_way_no_call_fails(service, tmp_path):
    def goes_on(variant: str) -> bool:
        is_well = lists(variant, service, InRedis(server))
        (tmp_path / f"{os.getpid()}").touch()
        until((tmp_path / "stopped").exists)
        return is_well and lists(variant, service, InRedis(server))

    with redis_server() as server:
        children = [Child(partial(goes_on, variant)) for variant in VARIANTS]
        until(lambda: len(list(tmp_path.iterdir())) == len(children))
        server.stop()
        (tmp_path / "stopped").touch()
        assert [each.succeeds() for each in children] == [True] * 3
    assert service.exchanges == 4


@pytest.mark.fault(105)
def test_6_short_processes_share_the_5_exchanges_that_the_service_allows_in_a_minute(store):
    with LocalService(rate_limit=(5, 60)) as service:
        for number in range(6):
            assert Child(partial(lists, VARIANTS[number % 3], service, store)).succeeds()
        assert service.exchanges == 1
