"""Hosts with several addresses, some of which are dead (case 68)."""

from __future__ import annotations

import errno
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

Make = Callable[..., Any]
GOOD = "127.0.0.1"
DEAD = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
DEAD_V6 = "::1"
REFUSED = ["127.0.0.5", "127.0.0.6"]


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(happy_eyeballs, "_ATTEMPT_DELAY", 0.01)


def row(address: str, port: int) -> happy_eyeballs.Address:
    """Tell of an address as getaddrinfo does."""
    where = (address, port, 0, 0) if ":" in address else (address, port)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", where


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch, server: FaultServer) -> Iterator[Callable[..., str]]:
    """Let every name have these addresses; return the endpoint of one."""
    port = int(server.address.rpartition(":")[2])
    with ExitStack() as stack:

        def resolve(*addresses: str) -> str:
            for each in {*addresses} & {*DEAD, DEAD_V6}:
                stack.enter_context(dead(each, port))
            rows = [row(each, port) for each in addresses]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
            return f"http://many.example:{port}"

        yield resolve


@needs_dead
@pytest.mark.parametrize(
    "addresses",
    [
        [DEAD[0], GOOD],
        [*DEAD, GOOD],
        [DEAD_V6, GOOD],
        [DEAD_V6, *DEAD[:2], GOOD],
        [GOOD, DEAD[0]],
        [REFUSED[0], GOOD],
        [*REFUSED, GOOD],
        [DEAD[0], REFUSED[0], GOOD],
        [GOOD],
    ],
    ids=" ".join,
)
def test_a_dead_address_keeps_nobody_from_the_next(server, resolve, make_client, addresses):
    """No attempt of the policy is lost to it."""
    client = make_client(resolve(*addresses), "pat_x", allow_http=True)
    assert len(client.list()) == 1
    assert (client.clock.waits, server.connections) == ([], 1)


@needs_dead
def test_neither_does_a_dead_address_of_a_proxy(server, resolve, make_client, monkeypatch):
    """The server is the proxy here, and answers for the service."""
    monkeypatch.setenv("HTTP_PROXY", resolve(DEAD[0], GOOD))
    client = make_client("http://api.example.com", "pat_x", allow_http=True)
    assert len(client.list()) == 1
    assert (client.clock.waits, server.connections) == ([], 1)


@pytest.mark.fault(1)
def test_addresses_that_all_refuse_are_tried_four_times(resolve, make_client):
    client = make_client(resolve(*REFUSED), "pat_x", allow_http=True)
    keep_jwt(client)
    error = failure_of(LIST, client)
    assert (type(error), error.attempts) == (UnavailableError, 4)
    assert isinstance(error.cause, httpx.ConnectError)
    assert f"Errno {errno.ECONNREFUSED}" in error.reason  # not merely that all have failed
    assert client.clock.waits == [1.0, 2.0, 4.0]


@needs_dead
@pytest.mark.fault(57)
def test_addresses_that_are_all_dead_share_what_time_there_is_to_connect(server, resolve, make_client):
    timeout = httpx.Timeout(5, connect=0.05)
    client = make_client(resolve(*DEAD), "pat_x", allow_http=True, timeout=timeout)
    keep_jwt(client)
    error = failure_of(LIST, client)
    assert (type(error), error.attempts) == (UnavailableError, 4)
    assert isinstance(error.cause, httpx.ConnectTimeout)
    assert not error.outcome_unknown


@needs_dead
def test_attempts_that_are_too_late_are_broken_off(resolve, monkeypatch):
    tried: list[socket.socket] = []

    def connect_ex(self: socket.socket, where: Any) -> int:
        tried.append(self)
        return super(socket.socket, self).connect_ex(where)

    port = int(resolve(*DEAD, GOOD).rpartition(":")[2])
    monkeypatch.setattr(socket.socket, "connect_ex", connect_ex)
    with happy_eyeballs.connect("many.example", port, lambda: 30.0) as connected:
        assert tried.pop() is connected
        assert [each.fileno() for each in tried] == [-1] * 3
