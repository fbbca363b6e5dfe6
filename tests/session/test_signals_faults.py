"""Handlers of signals that raise: a Ctrl-C, the time limit of a task queue, or an alarm."""

from __future__ import annotations

import pytest

from access_tokens import AccessTokensClient

from ..helpers.fault_server import EXCHANGE, TOKENS, Peer
from ..helpers.plays import Issuer
from ..helpers.signals import handling, needs_signals, send_signal
from ..helpers.threads import Task, until, waiting_in_the_library

pytestmark = [pytest.mark.fault(53), needs_signals]


class TimeLimitError(Exception):
    """What a task queue raises in a task that has taken too long; it is no `BaseException`."""


def raise_interrupt() -> None:
    raise KeyboardInterrupt


def raise_limit() -> None:
    raise TimeLimitError


HANDLERS = [
    pytest.param(raise_interrupt, KeyboardInterrupt, id="interrupt"),
    pytest.param(
        raise_limit,
        TimeLimitError,
        id="limit",
    ),
]


@pytest.mark.parametrize("path", [EXCHANGE, TOKENS])
@pytest.mark.parametrize(("handler", "kind"), HANDLERS)
def test_what_a_handler_raises_reaches_the_caller_and_the_client_works_on(server, handler, kind, path):
    """At once, as it is, and without a repetition."""
    Issuer(server)
    with AccessTokensClient(server.endpoint, "pat_x") as client:
        server.play(path, send_signal)
        with handling(handler), pytest.raises(kind):
            client.list()
        assert server.count(path) == 1
        assert client.list()


@pytest.mark.parametrize(("handler", "kind"), HANDLERS)
def test_threads_that_wait_for_the_exchange_of_one_that_is_broken_off_lead_their_own(server, handler, kind):
    issuer = Issuer(server)
    with AccessTokensClient(server.endpoint, "pat_x") as client:
        tasks: list[Task] = []

        def play(peer: Peer) -> None:
            tasks.extend(Task(client.list) for _ in range(5))
            until(lambda: waiting_in_the_library() >= 5)
            send_signal(peer)

        server.play(EXCHANGE, play)
        with handling(handler), pytest.raises(kind):
            client.list()
        assert all(isinstance(task.outcome(), list) for task in tasks)
    assert (server.count(EXCHANGE), issuer.bearers) == (2, ["jwt-1"] * 5)
