"""One exchange for any number of callers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import anyio
import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, RetryPolicy, UnavailableError

from ..helpers.callers import in_tasks, result_of, run
from ..helpers.silent import silent_service

EXCHANGE = "/auth/token"
ONCE = RetryPolicy(retries=0)
Make = Callable[..., Any]


class TestOneExchange:
    @pytest.mark.fault(31)
    @pytest.mark.parametrize("count", [50, 200])
    def test_any_number_of_cold_callers_share_one(self, client, service, count):
        results = client.at_once(count, lambda c: c.list())
        assert [len(result) for result in results] == [1] * count
        assert service.exchanges == 1

    @pytest.mark.fault(26)
    def test_late_401s_for_one_jwt_share_one(self, client, service):
        client.list()
        service.rotate_key()
        results = client.at_once(20, lambda c: c.list())
        assert [len(result) for result in results] == [1] * 20
        assert service.exchanges == 2

    @pytest.mark.fault(31)
    def test_all_share_its_failure(self, service, make_client):
        service.fail_next(4, status=503, path=EXCHANGE)
        client = make_client(service.endpoint, service.admin_pat)
        service.delay_next(1, 0.2, path=EXCHANGE)
        results = client.at_once(30, lambda c: c.list())
        assert all(isinstance(result, UnavailableError) for result in results)
        assert len({id(result) for result in results}) == 30
        assert service.exchanges == 4
        assert client.clock.waits == [1.0, 2.0, 4.0]

    @pytest.mark.fault(31)
    def test_what_the_leader_adds_to_its_error_is_not_shared(self):
        with (
            silent_service() as (endpoint, accept),
            AccessTokensClient(endpoint, "pat_x", retry=ONCE) as client,
        ):
            errors: list[Any] = []
            leader = threading.Thread(target=lambda: errors.append(result_of(lambda: client.revoke("abc"))))
            leader.start()
            connection = accept()
            flight = client._session._pending
            connection.close()
            leader.join()
        assert errors[0].token_id == "abc"
        assert flight
        assert flight.error
        assert flight.error.token_id is None

    @pytest.mark.fault(29)
    def test_an_authentication_that_fails_leaves_the_others_their_jwt(self, service, make_client):
        client = make_client(service.endpoint, service.admin_pat, retry=ONCE)
        client.list()
        client.clock.advance(3580)
        service.fail_next(9, status=503, path=EXCHANGE)
        service.delay_next(1, 0.2, path=EXCHANGE)
        names = iter(["authenticate", *["list"] * 5])
        results = client.at_once(6, lambda c: getattr(c, next(names))())
        assert sum(isinstance(result, UnavailableError) for result in results) == 1
        assert sum(isinstance(result, list) for result in results) == 5

    @pytest.mark.fault(32)
    def test_an_interrupt_at_any_moment_wedges_nobody(self, service, monkeypatch):
        """Like a Ctrl-C between becoming the leader and leading."""
        with AccessTokensClient(service.endpoint, service.admin_pat) as client:

            def interrupted(*_: Any) -> Any:
                monkeypatch.undo()
                raise KeyboardInterrupt

            monkeypatch.setattr(client._session, "_lead", interrupted)
            with pytest.raises(KeyboardInterrupt):
                client.list()
            assert client.list()

    @pytest.mark.fault(31)
    def test_an_authentication_joins_the_one_under_way(self, client, service):
        client.at_once(20, lambda c: c.authenticate())
        assert service.exchanges == 1

    @in_tasks
    def test_it_leaves_nothing_in_the_context_of_the_task(self, service, variant):
        """Where what is left would pile up, with a JWT for each renewal."""

        async def main() -> None:
            async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client:
                await client.authenticate()
                before = dict(copy_context())
                service.rotate_key()
                await client.list()
                assert dict(copy_context()) == before

        run(variant, main)
        assert service.exchanges == 2

    def test_who_waits_for_it_waits_no_longer_than_the_deadline(self):
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

    @in_tasks
    def test_a_task_that_waits_for_it_waits_no_longer_than_the_deadline(self, variant):
        async def main() -> None:
            with silent_service() as (endpoint, _):
                client = AsyncAccessTokensClient(endpoint, "pat_x", retry=ONCE)
                async with client, anyio.create_task_group() as group:
                    group.start_soon(client.list)
                    await anyio.wait_all_tasks_blocked()
                    with pytest.raises(UnavailableError, match="deadline"):
                        await client._session._authorize(client._session.now() + 0.05)
                    group.cancel_scope.cancel()

        run(variant, main)
