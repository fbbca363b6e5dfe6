"""A JWT in a file: who may read it, what is refused, and who has the lease."""

import errno
import json
import os
import signal
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from access_tokens import FileJwtStore
from access_tokens._stores import file as module

from ..helpers.children import Child, forks
from ..helpers.fault_server import EXCHANGE
from ..helpers.footprint import descriptors
from ..helpers.logged import warnings
from ..helpers.threads import outcomes, until

NAME, OTHER = "a" * 64, "b" * 64
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
as_user = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "jwts.json"


@pytest.fixture
def store(path: Path) -> FileJwtStore:
    return FileJwtStore(path)


@pytest.fixture
def make(make_client: Callable[..., Any], server: Any, issuer: Any, path: Path) -> Callable[..., Any]:
    """Makes clients with a store of their own, as processes have."""
    return lambda: make_client(server.endpoint, "pat_x", jwt_store=FileJwtStore(path))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_clients_share_one_jwt_in_files_of_their_user_alone(make, server, path):
    before = os.umask(0)
    try:
        for _ in range(3):
            make().list()
    finally:
        os.umask(before)
    assert server.count(EXCHANGE) == 1
    assert mode(path.parent) == 0o700
    files = list(path.parent.iterdir())
    assert all(mode(each) == 0o600 for each in files)
    [name] = json.loads(path.read_text())
    assert {each.name for each in files} == {*("jwts.json", "jwts.json.lock", f"jwts.json.{name[:16]}.lock")}
    assert not any(each in path.read_bytes() for each in (b"pat_x", b"jwt-1"))


def test_values_are_told_apart_and_dropped_only_if_they_are_the_same(store, path):
    for _ in range(2):
        assert store.get(NAME) is None
        store.put(NAME, "x", 60.0)
        store.put(OTHER, "y", 60.0)
        store.drop(NAME, "y")
        assert (store.get(NAME), FileJwtStore(path).get(OTHER)) == ("x", "y")
        store.drop(NAME, "x")
    store.put(NAME, "x", 0.0)
    assert list(json.loads(path.read_text())) == [OTHER]


# What lies there, made by whoever; it must not be used.


def link(path: Path) -> None:
    target = path.with_name("target")
    target.write_text("{}")
    target.chmod(0o600)
    path.symlink_to(target)


def hard_link(path: Path) -> None:
    written(path, 0o600)
    path.with_name("second").hardlink_to(path)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def written(path: Path, mode: int) -> None:
    path.write_text("{}")
    path.chmod(mode)


def no_directory(path: Path) -> None:
    path.parent.rmdir()
    path.parent.touch()


def given_away(path: Path) -> None:
    written(path, 0o600)
    os.chown(path, 12345, -1)


IN_ITS_PLACE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a link": (link, "is a symbolic link"),
    "a hard link": (hard_link, "has another name as well"),
    "a directory": (Path.mkdir, "is no regular file"),
    "a pipe": (pipe, "is no regular file"),
    "others can read": (lambda path: written(path, 0o644), "can be read by others"),
    "others can write": (lambda path: written(path, 0o620), "can be read by others"),
    "directory of all": (lambda path: path.parent.chmod(0o777), "can be changed by others"),
    "like /tmp": (lambda path: path.parent.chmod(0o1777), "can be changed by others"),
    "lock is a link": (lambda path: link(path.with_name("jwts.json.lock")), "jwts.json.lock"),
    "lock is a directory": (lambda path: path.with_name("jwts.json.lock").mkdir(), "jwts.json.lock"),
    "file instead of directory": (no_directory, "made"),
}


@pytest.mark.fault(107)
@pytest.mark.parametrize("what", IN_ITS_PLACE)
def test_what_is_not_safe_is_not_used_and_costs_a_line(make, server, path, caplog, what):
    check_is_left_alone(make, server, path, caplog, *IN_ITS_PLACE[what])


@pytest.mark.fault(107)
@as_root
@pytest.mark.parametrize("is_directory", [True, False])
def test_what_is_another_users_is_not_used(make, server, path, caplog, is_directory):
    give = (lambda path: os.chown(path.parent, 12345, -1)) if is_directory else given_away
    check_is_left_alone(make, server, path, caplog, give, "is another user's")


@pytest.mark.fault(107)
@as_user
@pytest.mark.parametrize("is_directory", [True, False])
def test_what_cannot_be_read_costs_a_line(make, server, path, caplog, is_directory):
    def close(path: Path) -> None:
        written(path, 0o000)
        path.parent.chmod(0o500 if is_directory else 0o700)

    check_is_left_alone(make, server, path, caplog, close, "Permission denied")
    path.parent.chmod(0o700)


def check_is_left_alone(
    make: Any, server: Any, path: Path, caplog: Any, put_there: Callable[[Path], Any], reason: str
) -> None:
    path.parent.mkdir(mode=0o700)
    put_there(path)
    make().list()
    [line] = warnings(caplog)
    assert reason in line
    assert server.count(EXCHANGE) == 1
    left = [each for each in path.parent.iterdir() if each.is_file()] if path.parent.is_dir() else []
    assert all(each.read_text() in {"", "{}"} for each in left if each.stat().st_mode & 0o400)


def test_a_refused_file_is_closed_again(store, path):
    path.mkdir(parents=True)
    before = len(descriptors())
    for _ in range(3):
        with pytest.raises(PermissionError, match="is no regular file"):
            store.get(NAME)
    assert len(descriptors()) == before


