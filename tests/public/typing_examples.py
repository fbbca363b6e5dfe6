"""What a type checker must make of the public face. It is checked, and never run."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Unpack, assert_type

import httpx
import httpx2
import redis
import redis.asyncio

from access_tokens import (
    KEEP,
    AccessTokensClient,
    AccessTokensError,
    ApiError,
    ApiKey,
    AsyncAccessTokensClient,
    AsyncApiKey,
    AsyncOptions,
    BatchLoadResult,
    FileJwtStore,
    IssueResult,
    Keep,
    Moment,
    RedisJwtStore,
    RetryPolicy,
    SyncOptions,
    TokenRecord,
    generate_token,
    is_api_error,
)
from access_tokens.testing import IssuedToken, LocalService


def sync_client(client: AccessTokensClient, when: datetime) -> None:
    assert_type(client.list(limit=10), list[TokenRecord])
    assert_type(client.iter_tokens(), Iterator[TokenRecord])
    assert_type(client.issue("x", roles={"a"}, expires_at=when), IssueResult)
    token, record = client.issue("x", roles=iter(["a"]), expires_at=1_900_000_000)
    assert_type((token, record), tuple[str, TokenRecord])
    assert_type(record.roles, tuple[str, ...])
    assert_type(record.expires_at, int | None)
    assert_type(client.issue("x", generate_locally=True, prefix="my_"), IssueResult)
    made = generate_token()
    assert_type(client.register(made.token_id, made.secret_phc, "x"), TokenRecord)
    client.update("a", expires_at=None, add_roles=("a",))
    client.update("a", owner="y", expires_at=KEEP)
    assert_type(client.restore("a", expires_at=when), None)
    found, not_found = client.batch_load(["a"])
    assert_type((found, not_found), tuple[tuple[TokenRecord, ...], tuple[str, ...]])
    assert_type(client.get("a", include_secret_phc=True), TokenRecord)
    assert_type(client.token_id, str | None)
    http_clients = httpx.Client(auth=client.auth), httpx2.Client(auth=client.auth)
    assert_type(http_clients, tuple[httpx.Client, httpx2.Client])


def api_keys(path: Path, text: str) -> None:
    """The three kinds of `api_key`."""

    async def ask() -> str:
        return text

    given: ApiKey = path
    for api_key in (text, path, path.read_text, lambda: text, given):
        assert_type(AccessTokensClient("https://h", api_key), AccessTokensClient)
        assert_type(AsyncAccessTokensClient("https://h", api_key), AsyncAccessTokensClient)
    either: AsyncApiKey = ask
    for asked in (ask, partial(ask), either):
        assert_type(AsyncAccessTokensClient("https://h", asked), AsyncAccessTokensClient)


def rotation_and_views(client: AccessTokensClient, timeout: httpx.Timeout) -> None:
    assert_type(client.rotate(generate_token(token_id="a")), None)
    assert_type(client.with_options(timeout=timeout, retry=RetryPolicy()), AccessTokensClient)
    assert_type(client.with_options(deadline=2).get("a"), TokenRecord)


def records(record: TokenRecord, when: datetime) -> None:
    assert_type((record.created, record.expires), tuple[datetime, datetime | None])
    assert_type((record.last_used, record.revoked), tuple[datetime | None, datetime | None])
    assert_type(record.is_active() and record.is_active(when) and record.is_active(at=1), bool)
    assert_type(record.to_dict(include_secret_phc=True), dict[str, Any])


def results(issued: IssueResult, loaded: BatchLoadResult) -> None:
    assert_type(issued[0], str)
    assert_type(issued[-1], TokenRecord)
    assert_type(len(loaded), int)
    match issued:
        case IssueResult(token, record):
            assert_type((token, record), tuple[str, TokenRecord])
    match loaded:
        case BatchLoadResult(found, not_found):
            assert_type((found, not_found), tuple[tuple[TokenRecord, ...], tuple[str, ...]])


async def async_client(client: AsyncAccessTokensClient) -> None:
    assert_type(await client.list(), list[TokenRecord])
    assert_type(client.iter_tokens(), AsyncIterator[TokenRecord])
    assert_type(await client.issue("x"), IssueResult)
    assert_type(await client.batch_load(["a"]), BatchLoadResult)
    assert_type(await client.get("a"), TokenRecord)
    assert_type(client.token_id, str | None)
    assert_type(await client.with_options(timeout=2).list(), list[TokenRecord])
    assert_type(await client.rotate(generate_token()), None)
    async with AsyncAccessTokensClient.from_env(deadline=60) as other:
        assert_type(other, AsyncAccessTokensClient)


def quick(**options: Unpack[SyncOptions]) -> AccessTokensClient:
    options.setdefault("deadline", 5.0)
    return AccessTokensClient.from_env(**options)


def quick_in_tasks(**options: Unpack[AsyncOptions]) -> AsyncAccessTokensClient:
    return AsyncAccessTokensClient.from_env(**options)


def wrapper(client: AccessTokensClient, expires_at: Moment | Keep | None = KEEP) -> None:
    client.update("a", expires_at=expires_at)


def errors(error: AccessTokensError) -> None:
    assert_type(error.cause, ApiError | str | Exception | None)
    assert_type(error.reason, str)
    assert_type(error.status_code, int | None)
    assert_type(error.outcome_unknown, bool)
    if is_api_error(error.cause):
        assert_type(error.cause.message, str)
        assert_type(error.cause.error.message, str)


def kit(service: LocalService, when: datetime) -> None:
    token_id, pat = service.issue("x", is_admin=True, expires_at=when)
    assert_type((token_id, pat), tuple[str, str])
    assert_type(service.issue("x"), IssuedToken)
    assert_type(service.seed(2, created_at=1, last_used_at=when, expires_at=when, revoked_at=2), list[str])
    assert_type(LocalService(admin_pat=pat, errors="text", rate_limit=(5, 60)).endpoint, str)


class OwnStore:
    """A store of a user's own."""

    def get(self, name: str, /) -> str | None: ...
    def acquire(self, name: str, holder: str, seconds: float, /) -> object: ...
    def release(self, name: str, holder: str, /) -> None: ...
    def put(self, name: str, value: str, seconds: float, /) -> None: ...
    def drop(self, name: str, value: str | bytes, /) -> None: ...


