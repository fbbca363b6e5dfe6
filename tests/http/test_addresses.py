"""Hosts with several addresses, some of which are dead (case 68): which is tried when, and what is told."""

import errno
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from access_tokens import UnavailableError
from access_tokens._http import happy_eyeballs

from ..helpers.dead import dead, needs_dead
from ..helpers.fault_server import FaultServer
from ..helpers.operations import LIST, failure_of, keep_jwt

pytestmark = pytest.mark.fault(68)

Resolve = Callable[..., Any]
GOOD = "127.0.0.1"
DEAD = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
DEAD_V6 = "::1"
REFUSED = ["127.0.0.5", "127.0.0.6"]
NO_FAMILY = 99


def row(where: tuple[Any, ...], family: int = socket.AF_INET) -> happy_eyeballs.Address:
    """Tell of an address as getaddrinfo does."""
    kind = socket.AF_INET6 if ":" in where[0] else family
    return kind, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", where


@pytest.fixture
def resolve_to(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Let every name have the addresses of these rows."""
    return lambda *rows: monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: list(rows))


@pytest.fixture(autouse=True)
def _no_delay_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for the delay between two attempts hangs, unless a test has dead addresses."""
    monkeypatch.setattr(happy_eyeballs, "_ATTEMPT_DELAY", 1e6)


@pytest.fixture
def listening() -> Iterator[Any]:
    """An address where somebody listens."""
    with socket.create_server((GOOD, 0)) as made:
        yield made.getsockname()


def connect(seconds_left: Callable[[], float] = lambda: 1e6, **options: Any) -> socket.socket:
    return happy_eyeballs.connect("many.example", 1, seconds_left, **options)


def test_the_families_take_turns_and_the_first_is_that_which_the_system_prefers(resolve_to):
    four = [row((f"192.0.2.{number}", 1)) for number in range(3)]
    six = [row((f"2001:db8::{number}", 1, 0, 0)) for number in range(2)]
    resolve_to(*six, *four, *four)
    assert happy_eyeballs._addresses("many.example", 1) == [six[0], four[0], six[1], four[1], four[2]]
    resolve_to(*four, *six)
    assert happy_eyeballs._addresses("many.example", 1) == [four[0], six[0], four[1], six[1], four[2]]


def test_an_address_that_fails_is_followed_by_the_next_at_once(resolve_to, listening):
    """Whether it is refused, or none that this system can connect to."""
    refused = row((REFUSED[0], 9))
    resolve_to(refused, row(listening, NO_FAMILY), row((GOOD, 0)), refused, row(listening))
    with connect() as connected:
        assert connected.getpeername() == listening


def test_all_reasons_are_told_each_once(resolve_to):
    resolve_to(row(("a", 1), NO_FAMILY), *[row((each, 9)) for each in REFUSED])
    unknown, refused = os.strerror(errno.EAFNOSUPPORT), os.strerror(errno.ECONNREFUSED)
    with pytest.raises(OSError, match=f"^.Errno [0-9]+. {unknown}; .Errno [0-9]+. {refused}$"):
        connect()


def test_a_host_without_an_address_is_an_error(resolve_to):
    resolve_to()
    with pytest.raises(OSError, match=r"^many\.example has no address$"):
        connect()


@pytest.mark.parametrize(
    ("seconds_left", "error"), [(lambda: 0.0, TimeoutError), (lambda: 1 / 0, ZeroDivisionError)]
)
def test_it_ends_without_time_or_when_it_is_told_to(resolve_to, listening, seconds_left, error):
    resolve_to(row(listening), row(listening))
    with pytest.raises(error):
        connect(seconds_left)


def test_the_whole_address_is_used(resolve_to, monkeypatch):
    """The scope of a link-local one included."""
    tried: list[Any] = []

    def refuse(self: socket.socket, where: Any) -> int:
        tried.append(where)
        return errno.ECONNREFUSED

    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    scoped = [("fe80::1", 1, 0, 7), ("fe80::1", 1, 0, 8)]
    resolve_to(*map(row, scoped))
    with pytest.raises(OSError, match="refused$"):
        connect()
    assert tried == scoped


def test_an_attempt_has_the_options_that_httpcore_asks_for(resolve_to, listening):
    resolve_to(row(listening))
    keep_alive = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    with connect(local_address=GOOD, options=iter([keep_alive])) as connected:
        assert connected.getsockname()[0] == GOOD
        assert connected.getsockopt(*keep_alive[:2])
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.fixture
def many(resolve_to: Resolve, monkeypatch: pytest.MonkeyPatch, server: FaultServer) -> Iterator[Resolve]:
    """Let every name have these addresses, on the server's port, and return the endpoint of one."""
    monkeypatch.setattr(happy_eyeballs, "_ATTEMPT_DELAY", 0.01)
    port = int(server.address.rpartition(":")[2])
    with ExitStack() as stack:

        def many(*addresses: str) -> str:
            for each in {*addresses} & {*DEAD, DEAD_V6}:
                stack.enter_context(dead(each, port))
            resolve_to(*[row((each, port, 0, 0) if ":" in each else (each, port)) for each in addresses])
            return f"http://many.example:{port}"

        yield many


SOME_DEAD = ([*DEAD, GOOD], [DEAD_V6, *DEAD[:2], GOOD], [GOOD, DEAD[0]])
SOME_REFUSED = ([*REFUSED, GOOD], [DEAD[0], REFUSED[0], GOOD])


@needs_dead
@pytest.mark.parametrize("addresses", SOME_DEAD + SOME_REFUSED, ids=" ".join)
def test_a_dead_address_keeps_nobody_from_the_next(server, many, make_client, addresses):
    """No attempt of the policy is lost to it."""
    client = make_client(many(*addresses), "pat_x", allow_http=True)
    assert len(client.list()) == 1
    assert (client.clock.waits, server.connections) == ([], 1)


@needs_dead
def test_neither_does_a_dead_address_of_a_proxy(server, many, make_client, monkeypatch):
    """The server is the proxy here, and answers for the service."""
    monkeypatch.setenv("HTTP_PROXY", many(DEAD[0], GOOD))
    client = make_client("http://api.example.com", "pat_x", allow_http=True)
    assert len(client.list()) == 1
    assert (client.clock.waits, server.connections) == ([], 1)


@pytest.mark.fault(1, 2)
def test_addresses_that_all_refuse_are_tried_four_times(many, make_client):
    client = make_client(many(*REFUSED), "pat_x", allow_http=True)
    keep_jwt(client)
    error = failure_of(LIST, client)
    assert (type(error), error.attempts) == (UnavailableError, 4)
    assert isinstance(error.cause, httpx.ConnectError)
    assert f"Errno {errno.ECONNREFUSED}" in error.reason  # not merely that all have failed
    assert client.clock.waits == [1.0, 2.0, 4.0]


@needs_dead
@pytest.mark.fault(4, 57)
def test_addresses_that_are_all_dead_share_what_time_there_is_to_connect(many, make_client):
    timeout = httpx.Timeout(5, connect=0.05)
    client = make_client(many(*DEAD), "pat_x", allow_http=True, timeout=timeout)
    keep_jwt(client)
    error = failure_of(LIST, client)
    assert (type(error), error.attempts, error.outcome_unknown) == (UnavailableError, 4, False)
    assert isinstance(error.cause, httpx.ConnectTimeout)


@needs_dead
def test_attempts_that_are_too_late_are_broken_off(many, monkeypatch):
    tried: list[socket.socket] = []

    def connect_ex(self: socket.socket, where: Any) -> int:
        tried.append(self)
        return super(socket.socket, self).connect_ex(where)

    many(*DEAD, GOOD)
    monkeypatch.setattr(socket.socket, "connect_ex", connect_ex)
    with connect(lambda: 30.0) as connected:
        assert tried.pop() is connected
        assert [each.fileno() for each in tried] == [-1] * 3
