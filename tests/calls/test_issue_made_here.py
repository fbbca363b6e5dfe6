"""A PAT that is made on this side: whatever happens to its answers and to the key, it is not lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import anyio
import pytest

from access_tokens import (
    AsyncAccessTokensClient,
    AuthenticationError,
    ConflictError,
    InvalidResponseError,
    UnavailableError,
)
from access_tokens._calls import issuing as registering
from access_tokens.testing import LocalService
from access_tokens.tokens import generate_token, generate_token_id

from ..helpers.callers import in_tasks, run
from ..helpers.fault_server import Peer, response
from ..helpers.operations import keep_jwt

TOKENS, EXCHANGE, BATCH = "/admin/tokens", "/auth/token", "/admin/tokens/batch"

Make = Callable[..., Any]
pytestmark = pytest.mark.fault(64)


@pytest.fixture
def service(shared_service: LocalService) -> LocalService:
    """One for all, in which each test has an owner and an id of its own."""
    return shared_service


@pytest.fixture
def token_id() -> str:
    """An id that is free, and serves as the name of an owner as well."""
    return generate_token_id()


def issue(client: Any, token_id: str, **options: Any) -> Any:
    return client.issue(token_id, token_id=token_id, generate_locally=True, **options)


def ids_of(client: Any, owner: str) -> list[str]:
    walked = client.iter_tokens(include_revoked=True, include_expired=True)
    return [record.token_id for record in walked if record.owner == owner]


@pytest.mark.parametrize(("errors", "lost"), [("json", 1), ("html", 2), ("empty", 1), ("json", 4)])
def test_a_lost_answer_loses_no_token(client, service, make_client, token_id, errors, lost):
    service.errors = errors
    service.drop_next(lost, path=f"{TOKENS}/{token_id}", after=True)
    token, record = issue(client, token_id, is_admin=True, roles=["a"], expires_at=4_000_000_000)
    assert (record.token_id, record.owner, record.roles) == (token_id, token_id, ("a",))
    assert (record.is_admin, record.expires_at, record.secret_phc) == (True, 4_000_000_000, None)
    assert ids_of(client, token_id) == [token_id]
    assert make_client(service.endpoint, token).list(limit=1, include_revoked=True)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_new_key_and_a_lost_answer_lose_no_token(client, service, make_client, token_id, lost):
    client.authenticate()
    service.rotate_key()
    service.drop_next(lost, path=f"{TOKENS}/{token_id}", after=True)
    token, _ = issue(client, token_id)
    assert ids_of(client, token_id) == [token_id]
    make_client(service.endpoint, token).authenticate()


def test_the_secret_never_crosses_the_wire(client, service, token_id):
    token, _ = issue(client, token_id)
    secret = token.partition(".")[2].rstrip("=").encode()
    assert secret not in b"".join(request.body for request in service.requests)


def test_an_outcome_that_stays_unknown_names_the_id_to_revoke(client, service, token_id):
    service.drop_next(4, path=f"{TOKENS}/{token_id}", after=True)
    service.drop_next(4, path=BATCH)
    with pytest.raises(UnavailableError, match="^Failed to issue token") as raised:
        client.issue(token_id, token_id=token_id, generate_locally=True)
    assert (raised.value.token_id, raised.value.outcome_unknown) == (token_id, True)
    client.revoke(raised.value.token_id)


def test_an_id_that_is_taken_is_told(client, service):
    [token_id] = service.seed(1)
    for lost in (0, 1):
        service.drop_next(lost, path=f"{TOKENS}/{token_id}")
        with pytest.raises(ConflictError, match="^Failed to issue token") as raised:
            issue(client, token_id)
        assert (raised.value.token_id, raised.value.outcome_unknown) == (token_id, False)


def test_an_answer_that_cannot_be_read_has_the_message_of_issue(client, service, token_id):
    service.fail_next(1, status=200, body="{}", path=f"{TOKENS}/{token_id}")
    with pytest.raises(InvalidResponseError, match="^Invalid issue token response") as raised:
        issue(client, token_id)
    assert (raised.value.token_id, raised.value.outcome_unknown) == (token_id, True)


def test_an_exchange_that_fails_names_the_id(service, make_client, token_id):
    client = make_client(service.endpoint, generate_token().token)
    with pytest.raises(AuthenticationError) as raised:
        issue(client, token_id)
    assert raised.value.token_id == token_id


def test_a_hash_that_is_sent_back_is_hidden(server, victim):
    def echo(peer: Peer) -> None:
        peer.send(response(400, {"error": {"message": peer.request.body.decode(), "details": "$scrypt"}}))

    token_id = generate_token_id()
    keep_jwt(victim)
    server.always(f"{TOKENS}/{token_id}", echo)
    with pytest.raises(Exception, match=r"\[hidden\]") as raised:
        issue(victim, token_id)
    assert "$scrypt$" not in str(raised.value)


@in_tasks
def test_no_task_waits_while_a_token_is_made(variant, service, monkeypatch):
    """The work lasts until another task has had its turn."""
    begun, had_its_turn = threading.Event(), threading.Event()

    def slow(*arguments: Any) -> Any:
        begun.set()
        assert had_its_turn.wait(10)
        return generate_token(*arguments)

    async def take_a_turn() -> None:
        assert await anyio.to_thread.run_sync(begun.wait, 10)
        had_its_turn.set()

    async def main() -> None:
        client = AsyncAccessTokensClient(service.endpoint, service.admin_pat)
        async with client, anyio.create_task_group() as group:
            group.start_soon(take_a_turn)
            group.start_soon(partial(client.issue, "x", generate_locally=True))

    monkeypatch.setattr(registering, "generate_token", slow)
    run(variant, main)


@in_tasks
def test_a_task_that_is_cancelled_while_its_token_is_made_issues_none(
    variant, service, monkeypatch, token_id
):
    begun, cancelled = threading.Event(), threading.Event()

    def slow(*arguments: Any) -> Any:
        begun.set()
        assert cancelled.wait(10)
        return generate_token(*arguments)

    async def main() -> None:
        async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(partial(client.issue, token_id, generate_locally=True))
                assert await anyio.to_thread.run_sync(begun.wait, 10)
                group.cancel_scope.cancel()
                cancelled.set()
            assert await client.list(limit=1, include_revoked=True)
            walked = client.iter_tokens()
            assert token_id not in [record.owner async for record in walked]

    monkeypatch.setattr(registering, "generate_token", slow)
    run(variant, main)
