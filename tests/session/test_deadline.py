"""The deadline of a call."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from access_tokens import AccessTokensClient, AccessTokensError, AsyncAccessTokensClient, UnavailableError
from access_tokens.testing import LocalService

from ..helpers.callers import in_tasks, run
from ..helpers.silent import silent_service

TOKENS = "/admin/tokens"
EXCHANGE = "/auth/token"
Make = Callable[..., Any]


class TestDeadline:
    @pytest.mark.fault(4)
    def test_it_ends_a_call_to_a_service_that_says_nothing(self):
        with silent_service() as (endpoint, _):
            client = AccessTokensClient(endpoint, "pat_x", deadline=0.1)
            with client, pytest.raises(UnavailableError, match=r"no answer within the deadline of 0\.1 s"):
                client.list()

    @pytest.mark.fault(4)
    @in_tasks
    def test_it_ends_a_task_too(self, variant):
        async def main(endpoint: str) -> None:
            async with AsyncAccessTokensClient(endpoint, "pat_x", deadline=0.1) as client:
                with pytest.raises(UnavailableError, match=r"no answer within the deadline of 0\.1 s"):
                    await client.list()

        with silent_service() as (endpoint, _):
            run(variant, main, endpoint)

    @pytest.mark.fault(6)
    def test_it_ends_a_body_that_trickles(self):
        def trickle(connection: socket.socket) -> None:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
            with suppress(OSError):
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.01)

        with silent_service() as (endpoint, accept):
            server = threading.Thread(target=lambda: trickle(accept()))
            server.start()
            client = AccessTokensClient(endpoint, "pat_x", deadline=0.15)
            with client, pytest.raises(UnavailableError, match="deadline"):
                client.list()
            server.join()

    @pytest.mark.fault(6)
    def test_it_ends_headers_that_trickle(self):
        def trickle(connection: socket.socket) -> None:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            with suppress(OSError):
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.01)

        with silent_service() as (endpoint, accept):
            server = threading.Thread(target=lambda: trickle(accept()))
            server.start()
            client = AccessTokensClient(endpoint, "pat_x", deadline=0.15)
            with client, pytest.raises(UnavailableError, match="deadline"):
                client.list()
            server.join()

    @pytest.mark.fault(15)
    def test_a_retry_after_past_it_is_not_waited_for(self, service, make_client):
        client = make_client(service.endpoint, service.admin_pat, deadline=60)
        service.fail_next(1, status=429, headers={"Retry-After": "61"}, path=TOKENS)
        with pytest.raises(AccessTokensError) as raised:
            client.list()
        assert (raised.value.retry_after, client.clock.waits) == (61.0, [])

    def test_a_renewal_leaves_the_call_half_of_the_time_left(self):
        """A service that hangs at the renewal costs at most half of what the JWT has left."""
        with LocalService(lifetime=3600) as service:
            client = AccessTokensClient(service.endpoint, service.admin_pat)
            with client:
                client.list()
                client._session.now = lambda: time.monotonic() + 3599
                service.delay_next(1, 3600, path=EXCHANGE)
                assert client.list()
            service.clear_faults()
