"""Tokens of a service and entries of a file, for the tests of `sync`, and a client without a network."""

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from access_tokens import AccessTokensClient, RetryPolicy, TokenRecord
from access_tokens._secret import Secret
from access_tokens.cli.config import Entry
from access_tokens.cli.sync.apply import Problem, Results, apply
from access_tokens.cli.sync.changes import Change
from access_tokens.cli.sync.plan import Plan, plan
from access_tokens.testing import Service

NOW = 1_800_000_000
PAST, LATER, MUCH_LATER = NOW - 1000, 4_000_000_000, 4_100_000_000
OLD, NEW = (Secret(f"$scrypt$ln=14,r=8,p=1${each * 22}${each * 43}") for each in "AB")
OWN_PAT = f"pat_{'o' * 21}.{'q83v' * 10}q8s="
Serve = Callable[[], httpx.Response]
Around = Callable[[httpx.Request, Serve], httpx.Response]


def token_id(letter: str) -> str:
    return letter * 21


def entry(letter: str = "x", **values: Any) -> Entry:
    return Entry(token_id=token_id(letter), **{"owner": "me", **values})


def record(letter: str = "x", **values: Any) -> TokenRecord:
    usual = {"owner": "me", "is_admin": False, "created_at": 1, "secret_phc": OLD.reveal()}
    return TokenRecord(token_id=token_id(letter), **{**usual, **values})


def planned(entries: list[Entry], records: list[TokenRecord], **options: Any) -> Plan:
    usual = {"own_ids": {token_id("o")}, "now": NOW, "orphans_expire_at": None, "force": False}
    return plan(entries, records, **{**usual, **options})


def new_service() -> Service:
    """A service with an administrator, whose token is that of the run."""
    service = Service(admin_pat=OWN_PAT)
    service._backend.update(token_id("o"), {"owner": "me"})
    return service


def add(service: Service, letter: str, *, revoked: bool = False, hidden: Any = None, **values: Any) -> None:
    """Give a service a token: the values of `record`, and an update that hides it if it is to be hidden."""
    there, backend = record(letter, **values), service._backend
    request = {
        name: value for name, value in there.to_dict(include_secret_phc=True).items() if value is not None
    }
    backend.register(there.token_id, request)
    if revoked:
        backend.revoke(there.token_id, there.expires_at)
    if hidden:
        backend.update(there.token_id, hidden)


def carry_out(request: httpx.Request, serve: Serve) -> httpx.Response:
    return serve()


@contextmanager
def connected(service: Service, around: Around = carry_out) -> Iterator[AccessTokensClient]:
    """A client of a service without a network, which repeats nothing.

    Args:
        service: The service.
        around: Is called with each request and what carries it out, and may raise before or after.
    """
    transport = httpx.ASGITransport(service.app)
    with asyncio.Runner() as runner:

        async def served(request: httpx.Request) -> httpx.Response:
            answer = await transport.handle_async_request(request)
            return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())

        handler = httpx.MockTransport(lambda request: around(request, lambda: runner.run(served(request))))
        with (
            httpx.Client(transport=handler) as http,
            AccessTokensClient(
                "http://127.0.0.1", service.admin_pat, http_client=http, retry=RetryPolicy(retries=0)
            ) as client,
        ):
            yield client


def all_tokens(client: AccessTokensClient) -> list[TokenRecord]:
    return [*client.iter_tokens(include_revoked=True, include_expired=True, include_secret_phc=True)]


def synced(
    client: AccessTokensClient,
    entries: list[Entry],
    *,
    own_ids: Collection[str] = frozenset({token_id("o")}),
    orphans_expire_at: int | None = None,
    force: bool = False,
    done: Callable[[Change, Problem | None], None] = lambda *_: None,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[Plan, Results]:
    """Plan and apply a file, as the command does."""
    records = all_tokens(client)
    made = planned(entries, records, own_ids=own_ids, orphans_expire_at=orphans_expire_at, force=force)
    results = apply(
        made,
        client,
        entries=entries,
        records=records,
        own_ids=own_ids,
        force=force,
        done=done,
        stopped=stopped,
        now=lambda: NOW,
    )
    return made, results
