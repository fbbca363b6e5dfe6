"""Clients that are closed by a signal handler, or at a bad moment."""

import gc
import socket
from typing import Any

import anyio
import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, ClientClosedError
from access_tokens._http import happy_eyeballs

from ..helpers.callers import in_tasks, result_of, run
from ..helpers.fault_server import EXCHANGE, TOKENS, Peer
from ..helpers.signals import handling, needs_signals, send_signal
from ..helpers.threads import PATIENCE, until

pytestmark = pytest.mark.fault(34)


@needs_signals
@pytest.mark.parametrize("path", [EXCHANGE, TOKENS])
def test_a_signal_handler_may_close_it_in_the_thread_that_calls(server, path):
    client = AccessTokensClient(server.endpoint, "pat_x")
    server.play(path, send_signal)
    with handling(client.close):
        assert isinstance(result_of(client.list), ClientClosedError)
    until(lambda: not server._open)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_thread_that_has_just_connected_leaves_no_socket(server, monkeypatch, scheme):
    """Python warns of sockets that are left to the garbage collector, and warnings are errors here."""
    client = AccessTokensClient(f"{scheme}://{server.address}", "pat_x")
    connect = happy_eyeballs.connect

    def connect_and_close(*args: Any) -> socket.socket:
        connected = connect(*args)
        client.close()
        return connected

    monkeypatch.setattr(happy_eyeballs, "connect", connect_and_close)
    assert isinstance(result_of(client.list), ClientClosedError)
    gc.collect()


def test_a_thread_that_takes_an_idle_connection_loses_none(server, monkeypatch):
    """One that is lost stays open until it is collected, which warns."""
    client = AccessTokensClient(server.endpoint, "pat_x")
    client.list()
    pool = client._session._state.pool
    last = pool._idle.last

    def last_and_drop_it() -> Any:
        """Do as `close` does in another thread."""
        found = last()
        if found:
            pool._drop(found)
        return found

    monkeypatch.setattr(pool._idle, "last", last_and_drop_it)
    client.list()
    client.close()
    until(lambda: not server._open)


@in_tasks
def test_a_closing_and_a_cancellation_at_once_end_a_call(server, variant):
    server.always(TOKENS, Peer.stall)

    async def main() -> None:
        client = AsyncAccessTokensClient(server.endpoint, "pat_x")
        await client.authenticate()
        with anyio.fail_after(PATIENCE):
            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(client.list)
                await anyio.to_thread.run_sync(until, lambda: server.count(TOKENS) == 5)
                group.start_soon(client.aclose)
                group.cancel_scope.cancel()
        await client.aclose()

    run(variant, main)
    until(lambda: not server._open)
