"""Connections that are not made, are lost, or say nothing."""

from __future__ import annotations

import inspect
import json
import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from access_tokens import AccessTokensClient, AccessTokensError, UnavailableError
from access_tokens._http.request import build_request
from access_tokens._secret import Secret
from access_tokens._settings import settings

from ..helpers.fault_server import EXCHANGE, RECORD, TOKENS, Peer, Play, response
from ..helpers.operations import (
    AUTHENTICATE,
    ISSUE,
    LIST,
    PHC,
    REGISTER,
    TOKEN_ID,
    Operation,
    each_operation,
    keep_jwt,
)
from ..helpers.sessions import SETTINGS
from ..helpers.threads import until

Make = Callable[..., Any]
BATCH = f"{TOKENS}/batch"


def failure_of(operation: Operation, client: Any) -> AccessTokensError:
    with pytest.raises(AccessTokensError, match=f"^{operation.failed}: ") as raised:
        operation.call(client)
    return raised.value


def check_exhaustion(error: AccessTokensError, client: Any) -> None:
    assert type(error) is UnavailableError
    assert error.attempts == 4
    assert client.clock.waits[:3] == [1.0, 2.0, 4.0]


def no_address(*_: Any, **__: Any) -> Any:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.fault(1)
@each_operation
def test_a_closed_port_is_tried_four_times_and_changes_nothing(server, warm, operation):
    server.stop_listening()
    error = failure_of(operation, warm)
    check_exhaustion(error, warm)
    assert len(warm.clock.waits) == 3
    assert f"{server.address}: " in str(error)
    assert isinstance(error.cause, httpx.ConnectError)
    assert not error.outcome_unknown


@pytest.mark.fault(2)
def test_a_name_that_does_not_resolve_is_looked_up_four_times(make_client, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", no_address)
    client = make_client("https://nowhere.invalid", "pat_x")
    error = failure_of(AUTHENTICATE, client)
    check_exhaustion(error, client)
    assert "nowhere.invalid: " in str(error)
    assert "Name or service not known" in str(error)
    assert isinstance(error.cause, httpx.ConnectError)
    assert not error.outcome_unknown


@pytest.mark.fault(2, 39)
@pytest.mark.parametrize("name", ["a..b", f"{'a' * 64}.invalid"])
def test_a_name_that_no_name_server_could_be_asked_for_is_refused_at_construction(name):
    with pytest.raises(ValueError, match="^endpoint"):
        AccessTokensClient(f"https://{name}", "pat_x")


@pytest.mark.fault(2)
def test_the_addresses_of_a_host_are_tried_one_after_the_other(server, make_client, monkeypatch):
    port = int(server.address.rpartition(":")[2])
    kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
    addresses = [(*kind, ("127.0.0.2", port)), (*kind, ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
    client = make_client(f"http://two.example:{port}", "pat_x", allow_http=True)
    assert len(client.list()) == 1
    assert client.clock.waits == []


def lose(end: Play, *, sent: bytes = b"") -> Play:
    """Send the beginning of an answer, and end the connection."""

    def play(peer: Peer) -> None:
        peer.send(sent)
        end(peer)

    return play


WHOLE = response(200, {"records": [RECORD]})
ENDS = {"FIN": Peer.close, "RST": Peer.reset}
BEGINNINGS = {"after the request": b"", "in the header": WHOLE[:30], "in the body": WHOLE[:-9]}
LOSSES = {
    f"{name} {place}": lose(end, sent=sent)
    for name, end in ENDS.items()
    for place, sent in BEGINNINGS.items()
}


@pytest.mark.fault(3)
def test_a_request_that_is_broken_off_leaves_no_async_generator_behind():
    """Trio would warn of one."""
    base = settings("https://h", Secret("x"), **SETTINGS)
    request = build_request(base, {"method": "post", "url": "/admin/tokens", "json": {}}, Secret("jwt"), 1.0)
    assert isinstance(request.stream, httpx.AsyncByteStream)
    assert not inspect.isasyncgen(aiter(request.stream))


@pytest.mark.fault(3)
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@each_operation
def test_a_connection_that_ends_before_a_byte_is_made_four_times(server, warm, operation, end):
    server.greet(*[end] * 4)
    check_exhaustion(failure_of(operation, warm), warm)
    assert server.connections >= 1 + 4
    assert server.count(EXCHANGE) == 1


@pytest.mark.fault(3)
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@each_operation
def test_an_answer_that_is_lost_is_asked_for_four_times(server, warm, operation, loss):
    server.play(operation.path, *[loss] * 4)
    before = server.count(operation.path)
    error = failure_of(operation, warm)
    check_exhaustion(error, warm)
    assert server.count(operation.path) - before == 4
    assert error.outcome_unknown == operation.changes
    assert (error.token_id is not None) == operation.changes
    assert server.count(EXCHANGE) == (5 if operation is AUTHENTICATE else 1)


@pytest.mark.fault(3, 45)
def test_every_attempt_to_issue_carries_the_id_that_the_error_names(server, warm):
    server.play(TOKENS, *list(LOSSES.values())[:4])
    error = failure_of(ISSUE, warm)
    bodies = [json.loads(each.body) for each in server.requests if each.path == TOKENS]
    assert [body["tokenId"] for body in bodies] == [error.token_id] * 4


@pytest.mark.fault(3, 45)
def test_a_registration_whose_answers_are_lost_is_settled_by_reading_the_record_back(server, warm):
    stored = RECORD | {"secretPhc": PHC}
    server.play(REGISTER.path, *list(LOSSES.values())[-4:])
    server.play(BATCH, lambda peer: peer.send(response(200, {"found": [stored], "notFound": []})))
    assert REGISTER.call(warm).token_id == TOKEN_ID
    assert (server.count(REGISTER.path), server.count(BATCH)) == (4, 1)


@pytest.mark.fault(3)
@each_operation
def test_three_lost_answers_are_unnoticed(server, warm, operation):
    server.play(operation.path, *list(LOSSES.values())[1:4])
    operation.call(warm)
    assert warm.clock.waits == [1.0, 2.0, 4.0]


@pytest.mark.fault(4)
@pytest.mark.parametrize("operation", [LIST, ISSUE, AUTHENTICATE], ids=lambda each: each.name)
def test_a_service_that_hangs_is_asked_four_times(server, make_client, operation):
    client = make_client(server.endpoint, "pat_x", timeout=httpx.Timeout(5, read=0.03))
    if operation is not AUTHENTICATE:
        keep_jwt(client)
    server.always(operation.path, Peer.stall)
    error = failure_of(operation, client)
    check_exhaustion(error, client)
    assert isinstance(error.cause, httpx.ReadTimeout)
    until(lambda: len(server.requests) == 4)  # the server may come late to the last
    assert server.count(operation.path) == 4
    assert error.outcome_unknown == operation.changes


@pytest.mark.fault(4)
def test_a_host_that_does_not_take_the_connection_is_tried_four_times(make_client):
    """Its queue is full, so that it does not even refuse."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as stack:
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        endpoint = f"http://127.0.0.1:{full.getsockname()[1]}"
        client = make_client(endpoint, "pat_x", timeout=httpx.Timeout(5, connect=0.03))
        keep_jwt(client)
        error = failure_of(ISSUE, client)
    check_exhaustion(error, client)
    assert isinstance(error.cause, httpx.ConnectTimeout)
    assert not error.outcome_unknown


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
