"""The tour from threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from access_tokens import (
    AccessTokensClient,
    AccessTokensError,
    AuthenticationError,
    GeneratedToken,
    PermissionDeniedError,
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


def error_of(call: Callable[[], object]) -> AccessTokensError:
    """Make a call that must fail, and return its error."""
    try:
        call()
    except AccessTokensError as error:
        return error
    raise Differs("expected an error, and the call succeeded")


def log_in(service: LocalService, pat: str) -> str:
    """Exchange a PAT, and tell what the service said."""
    with AccessTokensClient(service.endpoint, pat) as client:
        try:
            client.authenticate()
        except AuthenticationError as error:
            return error.reason
        return ACCEPTED


def loaded(client: AccessTokensClient, token_id: str) -> TokenRecord:
    """Look one record up."""
    return client.batch_load([token_id]).found[0]


def exchange(guide: Guide, service: LocalService, client: AccessTokensClient) -> None:
    guide.stop("The PAT is exchanged for a JWT, once")
    guide.expect("client.list(): the first call makes the exchange", len(client.list()), 1, "1 record")
    guide.expect("requests at the service", seen_at(service), "POST, GET")
    client.list()
    guide.expect("client.list() again: the JWT is reused", seen_at(service), "GET")


def issue(guide: Guide, service: LocalService, client: AccessTokensClient) -> TokenRecord:
    guide.stop("Issue a PAT")
    issued = client.issue(ADA, roles=["reader"])
    check_issued(guide, issued)
    guide.expect("log in with it", log_in(service, issued.token), ACCEPTED)
    with AccessTokensClient(service.endpoint, issued.token) as reader:
        error = error_of(reader.list)
    guide.note(str(error))
    guide.expect("but it manages no tokens", type(error), PermissionDeniedError, type(error).__name__)
    return issued.record


def walk(guide: Guide, service: LocalService, client: AccessTokensClient) -> None:
    guide.stop("List 250 tokens, of which 50 are revoked and 30 expired")
    fill(service)
    page = client.list(limit=100)
    check_pages(guide, page, client.list(limit=100, after_token_id=page[-1].token_id))

    def count(records: Iterator[TokenRecord]) -> int:
        return sum(1 for _ in records)

    guide.expect("client.iter_tokens() goes on to the end", count(client.iter_tokens()), 170)
    guide.expect("... with include_revoked", count(client.iter_tokens(include_revoked=True)), 220)
    guide.expect("... with include_expired", count(client.iter_tokens(include_expired=True)), 200)
    everything = client.iter_tokens(include_revoked=True, include_expired=True, page_size=100)
    service.clear_requests()
    guide.expect("... with both, and page_size=100", count(everything), 250)
    guide.expect("    three pages were enough", seen_at(service), "GET, GET, GET")
    guide.expect('... with has_role="auditor"', count(client.iter_tokens(has_role="auditor")), 50)


def roles(guide: Guide, client: AccessTokensClient, token_id: str) -> None:
    guide.stop("Add and remove roles")
    client.update(token_id, add_roles=["writer"])
    now = loaded(client, token_id).roles
    guide.expect('client.update(id, add_roles=["writer"])', now, ("reader", "writer"), listed(now))
    client.update(token_id, remove_roles=["reader"])
    now = loaded(client, token_id).roles
    guide.expect('client.update(id, remove_roles=["reader"])', now, ("writer",), listed(now))


def expiry(guide: Guide, client: AccessTokensClient, token_id: str) -> None:
    guide.stop("Set an expiry and remove it")
    client.update(token_id, expires_at=THEN)
    came = loaded(client, token_id).expires_at
    guide.expect(
        "client.update(id, expires_at=datetime(2100, 1, 1, tzinfo=UTC))", came, int(THEN.timestamp())
    )
    client.update(token_id, owner=ADA)
    came = loaded(client, token_id).expires_at
    guide.expect("client.update(id, owner=...) keeps it", came, int(THEN.timestamp()))
    client.update(token_id, expires_at=None)
    guide.expect("client.update(id, expires_at=None)", loaded(client, token_id).expires_at, None)


def register(guide: Guide, service: LocalService, client: AccessTokensClient) -> GeneratedToken:
    guide.stop("Make a PAT on this side and register only its hash")
    made = generate_token()
    guide.expect("generate_token(): the PAT", made.token[:4], "pat_", masked(made.token))
    check_registered(guide, service, made, client.register(made.token_id, made.secret_phc, GRACE))
    guide.expect("log in with it", log_in(service, made.token), ACCEPTED)
    return made


def revoke(guide: Guide, service: LocalService, client: AccessTokensClient, made: GeneratedToken) -> None:
    guide.stop("Revoke it and restore it")
    client.revoke(made.token_id)
    guide.expect("client.revoke(id), then log in", log_in(service, made.token), REFUSED)
    client.restore(made.token_id)
    guide.expect("client.restore(id), then log in", log_in(service, made.token), ACCEPTED)


def batch(guide: Guide, client: AccessTokensClient, token_id: str) -> None:
    guide.stop("Load a set of ids")
    found, not_found = client.batch_load([token_id, UNKNOWN])
    guide.expect("client.batch_load(ids): found", [record.owner for record in found], [ADA], ADA)
    guide.expect("client.batch_load(ids): not found", not_found, (UNKNOWN,), UNKNOWN)


def failure(guide: Guide, client: AccessTokensClient) -> None:
    guide.stop("See an error: revoke a token that does not exist")
    check_not_found(guide, error_of(lambda: client.revoke(UNKNOWN)))


def mistaken(client: AccessTokensClient) -> ValueError:
    """Pass what makes no sense, and return the error."""
    try:
        client.issue(LONG_OWNER)
    except ValueError as error:
        return error
    raise Differs("expected an error, and the call succeeded")


def told_apart(guide: Guide, service: LocalService, client: AccessTokensClient) -> None:
    guide.stop("Tell it from a value that is refused, and from a path that leads nowhere")
    service.clear_requests()
    mistake = mistaken(client)
    guide.expect("requests at the service", seen_at(service), "", "none")
    service.fail_next(status=500, body=SERVICE_REFUSES, path="/admin/tokens")
    refused = error_of(lambda: client.issue(ADA))
    with AccessTokensClient(service.endpoint, service.admin_pat, admin_path="/wrong") as astray:
        check_told_apart(guide, mistake, refused, error_of(lambda: astray.revoke(UNKNOWN)))


def rate_limit(guide: Guide, service: LocalService, client: AccessTokensClient) -> None:
    guide.stop("Survive a rate limit")
    service.clear_requests()
    service.fail_next(status=429, headers={"Retry-After": "1"})
    started = time.monotonic()
    client.list()
    waited = time.monotonic() - started
    guide.expect(
        "client.list(), answered 429 with Retry-After: 1, took", waited > 0.9, True, f"{waited:.1f} s"
    )
    guide.expect("requests at the service", seen_at(service), "GET, GET")


def new_key(guide: Guide, service: LocalService, client: AccessTokensClient) -> None:
    guide.stop("Survive a new signing key, which makes the JWT worthless")
    service.rotate_key()
    client.list()
    guide.expect("client.list(): refused, exchanged, repeated", seen_at(service), "GET, POST, GET")


def bearer(guide: Guide, client: AccessTokensClient) -> None:
    guide.stop("Take the JWT, to send it by any other library")
    guide.expect("client.bearer().header", client.bearer().header[:10], "Bearer eyJ", "Bearer eyJ...")
    claims = client.whoami()
    guide.expect("client.whoami().owner", claims and claims.owner, "admin@example.com")


def rotate(guide: Guide, service: LocalService, client: AccessTokensClient) -> None:
    guide.stop("Give the administrator's own token a new secret")
    made = generate_token(token_id=client.token_id)  # and store it, before anything else
    client.rotate(made)
    guide.expect(
        "client.rotate(made), then log in with the old PAT", log_in(service, service.admin_pat), REFUSED
    )
    guide.expect("... with the new one", log_in(service, made.token), ACCEPTED)
    service.clear_requests()
    client.authenticate()
    guide.expect("client.authenticate() goes on with the new one", seen_at(service), "POST")


def from_threads(guide: Guide) -> None:
    """Show the sync client."""
    guide.chapter("From threads: AccessTokensClient")
    with a_service() as service, AccessTokensClient(service.endpoint, service.admin_pat) as client:
        exchange(guide, service, client)
        token_id = issue(guide, service, client).token_id
        walk(guide, service, client)
        roles(guide, client, token_id)
        expiry(guide, client, token_id)
        revoke(guide, service, client, register(guide, service, client))
        batch(guide, client, token_id)
        failure(guide, client)
        told_apart(guide, service, client)
        rate_limit(guide, service, client)
        new_key(guide, service, client)
        bearer(guide, client)
        rotate(guide, service, client)