CONTENTS: dict[str, bytes] = {
    "nothing": b"",
    "binary": bytes(range(256)),
    "huge": b'{"a": "' + b"x" * 2**21 + b'"}',
    "deep": b"[" * 100_000,
    "a list": b"[1, 2]",
    "odd entries": b'{"a": 1, "b": [1, 2.0], "c": ["x"], "d": ["x", NaN], "e": ["x", 1e999, 3]}',
    "odd numbers": b'{"%s": [5, 9e99], "\\ud800": ["x", 9e99]}' % NAME.encode(),
}


@pytest.mark.fault(107)
@pytest.mark.parametrize("what", CONTENTS)
def test_nonsense_is_as_nothing_and_replaced(make, server, path, caplog, what):
    path.parent.mkdir(mode=0o700)
    path.write_bytes(CONTENTS[what])
    path.chmod(0o600)
    for _ in range(2):
        make().list()
    assert (server.count(EXCHANGE), warnings(caplog)) == (1, [])


@pytest.mark.fault(107)
def test_a_full_disk_costs_a_line_and_leaves_all_as_it_was(make, store, path, monkeypatch, caplog):
    store.put(OTHER, "x", 60.0)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    make().list()
    assert warnings(caplog) == [
        f"the JWT store has failed and is left out: OSError: [Errno {errno.ENOSPC}] No space left on device"
    ]
    assert list(json.loads(path.read_text())) == [OTHER]
    assert not list(path.parent.glob("*.tmp"))


class TestTheLease:
    def test_one_of_all_has_it_whatever_the_thread(self, store, path):
        stores = [store, *(FileJwtStore(path) for _ in range(4))]
        got = outcomes(*(lambda i=i, s=s: s.acquire(NAME, str(i), 10.0) for i, s in enumerate(stores)))
        assert sorted(got) == [False] * 4 + [True]
        assert store.acquire(OTHER, "x", 10.0)
        holder = got.index(True)
        for each in stores:
            each.release(NAME, "nobody")
        assert not store.acquire(NAME, "later", 10.0)
        outcomes(lambda: stores[holder].release(NAME, str(holder)))
        assert store.acquire(NAME, "later", 10.0)


class TestProcesses:
    pytestmark = forks

    @pytest.mark.fault(106)
    def test_the_lease_ends_with_the_process_of_its_holder(self, store, path):
        def hold() -> None:
            assert store.acquire(NAME, "child", 10.0)
            path.with_name("got").touch()
            signal.pause()

        child = Child(hold)
        until(path.with_name("got").exists)
        assert not store.acquire(NAME, "parent", 10.0)
        os.kill(child.pid, signal.SIGKILL)
        assert not child.succeeds()
        assert store.acquire(NAME, "parent", 10.0)

    def test_writers_at_the_same_time_lose_nothing_and_readers_see_it_whole(self, store):
        def write(number: int) -> Any:
            own = f"{number:064}"
            for turn in range(5):
                store.put(own, str(turn), 60.0)
            return store.get(own) == "4"

        children = [Child(partial(write, number)) for number in range(4)]
        assert [each.succeeds() for each in children] == [True] * 4
        assert [store.get(f"{number:064}") for number in range(4)] == ["4"] * 4


class TestThePath:
    def test_a_relative_one_stays_where_it_was(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        store = FileJwtStore("jwts.json")
        monkeypatch.chdir("/")
        store.put(NAME, "x", 60.0)
        assert (tmp_path / "jwts.json").exists()

    @pytest.mark.skipif(os.name == "nt" or os.uname().sysname == "Darwin", reason="XDG is for others")
    def test_by_default_it_is_in_the_users_cache_directory(self, tmp_path, monkeypatch):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        FileJwtStore().put(NAME, "x", 60.0)
        assert mode(tmp_path / "access-tokens") == 0o700
        assert (tmp_path / "access-tokens" / "jwts.json").exists()

    def test_on_windows_it_must_be_below_the_users_profile(self, tmp_path, monkeypatch):
        monkeypatch.setattr(module, "_IS_WINDOWS", True)
        monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
        for outside in (tmp_path / "jwts.json", tmp_path / "home" / ".." / "jwts.json"):
            with pytest.raises(ValueError, match="^path must be below the user's profile"):
                FileJwtStore(outside)
        store = FileJwtStore(tmp_path / "home" / "jwts.json")
        store.put(NAME, "x", 60.0)
        (tmp_path / "home" / "jwts.json").chmod(0o644)  # modes say nothing there
        assert store.get(NAME) == "x"

    def test_a_pat_that_was_taken_for_a_path_is_not_shown(self, tmp_path):
        pat = f"pat_{'A' * 21}.{'b' * 43}="
        store = FileJwtStore(tmp_path / pat)
        written(tmp_path / pat, 0o644)
        with pytest.raises(PermissionError) as raised:
            store.get(NAME)
        assert not any(pat in each for each in (repr(store), str(raised.value)))


def test_of_more_than_a_file_may_hold_the_longest_lived_stay(tmp_path):
    store = FileJwtStore(tmp_path / "jwts.json")
    for number in range(12):
        store.put(f"name-{number}", "x" * 100_000, 100.0 + number)
    kept = [number for number in range(12) if store.get(f"name-{number}")]
    assert kept[-1] == 11
    assert 4 <= len(kept) < 12
    assert kept == list(range(kept[0], 12))