class OwnAsyncStore:
    """The same for tasks."""

    async def get(self, name: str, /) -> bytes | None: ...
    async def acquire(self, name: str, holder: str, seconds: float, /) -> object: ...
    async def release(self, name: str, holder: str, /) -> None: ...
    async def put(self, name: str, value: str, seconds: float, /) -> None: ...
    async def drop(self, name: str, value: str | bytes, /) -> None: ...


def stores(sync: redis.Redis, tasks: redis.asyncio.Redis) -> None:
    for each in (FileJwtStore(), RedisJwtStore(sync), OwnStore()):
        AccessTokensClient("https://h", "pat_x", jwt_store=each)
        AsyncAccessTokensClient("https://h", "pat_x", jwt_store=each)
    AccessTokensClient.from_env(jwt_store=FileJwtStore("jwts.json"))
    AsyncAccessTokensClient("https://h", "pat_x", jwt_store=RedisJwtStore(tasks, prefix="a:"))
    AsyncAccessTokensClient("https://h", "pat_x", jwt_store=OwnAsyncStore())


async def in_tasks() -> str:
    return "pat_x"


def mistakes(client: AccessTokensClient, http: httpx.AsyncClient) -> None:
    """Each is an error to a checker; the checkers complain when one is not."""
    client.issue("x", expires_at=1.5)  # type: ignore[arg-type]
    client.update("a", expires_at="never")  # type: ignore[arg-type]
    AccessTokensClient("https://h", "pat_x", http_client=http)  # type: ignore[arg-type]
    AccessTokensClient.from_env(endpoint="https://h")  # type: ignore[call-arg]
    RetryPolicy(retries="3")  # type: ignore[arg-type]
    AccessTokensClient("https://h", b"pat_x")  # type: ignore[arg-type]
    AccessTokensClient("https://h", in_tasks)  # type: ignore[arg-type]
    AsyncAccessTokensClient("https://h", lambda: None)  # type: ignore[arg-type, return-value]
    client.rotate("pat_x")  # type: ignore[arg-type]
    client.with_options(retry=3)  # type: ignore[arg-type]
    client.list().append("a")  # type: ignore[arg-type]
    AccessTokensClient("https://h", "pat_x", jwt_store=OwnAsyncStore())  # type: ignore[arg-type]
    AccessTokensClient("https://h", "pat_x", jwt_store=redis.Redis())  # type: ignore[arg-type]
    LocalService(errors="xml")  # type: ignore[arg-type]
    LocalService().seed(1, expires_at="never")  # type: ignore[arg-type]
