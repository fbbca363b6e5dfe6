"""Threads that wait when a signal handler raises: a Ctrl-C, the time limit of a task queue, an alarm."""

import asyncio
import concurrent.futures
import gc
import signal
import socket
import ssl
import sys
import threading
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from access_tokens import AccessTokensClient, RetryPolicy, UnavailableError

from ..faults.blocking import driven
from ..faults.calls import WAITS, leader
from ..faults.harness import around_a_thread
from ..faults.test_interrupts import sweep
from ..helpers.fault_server import EXCHANGE, TOKENS, Peer, response
from ..helpers.plays import Issuer
from ..helpers.signals import handling, needs_signals, send_signal, signal_when_in
from ..helpers.threads import Task, until, waiting_in_the_library
from .interruptions import AnyError, AnyTimeoutError, any_limit, closed_by_python, ended_by, passes_on

pytestmark = [pytest.mark.fault(53, 66), pytest.mark.untraced, needs_signals]


class OwnTimeoutError(TimeoutError):
    """One of the caller's own."""


KINDS = [
    *(KeyboardInterrupt, TimeoutError, OwnTimeoutError, OSError, ConnectionResetError, ssl.SSLError),
    *(RuntimeError, ValueError, AssertionError, LookupError),
    *(concurrent.futures.InvalidStateError, asyncio.QueueFull),
]


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_handler_raises_is_passed_on_and_nothing_is_sent_again(server, kind):
    server.play(TOKENS, send_signal)
    passes_on(kind, server.endpoint)
    assert server.count(TOKENS) == 2


def send_some_and_a_signal(peer: Peer) -> None:
    peer.send(response(200, b"{" * 9)[:-5])
    send_signal(peer)


@any_limit
@pytest.mark.parametrize("path", [EXCHANGE, TOKENS])
@pytest.mark.parametrize("play", [send_signal, send_some_and_a_signal])
@pytest.mark.parametrize("is_borrowed", [False, True], ids=["own", "borrowed"])
def test_it_is_passed_on_from_any_wait_for_an_answer(server, limit, play, path, is_borrowed):
    server.play(path, play)
    with ExitStack() as stack:
        http = stack.enter_context(httpx.Client()) if is_borrowed else None
        passes_on(limit, server.endpoint, http_client=http)
    assert server.count(path) == 2


@any_limit
def test_it_is_passed_on_from_the_wait_for_a_name_server(server, limit, monkeypatch):
    def resolve(*_: Any, **__: Any) -> Any:
        monkeypatch.undo()
        signal_when_in("wait")
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    passes_on(limit, server.endpoint)
    assert server.connections == 1


@closed_by_python
@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: wait.__name__)
def test_it_is_passed_on_from_any_wait_and_nothing_is_left_behind(pools, wait):
    thread, signals = threading.get_ident(), iter([signal.SIGUSR1])  # a second would interrupt the tests

    def ring() -> None:
        for each in signals:
            signal.pthread_kill(thread, each)

    with around_a_thread(pools) as harness:
        call = driven(wait(harness, ring))
        with ended_by(TimeoutError):
            driven(call())


class AnyKindError(AnyTimeoutError, AnyError):
    __module__ = "builtins"


@closed_by_python
# What is traced raises: Python 3.12 itself crashes when that happens in a generator, now and then.
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="not every instruction can be interrupted by a test")
def test_it_is_passed_on_from_between_any_two_steps(pools):
    assert sweep(pools, leader, AnyKindError)
    gc.collect()


def test_threads_that_wait_for_the_exchange_of_one_that_is_broken_off_lead_their_own(server):
    issuer, tasks = Issuer(server), list[Task]()

    def play(peer: Peer) -> None:
        tasks.extend(Task(client.list) for _ in range(5))
        until(lambda: waiting_in_the_library() >= 5)
        send_signal(peer)

    server.play(EXCHANGE, play)
    with AccessTokensClient(server.endpoint, "pat_x") as client:
        with ended_by(TimeoutError):
            client.list()
        assert all(isinstance(task.outcome(), list) for task in tasks)
    assert (server.count(EXCHANGE), issuer.bearers) == (2, ["jwt-1"] * 5)


def raise_timeout() -> None:
    raise TimeoutError


def test_one_that_the_caller_has_caught_before_is_not_passed_on(server):
    """By a call that cleans up after it, and is out of luck itself."""
    server.play(TOKENS, send_signal, *[Peer.reset] * 4)
    client = AccessTokensClient(server.endpoint, "pat_x", retry=RetryPolicy(retries=0))
    with client, handling(raise_timeout):
        try:
            client.list()
        except TimeoutError:
            with pytest.raises(UnavailableError):
                client.list()
