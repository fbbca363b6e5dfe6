"""Which address of a host is tried when, and what an attempt is made with. Threads only."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from access_tokens._http import happy_eyeballs

pytestmark = pytest.mark.fault(68)

Rows = Callable[..., None]
REFUSED = ("127.0.0.5", 9)


def row(where: Any, family: int = socket.AF_INET) -> happy_eyeballs.Address:
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", where


@pytest.fixture
def resolve_to(monkeypatch: pytest.MonkeyPatch) -> Rows:
    """Let every name have the addresses of these rows of getaddrinfo."""
    return lambda *rows: monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: list(rows))


@pytest.fixture(autouse=True)
def _no_delay_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for the delay between two attempts hangs."""
    monkeypatch.setattr(happy_eyeballs, "_ATTEMPT_DELAY", 1e6)


@pytest.fixture
def good() -> Iterator[Any]:
    """An address where somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()


def connect(seconds_left: Callable[[], float] = lambda: 1e6, **options: Any) -> socket.socket:
    return happy_eyeballs.connect("many.example", 1, seconds_left, **options)


def test_the_families_take_turns_and_the_first_is_that_which_the_system_prefers(resolve_to):
    four = [row((f"192.0.2.{number}", 1)) for number in range(3)]
    six = [row((f"2001:db8::{number}", 1, 0, 0), socket.AF_INET6) for number in range(2)]
    resolve_to(*six, *four, *four)
    assert happy_eyeballs._addresses("many.example", 1) == [six[0], four[0], six[1], four[1], four[2]]
    resolve_to(*four, *six)
    assert happy_eyeballs._addresses("many.example", 1) == [four[0], six[0], four[1], six[1], four[2]]


def test_an_address_that_fails_is_followed_by_the_next_at_once(resolve_to, good):
    """Whether it is refused, or none that this system can connect to."""
    resolve_to(row(REFUSED), row(good, family=99), row(("127.0.0.1", 0)), row(REFUSED), row(good))
    with connect() as connected:
        assert connected.getpeername() == good


def test_all_reasons_are_told_each_once(resolve_to):
    resolve_to(row(("a", 1), family=99), row(REFUSED), row(("127.0.0.6", 9)))
    unknown, refused = os.strerror(errno.EAFNOSUPPORT), os.strerror(errno.ECONNREFUSED)
    with pytest.raises(OSError, match=f"^.Errno [0-9]+. {unknown}; .Errno [0-9]+. {refused}$"):
        connect()


def test_a_host_without_an_address_is_an_error(resolve_to):
    resolve_to()
    with pytest.raises(OSError, match=r"^many\.example has no address$"):
        connect()


def test_no_time_is_a_timeout(resolve_to, good):
    resolve_to(row(good))
    with pytest.raises(TimeoutError):
        connect(lambda: 0.0)


def test_who_says_that_it_must_end_is_listened_to(resolve_to, good):
    def refuse() -> float:
        raise ZeroDivisionError

    resolve_to(row(good), row(good))
    with pytest.raises(ZeroDivisionError):
        connect(refuse)


def test_the_whole_address_is_used(resolve_to, monkeypatch):
    """The scope of a link-local one included."""
    tried: list[Any] = []

    def refuse(self: socket.socket, where: Any) -> int:
        tried.append(where)
        return errno.ECONNREFUSED

    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    resolve_to(row(("fe80::1", 1, 0, 7), socket.AF_INET6), row(("fe80::1", 1, 0, 8), socket.AF_INET6))
    with pytest.raises(OSError, match="refused$"):
        connect()
    assert tried == [("fe80::1", 1, 0, 7), ("fe80::1", 1, 0, 8)]


def test_an_attempt_has_the_options_that_httpcore_asks_for(resolve_to, good):
    resolve_to(row(good))
    keep_alive = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    with connect(local_address="127.0.0.1", options=iter([keep_alive])) as connected:
        assert connected.getsockname()[0] == "127.0.0.1"
        assert connected.getsockopt(*keep_alive[:2])
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
