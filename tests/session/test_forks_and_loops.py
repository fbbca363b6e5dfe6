"""Forks, and several event loops."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from typing import Any

import anyio
import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient

from ..helpers.callers import in_tasks, result_of, run

EXCHANGE = "/auth/token"


class TestForkAndLoops:
    @pytest.mark.fault(36)
    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
    @pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
    def test_a_child_works_though_another_thread_was_exchanging(self, service):
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

    @pytest.mark.fault(36)
    def test_no_call_imports_anything(self, service):
        """A child that is forked while another thread imports hangs when it imports the same."""
        call = f"""
import sys
from access_tokens import AccessTokensClient
client = AccessTokensClient({service.endpoint!r}, {service.admin_pat!r})
before = set(sys.modules)
client.list()
print(*set(sys.modules) - before)
"""
        done = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=True)
        assert done.stdout.split() == []

    @pytest.mark.fault(36)
    @in_tasks
    def test_no_call_of_a_task_imports_anything(self, service, variant):
        call = f"""
import sys
import anyio
from access_tokens import AsyncAccessTokensClient
async def main():
    async with AsyncAccessTokensClient({service.endpoint!r}, {service.admin_pat!r}) as client:
        before = set(sys.modules)
        await client.list()
        print(*set(sys.modules) - before)
anyio.run(main, backend={variant!r})
"""
        done = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=True)
        assert done.stdout.split() == []

    @pytest.mark.fault(35)
    @in_tasks
    def test_a_client_works_in_a_second_event_loop(self, service, variant):
        client = AsyncAccessTokensClient(service.endpoint, service.admin_pat)

        async def main() -> None:
            assert await client.list()

        run(variant, main)
        run(variant, main)
        assert service.exchanges == 1

    @pytest.mark.fault(35, 37)
    def test_no_event_loop_is_kept_alive(self, service):
        client = AsyncAccessTokensClient(service.endpoint, service.admin_pat)

        async def main() -> weakref.ref[Any]:
            await client.list()
            return weakref.ref(asyncio.get_running_loop())

        loops = [anyio.run(main) for _ in range(5)]
        gc.collect()
        assert sum(loop() is not None for loop in loops) <= 1
