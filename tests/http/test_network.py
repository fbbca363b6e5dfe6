"""Connections that are not made, are lost, or say nothing."""

import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from access_tokens import AccessTokensError, UnavailableError
from access_tokens._http.request import Progress
from access_tokens._http.sync_connection import DeadlineBackend

from ..helpers.fault_server import EXCHANGE, RECORD, TOKENS, Peer, Play, response
from ..helpers.operations import (
    AUTHENTICATE,
    ISSUE,
    LIST,
    Operation,
    each_operation,
    failure_of,
    keep_jwt,
)
from ..helpers.threads import until

Make = Callable[..., Any]


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


def test_a_network_that_is_shut_allows_no_more():
    shut = network()
    shut.shut()
    with pytest.raises(OSError, match="^the network is shut$"):
        shut.seconds_left(1.0)


def check_exhaustion(error: AccessTokensError, operation: Operation, client: Any) -> None:
    assert (type(error), error.message, error.attempts) == (UnavailableError, operation.failed, 4)
    assert client.clock.waits[:3] == [1.0, 2.0, 4.0]


@pytest.mark.fault(1)
@each_operation
def test_a_closed_port_is_tried_four_times_and_changes_nothing(server, warm, operation):
    server.stop_listening()
    error = failure_of(operation, warm)
    check_exhaustion(error, operation, warm)
    assert len(warm.clock.waits) == 3
    assert f"{server.address}: " in str(error)
    assert isinstance(error.cause, httpx.ConnectError)
    assert not error.outcome_unknown


def no_address(*_: Any, **__: Any) -> Any:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.fault(2)
def test_a_name_that_does_not_resolve_is_looked_up_four_times(make_client, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", no_address)
    client = make_client("https://nowhere.invalid", "pat_x")
    error = failure_of(AUTHENTICATE, client)
    check_exhaustion(error, AUTHENTICATE, client)
    assert "nowhere.invalid: " in str(error)
    assert "Name or service not known" in str(error)
    assert isinstance(error.cause, httpx.ConnectError)
    assert not error.outcome_unknown


WHOLE = response(200, {"records": [RECORD]})
ENDS = {"FIN": Peer.close, "RST": Peer.reset}
BEGINNINGS = {"after the request": b"", "in the header": WHOLE[:30], "in the body": WHOLE[:-9]}


def lose(end: Play, sent: bytes) -> Play:
    """Send the beginning of an answer, and end the connection."""

    def play(peer: Peer) -> None:
        peer.send(sent)
        end(peer)

    return play


LOSSES = {f"{name} {place}": lose(ENDS[name], BEGINNINGS[place]) for name in ENDS for place in BEGINNINGS}


@pytest.mark.fault(3)
@each_operation
def test_a_connection_that_ends_before_a_byte_is_made_four_times(server, warm, operation):
    server.greet(Peer.close, Peer.reset, Peer.close, Peer.reset)
    check_exhaustion(failure_of(operation, warm), operation, warm)
    assert server.connections >= 1 + 4
    assert server.count(EXCHANGE) == 1


@pytest.mark.fault(3)
@each_operation
def test_an_answer_that_is_lost_is_asked_for_four_times(server, warm, operation):
    for name, loss in LOSSES.items():
        keep_jwt(warm)
        warm.clock.waits.clear()
        server.requests.clear()
        server.play(operation.path, *[loss] * 4)
        error = failure_of(operation, warm)
        check_exhaustion(error, operation, warm)
        assert server.count(operation.path) == 4, name
        assert error.outcome_unknown == operation.changes
        assert (error.token_id is not None) == operation.changes
        assert server.count(EXCHANGE) == (4 if operation is AUTHENTICATE else 0)


@pytest.mark.fault(4)
@pytest.mark.parametrize("operation", [LIST, ISSUE, AUTHENTICATE], ids=lambda each: each.name)
def test_a_service_that_hangs_is_asked_four_times(server, make_client, operation):
    client = make_client(server.endpoint, "pat_x", timeout=httpx.Timeout(5, read=0.03))
    if operation is not AUTHENTICATE:
        keep_jwt(client)
    server.always(operation.path, Peer.stall)
    error = failure_of(operation, client)
    check_exhaustion(error, operation, client)
    assert isinstance(error.cause, httpx.ReadTimeout)
    until(lambda: len(server.requests) == 4)  # the server may come late to the last
    assert server.count(operation.path) == 4
    assert error.outcome_unknown == operation.changes


@pytest.mark.fault(5)
@each_operation
def test_an_idle_connection_that_was_closed_is_unnoticed(server, victim, operation):
    victim.authenticate()
    server.hang_up()
    operation.call(victim)
    assert victim.clock.waits == []
    assert (server.connections, server.count(operation.path)) == (2, 2 if operation is AUTHENTICATE else 1)


@pytest.mark.fault(5)
def test_a_connection_that_the_service_is_about_to_close_is_not_used_again(server, victim):
    server.always(TOKENS, lambda peer: peer.send(response(200, {"records": []}, "Connection: close")))
    for _ in range(3):
        victim.list()
    assert victim.clock.waits == []
    assert server.connections == 3
