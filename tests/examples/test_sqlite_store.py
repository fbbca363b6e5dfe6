"""The store of one's own, in SQLite."""

from pathlib import Path

import pytest

from access_tokens import AccessTokensClient
from examples.sqlite_store import SqliteJwtStore

from ..helpers.callers import VARIANTS, caller


@pytest.fixture
def store(tmp_path: Path) -> SqliteJwtStore:
    return SqliteJwtStore(str(tmp_path / "jwts.db"))


def test_clients_of_all_variants_share_the_jwt_in_it(service, store):
    for variant in VARIANTS:
        with caller(variant, service.endpoint, service.admin_pat, jwt_store=store) as client:
            client.list()
    assert service.exchanges == 1


def test_a_jwt_that_is_refused_is_dropped_from_it(service, store):
    with AccessTokensClient.from_env(jwt_store=store) as client:
        client.list()
        service.rotate_key()
        client.list()
    with AccessTokensClient.from_env(jwt_store=store) as another:
        another.list()
    assert service.exchanges == 2


def test_one_has_the_lease_until_it_ends(store):
    assert store.acquire("name", "a", 60.0)
    assert not store.acquire("name", "b", 60.0)
    assert store.acquire("other", "b", 60.0)
    store.release("name", "b")
    assert not store.acquire("name", "b", 60.0)
    store.release("name", "a")
    assert store.acquire("name", "b", -1.0)
    assert store.acquire("name", "a", 60.0)


def test_what_is_over_is_no_more(store):
    store.put("name", "value", -1.0)
    assert store.get("name") is None
    store.put("name", "value", 60.0)
    store.drop("name", "another")
    assert store.get("name") == "value"
    store.drop("name", "value")
    assert store.get("name") is None
