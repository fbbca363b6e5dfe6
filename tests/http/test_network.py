"""Sockets for threads."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpcore
import pytest

from access_tokens import AccessTokensClient, ClientClosedError
from access_tokens._http.request import Progress
from access_tokens._http.sync_connection import DeadlineBackend

from ..helpers.callers import result_of


class Talk(httpcore.NetworkStream):
    """A stream that always has something to read."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return b"x"

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        pass

    def get_extra_info(self, info: str) -> Any:
        return {"is_readable": True, "socket": self.end}.get(info)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair()
    with here, there:
        yield here, there


def network(left: float = 5.0) -> DeadlineBackend:
    made = DeadlineBackend(lambda deadline: left)
    made.progress = Progress("get", 0.0, 0.0)
    return made


def test_a_timeout_is_cut_at_the_deadline():
    assert network(5.0).seconds_left(30.0) == 5.0
    assert network(5.0).seconds_left(1.0) == 1.0
    assert network(5.0).seconds_left(None) == 5.0
    with pytest.raises(TimeoutError):
        network(0.0).seconds_left(30.0)


def test_shutting_wakes_a_reader_and_allows_no_more(ends):
    here, there = ends
    shut = network()
    shut.keep(Talk(here))
    shut.shut()
    assert there.recv(1) == b""
    with pytest.raises(OSError, match="shut"):
        shut.seconds_left(1.0)


@pytest.mark.fault(2)
def test_a_host_without_an_address_is_a_failed_connection():
    with pytest.raises(httpcore.ConnectError):
        network().connect_tcp("nowhere.invalid", 443)


def test_closing_wakes_a_thread_in_a_handshake():
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = AccessTokensClient(f"https://127.0.0.1:{server.getsockname()[1]}", "pat_x")
        results: list[Any] = []
        thread = threading.Thread(target=lambda: results.append(result_of(client.list)))
        thread.start()
        with server.accept()[0] as connection:
            assert connection.recv(5)[0] == 22  # the first message of a handshake (RFC 8446, section 5.1)
            client.close()
            thread.join(3)
            assert not thread.is_alive()
    assert isinstance(results[0], ClientClosedError)
