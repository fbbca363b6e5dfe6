"""Clients that are closed while they are in use."""

from __future__ import annotations

import threading
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
)
from access_tokens._flow.jwt import Jwt
from access_tokens._secret import Secret

from ..helpers.callers import in_tasks, result_of, run
from ..helpers.silent import silent_service

TOKENS = "/admin/tokens"


@pytest.mark.fault(34)
class TestClosing:
    def test_it_wakes_a_thread_that_waits_for_a_retry(self, service):
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

    @in_tasks
    def test_it_wakes_a_task_that_waits_for_a_retry(self, service, variant):
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

        run(variant, main)

    def test_it_wakes_threads_that_read_and_threads_that_wait_for_them(self):
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

    @in_tasks
    def test_it_ends_tasks_that_read_and_tasks_that_wait_for_them(self, variant):
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

        run(variant, main)

    def test_it_wakes_who_waits_for_a_thread_that_it_cannot_wake(self, monkeypatch):
        """One that reads through the caller's own HTTP stack."""
        with silent_service() as (endpoint, accept), httpx.Client() as http_client:
            client = AccessTokensClient(endpoint, "pat_x", http_client=http_client)
            results: list[Any] = []
            leader = threading.Thread(target=result_of, args=(client.list,))
            leader.start()
            connection = accept()
            flight = client._session._pending
            assert flight
            waits, wait = threading.Event(), flight.done.wait

            def waited(timeout: float) -> bool:
                waits.set()
                return wait(timeout)

            monkeypatch.setattr(flight.done, "wait", waited)
            waiter = threading.Thread(target=lambda: results.append(result_of(client.list)))
            waiter.start()
            waits.wait()
            client.close()
            waiter.join(5)
            assert [type(result) for result in results] == [ClientClosedError]
            assert leader.is_alive()
            connection.close()
            leader.join()

    def test_no_call_that_waits_for_a_connection_is_sent_afterwards(self):
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

    def test_a_client_of_the_callers_stays_open(self, service):
        with httpx.Client() as http_client:
            with AccessTokensClient(service.endpoint, service.admin_pat, http_client=http_client) as client:
                client.list()
            assert not http_client.is_closed
