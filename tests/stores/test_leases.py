"""The lease of a file: neither a forked child nor a planted link may have an effect on it."""

import os
from pathlib import Path

import pytest

from access_tokens import FileJwtStore
from tests.helpers.children import Child

NAME = "a" * 64


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_does_not_end_the_lease_of_its_parent(tmp_path: Path) -> None:
    store, other = FileJwtStore(tmp_path / "jwts.json"), FileJwtStore(tmp_path / "jwts.json")
    assert store.acquire(NAME, "parent", 10)

    def forgets() -> bool:
        store.release(NAME, "parent")
        store._leases.clear()
        return not other.acquire(NAME, "child", 10)

    assert Child(forgets).succeeds()
    assert not other.acquire(NAME, "other", 10)
    store.release(NAME, "parent")
    assert other.acquire(NAME, "other", 10)
    other.release(NAME, "other")


@pytest.mark.parametrize("lock", ["jwts.json.lock", f"jwts.json.{NAME[:16]}.lock"])
def test_a_planted_link_is_not_followed(tmp_path: Path, lock: str) -> None:
    store, precious = FileJwtStore(tmp_path / "jwts.json"), tmp_path / "precious"
    precious.write_text("as it was")
    (tmp_path / lock).symlink_to(precious)
    with pytest.raises(OSError, match="symbolic links"):
        store.put(NAME, "value", 60) if lock == "jwts.json.lock" else store.acquire(NAME, "holder", 10)
    assert precious.read_text() == "as it was"
