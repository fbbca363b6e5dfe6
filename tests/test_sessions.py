"""Threads, tasks, forks, event loops, deadlines and cancellation."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import anyio
import httpx
import pytest

from access_tokens import (
    AccessTokensClient,
    AccessTokensError,
    AsyncAccessTokensClient,
    ClientClosedError,
    RetryPolicy,
    UnavailableError,
)
from access_tokens._jwt import Jwt
from access_tokens._secret import Secret
from access_tokens.testing import LocalService

from .colours import result_of

TOKENS, EXCHANGE = "/admin/tokens", "/auth/token"
ONCE = RetryPolicy(retries=0)
Make = Callable[..., Any]


@contextmanager
def silent_service() -> Iterator[tuple[str, Callable[[], socket.socket]]]:
    """A port where connections are accepted by hand."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(1)
        opened: list[socket.socket] = []

        def accept() -> socket.socket:
            opened.append(server.accept()[0])
            return opened[-1]

        yield f"http://127.0.0.1:{server.getsockname()[1]}", accept
        for connection in opened:
            connection.close()


class TestOneExchange:
    @pytest.mark.parametrize("count", [50, 200])
    def test_any_number_of_cold_callers_share_one(
        self, client: Any, service: LocalService, count: int
    ) -> None:
        results = client.at_once(count, lambda c: c.list())
        assert [len(result) for result in results] == [1] * count
        assert service.exchanges == 1

    def test_late_401s_for_one_jwt_share_one(self, client: Any, service: LocalService) -> None:
        client.list()
        service.rotate_key()
        results = client.at_once(20, lambda c: c.list())
        assert [len(result) for result in results] == [1] * 20
        assert service.exchanges == 2

    def test_all_share_its_failure(self, service: LocalService, make_client: Make) -> None:
        service.fail_next(4, status=503, path=EXCHANGE)
        client = make_client(service.endpoint, service.admin_pat)
        service.delay_next(1, 0.2, path=EXCHANGE)
        results = client.at_once(30, lambda c: c.list())
        assert all(isinstance(result, UnavailableError) for result in results)
        assert len({id(result) for result in results}) == 30
        assert service.exchanges == 4
        assert client.clock.waits == [1.0, 2.0, 4.0]

    def test_what_the_leader_adds_to_its_error_is_not_shared(self) -> None:
        with (
            silent_service() as (endpoint, accept),
            AccessTokensClient(endpoint, "pat_x", retry=ONCE) as client,
        ):
            errors: list[Any] = []
            leader = threading.Thread(target=lambda: errors.append(result_of(lambda: client.revoke("abc"))))
            leader.start()
            connection = accept()
            flight = client._session._flight
            connection.close()
            leader.join()
        assert errors[0].token_id == "abc"
        assert flight
        assert flight.error
        assert flight.error.token_id is None

    def test_an_authentication_that_fails_leaves_the_others_their_jwt(
        self, service: LocalService, make_client: Make
    ) -> None:
        client = make_client(service.endpoint, service.admin_pat, retry=ONCE)
        client.list()
        client.clock.advance(3580)
        service.fail_next(9, status=503, path=EXCHANGE)
        service.delay_next(1, 0.2, path=EXCHANGE)
        names = iter(["authenticate", *["list"] * 5])
        results = client.at_once(6, lambda c: getattr(c, next(names))())
        assert sum(isinstance(result, UnavailableError) for result in results) == 1
        assert sum(isinstance(result, tuple) for result in results) == 5

    def test_an_interrupt_at_any_moment_wedges_nobody(
        self, service: LocalService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Like a Ctrl-C between becoming the leader and leading."""
        with AccessTokensClient(service.endpoint, service.admin_pat) as client:

            def interrupted(*_: Any) -> Any:
                monkeypatch.undo()
                raise KeyboardInterrupt

            monkeypatch.setattr(client._session, "_lead", interrupted)
            with pytest.raises(KeyboardInterrupt):
                client.list()
            assert client.list()

    def test_an_authentication_joins_the_one_under_way(self, client: Any, service: LocalService) -> None:
        client.at_once(20, lambda c: c.authenticate())
        assert service.exchanges == 1

    def test_who_waits_for_it_waits_no_longer_than_the_deadline(self) -> None:
        with (
            silent_service() as (endpoint, accept),
            AccessTokensClient(endpoint, "pat_x", retry=ONCE) as client,
        ):
            leader = threading.Thread(target=result_of, args=(client.list,))
            leader.start()
            connection = accept()
            with pytest.raises(UnavailableError, match="deadline"):
                client._session._authorize(client._session.now() + 0.05)
            connection.close()
            leader.join()

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_a_task_that_waits_for_it_waits_no_longer_than_the_deadline(self, backend: str) -> None:
        async def main() -> None:
            with silent_service() as (endpoint, _):
                client = AsyncAccessTokensClient(endpoint, "pat_x", retry=ONCE)
                async with client, anyio.create_task_group() as group:
                    group.start_soon(client.list)
                    await anyio.wait_all_tasks_blocked()
                    with pytest.raises(UnavailableError, match="deadline"):
                        await client._session._authorize(client._session.now() + 0.05)
                    group.cancel_scope.cancel()

        anyio.run(main, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
class TestCancellation:
    def test_a_cancelled_leader_hands_over(self, service: LocalService, backend: str) -> None:
        async def main() -> None:
            async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client:
                service.delay_next(1, 5, path=EXCHANGE)
                results: list[Any] = []

                async def follow() -> None:
                    results.append(await client.list())

                async with anyio.create_task_group() as group:
                    leader = anyio.CancelScope()

                    async def lead() -> None:
                        with leader:
                            await client.list()

                    group.start_soon(lead)
                    await anyio.wait_all_tasks_blocked()
                    for _ in range(5):
                        group.start_soon(follow)
                    await anyio.wait_all_tasks_blocked()
                    leader.cancel()
                assert [len(result) for result in results] == [1] * 5
                assert service.exchanges == 2

        anyio.run(main, backend=backend)

    def test_a_cancelled_waiter_leaves_the_rest_alone(self, service: LocalService, backend: str) -> None:
        async def main() -> None:
            async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client:
                service.delay_next(1, 0.1, path=EXCHANGE)
                async with anyio.create_task_group() as group:
                    group.start_soon(client.list)
                    await anyio.wait_all_tasks_blocked()
                    with anyio.move_on_after(0.01) as scope:
                        await client.list()
                    assert scope.cancelled_caught
                assert service.exchanges == 1
                assert await client.list()

        anyio.run(main, backend=backend)

    def test_a_call_that_is_cancelled_leaves_the_client_working(
        self, service: LocalService, backend: str
    ) -> None:
        async def main() -> None:
            async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client:
                await client.authenticate()
                service.delay_next(1, 5, path=TOKENS)
                with anyio.move_on_after(0.05) as scope:
                    await client.list()
                assert scope.cancelled_caught
                assert await client.list()

        anyio.run(main, backend=backend)


class TestDeadline:
    def test_it_ends_a_call_to_a_service_that_says_nothing(self) -> None:
        with silent_service() as (endpoint, _):
            client = AccessTokensClient(endpoint, "pat_x", deadline=0.1)
            with client, pytest.raises(UnavailableError, match=r"no answer within the deadline of 0\.1 s"):
                client.list()

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_it_ends_a_task_too(self, backend: str) -> None:
        async def main(endpoint: str) -> None:
            async with AsyncAccessTokensClient(endpoint, "pat_x", deadline=0.1) as client:
                with pytest.raises(UnavailableError, match=r"no answer within the deadline of 0\.1 s"):
                    await client.list()

        with silent_service() as (endpoint, _):
            anyio.run(main, endpoint, backend=backend)

    def test_it_ends_a_body_that_trickles(self) -> None:
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

    def test_it_ends_headers_that_trickle(self) -> None:
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
            began = time.monotonic()
            client = AccessTokensClient(endpoint, "pat_x", deadline=0.15)
            with client, pytest.raises(UnavailableError, match="deadline"):
                client.list()
            server.join()
        assert time.monotonic() - began < 0.15 + 0.5

    def test_a_retry_after_past_it_is_not_waited_for(self, service: LocalService, make_client: Make) -> None:
        client = make_client(service.endpoint, service.admin_pat, deadline=60)
        service.fail_next(1, status=429, headers={"Retry-After": "61"}, path=TOKENS)
        with pytest.raises(AccessTokensError) as raised:
            client.list()
        assert (raised.value.retry_after, client.clock.waits) == (61.0, [])

    def test_a_renewal_leaves_the_call_half_of_the_time_left(self) -> None:
        """A service that hangs at the renewal costs at most half of what the JWT has left."""
        with LocalService(lifetime=3600) as service:
            client = AccessTokensClient(service.endpoint, service.admin_pat)
            with client:
                client.list()
                behind = time.monotonic()
                client._session.now = lambda: time.monotonic() + 3599.8
                service.delay_next(1, 5, path=EXCHANGE)
                assert client.list()
                assert time.monotonic() - behind < 3
            service.clear_faults()


class TestClosing:
    def test_it_wakes_a_thread_that_waits_for_a_retry(self, service: LocalService) -> None:
        client = AccessTokensClient(service.endpoint, service.admin_pat, retry=RetryPolicy(backoff=30))
        client.authenticate()
        service.fail_next(1, status=503, path=TOKENS)
        results: list[Any] = []
        asleep = threading.Event()
        sleep = client._session._sleep

        def fall_asleep(seconds: float) -> None:
            asleep.set()
            sleep(seconds)

        client._session._sleep = fall_asleep  # type: ignore[method-assign]
        thread = threading.Thread(target=lambda: results.append(result_of(lambda: client.issue("x"))))
        thread.start()
        asleep.wait()
        client.close()
        thread.join(5)
        [error] = results
        assert isinstance(error, ClientClosedError)
        assert error.token_id
        assert error.outcome_unknown

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_it_wakes_a_task_that_waits_for_a_retry(self, service: LocalService, backend: str) -> None:
        async def main() -> None:
            client = AsyncAccessTokensClient(
                service.endpoint, service.admin_pat, retry=RetryPolicy(backoff=30)
            )
            await client.authenticate()
            service.fail_next(1, status=503, path=TOKENS)
            results: list[Any] = []
            asleep = anyio.Event()
            sleep = client._session._sleep

            async def fall_asleep(seconds: float) -> None:
                asleep.set()
                await sleep(seconds)

            client._session._sleep = fall_asleep  # type: ignore[method-assign]

            async def call() -> None:
                try:
                    await client.list()
                except ClientClosedError as error:
                    results.append(error)

            with anyio.fail_after(5):
                async with anyio.create_task_group() as group:
                    group.start_soon(call)
                    await asleep.wait()
                    await anyio.wait_all_tasks_blocked()
                    await client.aclose()
            assert len(results) == 1

        anyio.run(main, backend=backend)

    def test_it_wakes_threads_that_read_and_threads_that_wait_for_them(self) -> None:
        with silent_service() as (endpoint, accept):
            client = AccessTokensClient(endpoint, "pat_x")
            results: list[Any] = []
            threads = [
                threading.Thread(target=lambda: results.append(result_of(client.list))) for _ in range(3)
            ]
            for thread in threads:
                thread.start()
            accept().recv(65536)
            client.close()
            for thread in threads:
                thread.join(5)
            assert [type(result) for result in results] == [ClientClosedError] * 3

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_it_ends_tasks_that_read_and_tasks_that_wait_for_them(self, backend: str) -> None:
        async def main() -> None:
            with silent_service() as (endpoint, _):
                client = AsyncAccessTokensClient(endpoint, "pat_x")
                results: list[Any] = []

                async def call() -> None:
                    try:
                        await client.list()
                    except AccessTokensError as error:
                        results.append(error)

                with anyio.fail_after(5):
                    async with anyio.create_task_group() as group:
                        for _ in range(3):
                            group.start_soon(call)
                        await anyio.wait_all_tasks_blocked()
                        await client.aclose()
                assert [type(result) for result in results] == [ClientClosedError] * 3

        anyio.run(main, backend=backend)

    def test_no_call_that_waits_for_a_connection_is_sent_afterwards(self) -> None:
        with silent_service() as (endpoint, accept):
            client = AccessTokensClient(endpoint, "pat_x")
            client._session._cache.keep(Jwt(Secret("a.b.c"), client._session.now(), 3600.0))
            results: list[Any] = []
            threads = [
                threading.Thread(target=lambda: results.append(result_of(client.list))) for _ in range(103)
            ]
            for thread in threads:
                thread.start()
            for _ in range(100):
                accept()
            client.close()
            for thread in threads:
                thread.join(10)
            assert [type(result) for result in results] == [ClientClosedError] * 103
            with pytest.raises(TimeoutError):
                accept()

    def test_it_may_be_called_by_a_signal_handler_in_a_thread_that_holds_the_lock(self) -> None:
        client = AccessTokensClient("https://h", "pat_x")
        with client._session._lock:
            client.close()

    def test_a_client_of_the_callers_stays_open(self, service: LocalService) -> None:
        with httpx.Client() as http_client:
            with AccessTokensClient(service.endpoint, service.admin_pat, http_client=http_client) as client:
                client.list()
            assert not http_client.is_closed


class TestForkAndLoops:
    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
    @pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
    def test_a_child_works_though_another_thread_was_exchanging(self, service: LocalService) -> None:
        client = AccessTokensClient(service.endpoint, service.admin_pat)
        service.delay_next(1, 0.3, path=EXCHANGE)
        parent = threading.Thread(target=client.list)
        parent.start()
        while service.exchanges == 0:
            time.sleep(0.01)
        child = os.fork()
        if child == 0:
            os._exit(0 if result_of(lambda: len(client.list())) == 1 else 1)
        parent.join()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert service.exchanges == 2
        client.close()

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_a_client_works_in_a_second_event_loop(self, service: LocalService, backend: str) -> None:
        client = AsyncAccessTokensClient(service.endpoint, service.admin_pat)

        async def main() -> None:
            assert await client.list()
            here = client._session._here()
            assert here.transport
            await here.transport.aclose()  # or asyncio warns of sockets that were not closed

        anyio.run(main, backend=backend)
        anyio.run(main, backend=backend)
        assert service.exchanges == 1

    def test_no_event_loop_is_kept_alive(self, service: LocalService) -> None:
        client = AsyncAccessTokensClient(service.endpoint, service.admin_pat)

        async def main() -> weakref.ref[Any]:
            await client.list()
            transport = client._session._here().transport
            assert transport
            await transport.aclose()
            return weakref.ref(asyncio.get_running_loop())

        loops = [anyio.run(main) for _ in range(5)]
        gc.collect()
        assert sum(loop() is not None for loop in loops) <= 1


class TestIteration:
    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_it_may_be_left_early(self, service: LocalService, backend: str) -> None:
        """Nothing is left to be cleaned up: trio would warn of an async generator."""
        service.seed(5)

        async def main() -> None:
            async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client:
                async for record in client.iter_tokens(page_size=2):
                    assert record
                    break

        anyio.run(main, backend=backend)
        gc.collect()

    def test_no_more_is_requested_than_is_looked_at(self, service: LocalService) -> None:
        service.seed(5)
        with AccessTokensClient(service.endpoint, service.admin_pat) as client:
            walk = client.iter_tokens(page_size=2)
            assert service.requests == []
            assert next(walk)
            assert len(service.requests) == 2


class TestHttpClient:
    """The caller's own HTTP stack."""

    def test_it_sends_every_request_and_nothing_of_its_own(
        self, service: LocalService, colour: str, make_client: Make
    ) -> None:
        seen: list[httpx.Request] = []

        def respond(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            if request.url.path == EXCHANGE:
                body = {"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 60}
                return httpx.Response(200, json=body, headers={"Set-Cookie": "a=b"})
            return httpx.Response(302, headers={"Location": "https://evil.example"})

        kind: Any = httpx.Client if colour == "sync" else httpx.AsyncClient
        own = kind(
            transport=httpx.MockTransport(respond),
            auth=("user", "secret"),
            cookies={"c": "d"},
            follow_redirects=True,
        )
        client = make_client("https://api.example.com", "pat_x", http_client=own)
        with pytest.raises(AccessTokensError, match="302"):
            client.list()
        assert [str(request.url) for request in seen] == [
            "https://api.example.com/auth/token",
            "https://api.example.com/admin/tokens",
        ]
        assert [request.headers["authorization"] for request in seen] == ["Bearer pat_x", "Bearer a.b.c"]
        assert all("cookie" not in request.headers for request in seen)

    def test_its_hooks_may_read_the_answer(
        self, service: LocalService, colour: str, make_client: Make
    ) -> None:
        async def read(response: httpx.Response) -> None:
            await response.aread()

        if colour == "sync":
            own: Any = httpx.Client(event_hooks={"response": [httpx.Response.read]})
        else:
            own = httpx.AsyncClient(event_hooks={"response": [read]})
        client = make_client(service.endpoint, service.admin_pat, http_client=own)
        assert len(client.list()) == 1
        own.close() if colour == "sync" else client.portal.call(own.aclose)

    def test_one_that_is_closed_is_told_so(self, colour: str, make_client: Make) -> None:
        kind: Any = httpx.Client if colour == "sync" else httpx.AsyncClient
        own = kind(transport=httpx.MockTransport(lambda request: httpx.Response(500)))
        client = make_client("https://h", "pat_x", http_client=own)
        own.close() if colour == "sync" else client.portal.call(own.aclose)
        with pytest.raises(ClientClosedError):
            client.list()

    def test_whatever_it_raises_becomes_an_error_of_ours(self, colour: str, make_client: Make) -> None:
        def respond(request: httpx.Request) -> httpx.Response:
            raise LookupError("pat_x")

        kind: Any = httpx.Client if colour == "sync" else httpx.AsyncClient
        client = make_client("https://h", "pat_x", http_client=kind(transport=httpx.MockTransport(respond)))
        with pytest.raises(AccessTokensError) as raised:
            client.list()
        assert "pat_x" not in str(raised.value)
