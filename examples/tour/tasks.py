"""The tour from async code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from functools import partial

import anyio

from access_tokens import (
    AccessTokensError,
    AsyncAccessTokensClient,
    AuthenticationError,
    GeneratedToken,
    TokenRecord,
    generate_token,
)
from access_tokens.testing import LocalService

from .guide import (
    ACCEPTED,
    ADA,
    GRACE,
    LONG_OWNER,
    REFUSED,
    SERVICE_REFUSES,
    THEN,
    UNKNOWN,
    Differs,
    Guide,
    a_service,
    check_issued,
    check_not_found,
    check_pages,
    check_registered,
    check_told_apart,
    fill,
    listed,
    masked,
    seen_at,
)


async def error_of(call: Awaitable[object]) -> AccessTokensError:
    """Await a call that must fail, and return its error."""
    try:
        await call
    except AccessTokensError as error:
        return error
    raise Differs("expected an error, and the call succeeded")


async def log_in(service: LocalService, pat: str) -> str:
    """Exchange a PAT, and tell what the service said."""
    async with AsyncAccessTokensClient(service.endpoint, pat) as client:
        try:
            await client.authenticate()
        except AuthenticationError as error:
            return error.reason
        return ACCEPTED


async def loaded(client: AsyncAccessTokensClient, token_id: str) -> TokenRecord:
    """Look one record up."""
    return (await client.batch_load([token_id])).found[0]


async def call_at_once(client: AsyncAccessTokensClient) -> None:
    """Make the same call in 50 tasks."""
    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(client.list)


async def exchange(guide: Guide, service: LocalService, client: AsyncAccessTokensClient) -> None:
    guide.stop("50 tasks call at once, and none has a JWT yet")
    await call_at_once(client)
    guide.expect("exchanges at the service", service.exchanges, 1)
    guide.expect("requests at the service, with that one", len(service.requests), 51)


async def issue(guide: Guide, service: LocalService, client: AsyncAccessTokensClient) -> TokenRecord:
    guide.stop("Issue a PAT")
    issued = await client.issue(ADA, roles=["reader"])
    check_issued(guide, issued)
    guide.expect("log in with it", await log_in(service, issued.token), ACCEPTED)
    return issued.record


async def walk(guide: Guide, service: LocalService, client: AsyncAccessTokensClient) -> None:
    guide.stop("List 250 tokens, of which 50 are revoked and 30 expired")
    fill(service)
    page = await client.list(limit=100)
    check_pages(guide, page, await client.list(limit=100, after_token_id=page[-1].token_id))

    async def count(records: AsyncIterator[TokenRecord]) -> int:
        return len([record async for record in records])

    everything = client.iter_tokens(include_revoked=True, include_expired=True, page_size=100)
    guide.expect("client.iter_tokens() goes on to the end", await count(client.iter_tokens()), 170)
    guide.expect("... with include_revoked and include_expired", await count(everything), 250)
    guide.expect('... with has_role="auditor"', await count(client.iter_tokens(has_role="auditor")), 50)


async def roles(guide: Guide, client: AsyncAccessTokensClient, token_id: str) -> None:
    guide.stop("Add and remove roles")
    await client.update(token_id, add_roles=["writer"])
    now = (await loaded(client, token_id)).roles
    guide.expect('client.update(id, add_roles=["writer"])', now, ("reader", "writer"), listed(now))
    await client.update(token_id, remove_roles=["reader"])
    now = (await loaded(client, token_id)).roles
    guide.expect('client.update(id, remove_roles=["reader"])', now, ("writer",), listed(now))


async def expiry(guide: Guide, client: AsyncAccessTokensClient, token_id: str) -> None:
    guide.stop("Set an expiry and remove it")
    await client.update(token_id, expires_at=THEN)
    came = (await loaded(client, token_id)).expires_at
    guide.expect(
        "client.update(id, expires_at=datetime(2100, 1, 1, tzinfo=UTC))", came, int(THEN.timestamp())
    )
    await client.update(token_id, expires_at=None)
    came = (await loaded(client, token_id)).expires_at
    guide.expect("client.update(id, expires_at=None)", came, None)


async def register(guide: Guide, service: LocalService, client: AsyncAccessTokensClient) -> GeneratedToken:
    guide.stop("Make a PAT on this side and register only its hash")
    # It takes tens of milliseconds of CPU time, for which the event loop would stand still.
    made = await anyio.to_thread.run_sync(generate_token)
    guide.expect("generate_token(): the PAT", made.token[:4], "pat_", masked(made.token))
    check_registered(guide, service, made, await client.register(made.token_id, made.secret_phc, GRACE))
    guide.expect("log in with it", await log_in(service, made.token), ACCEPTED)
    return made


async def revoke(
    guide: Guide, service: LocalService, client: AsyncAccessTokensClient, made: GeneratedToken
) -> None:
    guide.stop("Revoke it and restore it")
    await client.revoke(made.token_id)
    guide.expect("client.revoke(id), then log in", await log_in(service, made.token), REFUSED)
    await client.restore(made.token_id)
    guide.expect("client.restore(id), then log in", await log_in(service, made.token), ACCEPTED)


async def batch(guide: Guide, client: AsyncAccessTokensClient, token_id: str) -> None:
    guide.stop("Load a set of ids")
    found, not_found = await client.batch_load([token_id, UNKNOWN])
    guide.expect("client.batch_load(ids): found", [record.owner for record in found], [ADA], ADA)
    guide.expect("client.batch_load(ids): not found", not_found, (UNKNOWN,), UNKNOWN)


async def failure(guide: Guide, client: AsyncAccessTokensClient) -> None:
    guide.stop("See an error: revoke a token that does not exist")
    check_not_found(guide, await error_of(client.revoke(UNKNOWN)))


async def mistaken(client: AsyncAccessTokensClient) -> ValueError:
    """Pass what makes no sense, and return the error."""
    try:
        await client.issue(LONG_OWNER)
    except ValueError as error:
        return error
    raise Differs("expected an error, and the call succeeded")


async def told_apart(guide: Guide, service: LocalService, client: AsyncAccessTokensClient) -> None:
    guide.stop("Tell it from a value that is refused, and from a path that leads nowhere")
    service.clear_requests()
    mistake = await mistaken(client)
    guide.expect("requests at the service", seen_at(service), "", "none")
    service.fail_next(status=500, body=SERVICE_REFUSES, path="/admin/tokens")
    refused = await error_of(client.issue(ADA))
    async with AsyncAccessTokensClient(service.endpoint, service.admin_pat, admin_path="/wrong") as astray:
        check_told_apart(guide, mistake, refused, await error_of(astray.revoke(UNKNOWN)))


async def rate_limit(guide: Guide, service: LocalService, client: AsyncAccessTokensClient) -> None:
    guide.stop("Survive a rate limit")
    service.clear_requests()
    service.fail_next(status=429, headers={"Retry-After": "0"})
    await client.list()
    guide.expect("client.list(), answered 429 with Retry-After: 0: requests", seen_at(service), "GET, GET")


async def new_key(guide: Guide, service: LocalService, client: AsyncAccessTokensClient) -> None:
    guide.stop("Survive a new signing key while 50 tasks call at once")
    service.rotate_key()
    await call_at_once(client)
    guide.expect("exchanges at the service", service.exchanges, 1)


async def bearer(guide: Guide, client: AsyncAccessTokensClient) -> None:
    guide.stop("Take the JWT, to send it by any other library")
    guide.expect("client.bearer().header", (await client.bearer()).header[:10], "Bearer eyJ", "Bearer eyJ...")
    claims = await client.whoami()
    guide.expect("client.whoami().owner", claims and claims.owner, "admin@example.com")


async def rotate(guide: Guide, service: LocalService, client: AsyncAccessTokensClient) -> None:
    guide.stop("Give the administrator's own token a new secret")
    made = await anyio.to_thread.run_sync(partial(generate_token, token_id=client.token_id))
    await client.rotate(made)
    came = await log_in(service, service.admin_pat)
    guide.expect("client.rotate(made), then log in with the old PAT", came, REFUSED)
    guide.expect("... with the new one", await log_in(service, made.token), ACCEPTED)
    service.clear_requests()
    await client.authenticate()
    guide.expect("client.authenticate() goes on with the new one", seen_at(service), "POST")


async def show(guide: Guide, service: LocalService, client: AsyncAccessTokensClient) -> None:
    await exchange(guide, service, client)
    token_id = (await issue(guide, service, client)).token_id
    await walk(guide, service, client)
    await roles(guide, client, token_id)
    await expiry(guide, client, token_id)
    await revoke(guide, service, client, await register(guide, service, client))
    await batch(guide, client, token_id)
    await failure(guide, client)
    await told_apart(guide, service, client)
    await rate_limit(guide, service, client)
    await new_key(guide, service, client)
    await bearer(guide, client)
    await rotate(guide, service, client)


async def from_tasks(guide: Guide) -> None:
    """Show the async client."""
    guide.chapter("From async code: AsyncAccessTokensClient")
    with a_service() as service:
        async with AsyncAccessTokensClient(service.endpoint, service.admin_pat) as client:
            await show(guide, service, client)
