"""Tasks that are cancelled."""

from __future__ import annotations

import gc
from typing import Any

import anyio
import pytest

from access_tokens import AccessTokensClient, AccessTokensError, AsyncAccessTokensClient

from ..helpers.callers import in_tasks, run

TOKENS = "/admin/tokens"
EXCHANGE = "/auth/token"


@in_tasks
class TestCancellation:
    @pytest.mark.fault(32)
    def test_a_cancelled_leader_hands_over(self, service, variant):
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
                    while not service.exchanges:  # noqa: ASYNC110 - it tells nobody
                        await anyio.sleep(0.01)
                    for _ in range(5):
                        group.start_soon(follow)
                    await anyio.wait_all_tasks_blocked()
                    leader.cancel()
                assert [len(result) for result in results] == [1] * 5
                assert service.exchanges == 2

        run(variant, main)

    @pytest.mark.fault(32)
    def test_a_cancelled_waiter_leaves_the_rest_alone(self, service, variant):
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

        run(variant, main)

    @pytest.mark.fault(33)
    def test_a_call_that_is_cancelled_leaves_the_client_working(self, service, variant):
        async def main() -> None:
            async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client:
                await client.authenticate()
                service.delay_next(1, 5, path=TOKENS)
                with anyio.move_on_after(0.05) as scope:
                    await client.list()
                assert scope.cancelled_caught
                assert await client.list()

        run(variant, main)


class TestIteration:
    @in_tasks
    def test_it_may_be_left_early(self, service, variant):
        """Nothing is left to be cleaned up: trio would warn of an async generator."""
        service.seed(5)

        async def main() -> None:
            async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client:
                async for record in client.iter_tokens(page_size=2):
                    assert record
                    break

        run(variant, main)
        gc.collect()

    def test_no_more_is_requested_than_is_looked_at(self, service):
        service.seed(5)
        with AccessTokensClient(service.endpoint, service.admin_pat) as client:
            walk = client.iter_tokens(page_size=2)
            assert service.requests == []
            assert next(walk)
            assert len(service.requests) == 2

    @pytest.mark.fault(44)
    @in_tasks
    def test_it_goes_on_where_it_was_after_an_error(self, service, variant):
        """Or who catches the error would take the rest for the end."""
        service.seed(3)

        async def main() -> None:
            async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client:
                walk = client.iter_tokens(page_size=2).__aiter__()
                found = [await walk.__anext__(), await walk.__anext__()]
                service.fail_next(1, status=400, path=TOKENS)
                with pytest.raises(AccessTokensError):
                    await walk.__anext__()
                found += [record async for record in walk]
                assert len({record.token_id for record in found}) == 4

        run(variant, main)

    @pytest.mark.fault(44)
    def test_in_threads_too_it_goes_on_where_it_was_after_an_error(self, service):
        service.seed(3)
        with AccessTokensClient(service.endpoint, service.admin_pat) as client:
            walk = client.iter_tokens(page_size=2)
            found = [next(walk), next(walk)]
            service.fail_next(1, status=400, path=TOKENS)
            with pytest.raises(AccessTokensError):
                next(walk)
            assert len({record.token_id for record in [*found, *walk]}) == 4
