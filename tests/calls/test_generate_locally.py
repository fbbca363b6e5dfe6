"""`issue(generate_locally=True)`: whatever happens to its answers and to the key, the PAT is not lost."""

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import anyio
import pytest
from attrs import define, field

from access_tokens import AsyncAccessTokensClient, UnavailableError
from access_tokens._calls import issuing
from access_tokens.tokens import generate_token

from ..helpers.callers import in_tasks, run

TOKENS, BATCH = "/admin/tokens", "/admin/tokens/batch"
pytestmark = pytest.mark.fault(64)


def issue(client: Any, token_id: str, **options: Any) -> Any:
    return client.issue(token_id, token_id=token_id, generate_locally=True, **options)


def ids_of(client: Any, owner: str) -> list[str]:
    walked = client.iter_tokens(include_revoked=True, include_expired=True)
    return [record.token_id for record in walked if record.owner == owner]


@pytest.mark.parametrize(
    ("errors", "lost", "new_key"),
    [("json", 0, True), ("html", 1, True), ("empty", 1, False), ("json", 4, False)],
)
def test_neither_a_lost_answer_nor_a_new_key_loses_a_token(
    client, service, make_client, token_id, errors, lost, new_key
):
    client.authenticate()
    if new_key:
        service.rotate_key()
    service.errors = errors
    service.drop_next(lost, path=f"{TOKENS}/{token_id}", after=True)
    token, record = issue(client, token_id, roles=["a"], expires_at=4_000_000_000)
    assert (record.token_id, record.owner, record.roles) == (token_id, token_id, ("a",))
    assert (record.expires_at, record.secret_phc) == (4_000_000_000, None)
    assert ids_of(client, token_id) == [token_id]
    assert token.partition(".")[2].encode() not in b"".join(each.body for each in service.requests)
    make_client(service.endpoint, token).authenticate()


def test_an_outcome_that_stays_unknown_names_the_id_to_revoke(client, service, token_id):
    service.drop_next(4, path=f"{TOKENS}/{token_id}", after=True)
    service.drop_next(4, path=BATCH)
    with pytest.raises(UnavailableError, match="^Failed to issue token") as raised:
        issue(client, token_id)
    assert (raised.value.token_id, raised.value.outcome_unknown) == (token_id, True)
    client.revoke(raised.value.token_id)


@define
class Work:
    """The making of a token, which lasts until it may end."""

    begun: threading.Event = field(factory=threading.Event)
    may_end: threading.Event = field(factory=threading.Event)

    def make(self, *arguments: Any) -> Any:
        self.begun.set()
        assert self.may_end.wait(10)
        return generate_token(*arguments)

    async def has_begun(self) -> None:
        assert await anyio.to_thread.run_sync(self.begun.wait, 10)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    made = Work()
    monkeypatch.setattr(issuing, "generate_token", made.make)
    yield made
    made.may_end.set()


@in_tasks
def test_no_task_waits_while_a_token_is_made(variant, service, work):
    """The work lasts until another task has had its turn."""

    async def take_a_turn() -> None:
        await work.has_begun()
        work.may_end.set()

    async def main() -> None:
        client = AsyncAccessTokensClient(service.endpoint, service.admin_pat)
        async with client, anyio.create_task_group() as group:
            group.start_soon(take_a_turn)
            group.start_soon(partial(client.issue, "x", generate_locally=True))

    run(variant, main)


@in_tasks
def test_a_task_that_is_cancelled_while_its_token_is_made_issues_none(variant, service, work, token_id):
    async def main() -> None:
        async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(partial(client.issue, token_id, generate_locally=True))
                await work.has_begun()
                group.cancel_scope.cancel()
                work.may_end.set()
            walked = client.iter_tokens()
            assert token_id not in [record.owner async for record in walked]

    run(variant, main)
