"""Every method against the local service: what takes effect there, what it hides, and how it refuses."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from access_tokens import (
    AuthenticationError,
    ConflictError,
    EndpointError,
    NotFoundError,
    generate_token,
)

PHC = generate_token().secret_phc
LATER, MUCH_LATER = 4_000_000_000, 4_100_000_000


def test_an_issued_token_opens_the_service(client, service, make_client):
    token, record = client.issue("user@example.com", is_admin=True, roles=["reader"], expires_at=LATER)
    assert (record.owner, record.is_admin, record.roles) == ("user@example.com", True, ("reader",))
    assert (record.expires_at, record.revoked_at, record.secret_phc) == (LATER, None, None)
    assert json.loads(service.requests[-1].body)["tokenId"] == record.token_id
    assert make_client(service.endpoint, token).list()


def test_a_registered_token_opens_the_service_which_never_saw_its_secret(client, service, make_client):
    made = generate_token()
    record = client.register(made.token_id, made.secret_phc, "me", is_admin=True, roles=["a"])
    assert (record.token_id, record.owner, record.roles) == (made.token_id, "me", ("a",))
    assert made.token.partition(".")[2].encode() not in b"".join(r.body for r in service.requests)
    assert make_client(service.endpoint, made.token).list()


def test_one_record_is_got_or_told_to_be_missing(client, service):
    [token_id] = service.seed(1)
    assert client.get(token_id).token_id == token_id
    assert client.get(token_id, include_secret_phc=True).secret_phc.startswith("$scrypt$")
    client.update(token_id, roles=[str(n) for n in range(50)])
    client.update(token_id, add_roles=["b"])  # one too many: the service hides the record
    for missing in (token_id, "no-such-id"):
        with pytest.raises(NotFoundError, match="^Failed to get token: no token has this id, or") as raised:
            client.get(missing)
        assert (raised.value.token_id, raised.value.status_code, raised.value.attempts) == (missing, 200, 1)
        assert not raised.value.outcome_unknown


def test_an_update_takes_effect(client, service):
    [token_id] = service.seed(1, roles=["a", "b"])
    client.update(token_id, owner="x", is_admin=True, add_roles=["c"], expires_at=LATER)
    client.update(token_id, remove_roles=["a"])
    record = client.get(token_id)
    assert (record.owner, record.is_admin, record.roles) == ("x", True, ("b", "c"))
    assert record.expires_at == LATER
    client.update(token_id, expires_at=None)
    assert client.get(token_id).expires_at is None


def test_a_revoked_token_is_refused_until_it_is_restored(client, service, make_client):
    token, record = client.issue("x", is_admin=True, expires_at=LATER)
    assert client.revoke(record.token_id) is None
    assert client.get(record.token_id).expires_at is None
    with pytest.raises(AuthenticationError, match="Invalid Authorization token"):
        make_client(service.endpoint, token).authenticate()
    assert client.restore(record.token_id) is None
    make_client(service.endpoint, token).authenticate()


def test_a_restored_token_has_no_expiry_but_the_one_that_is_given(client, service):
    [token_id] = service.seed(1)
    for given, kept in (({}, None), ({"expires_at": LATER}, LATER)):
        client.revoke(token_id, expires_at=MUCH_LATER)
        assert client.get(token_id).expires_at == MUCH_LATER
        client.restore(token_id, **given)
        assert (client.get(token_id).revoked_at, client.get(token_id).expires_at) == (None, kept)


def test_a_list_is_a_page_as_the_service_gives_it(client, service, variant):
    role = f"{variant} & more"
    service.seed(5, revoked=True, roles=[role])
    assert client.list(has_role=role) == []
    page = client.list(has_role=role, include_revoked=True, include_secret_phc=True, limit=3)
    assert (len(page), all(record.secret_phc for record in page)) == (3, True)
    assert len(client.list(has_role=role, include_revoked=True, after_token_id=page[-1].token_id)) == 2


@pytest.mark.fault(61)
def test_too_many_roles_hide_a_record_until_some_are_removed(client, make_client, service):
    more = [f"more{n}" for n in range(30)]
    token, record = client.issue("x", roles=[f"r{n}" for n in range(30)])
    client.update(record.token_id, add_roles=more)

    assert client.batch_load([record.token_id]).not_found == (record.token_id,)
    assert record.token_id not in {each.token_id for each in client.iter_tokens()}
    with pytest.raises(ConflictError, match="already exists"):
        client.register(record.token_id, generate_token().secret_phc, "x")
    service.clear_requests()
    with pytest.raises(AuthenticationError, match="roles: Too big: expected array to have <=50 items"):
        make_client(service.endpoint, token).authenticate()
    assert service.exchanges == 1

    client.update(record.token_id, remove_roles=more)
    assert client.get(record.token_id).roles == record.roles
    make_client(service.endpoint, token).authenticate()


@pytest.mark.fault(62)
@pytest.mark.parametrize("errors", ["json", "html", "production", "text", "empty"])
def test_a_wrong_path_is_never_a_missing_token(make_client, service, errors):
    service.errors = errors
    [token_id] = service.seed(1)
    client = make_client(service.endpoint, service.admin_pat, admin_path="/wrong")
    calls: list[Callable[[], Any]] = [
        lambda: client.revoke(token_id),
        lambda: client.restore(token_id),
        lambda: client.update(token_id, owner="x"),
        client.list,
    ]
    for call in calls:
        with pytest.raises(EndpointError, match="HTTP 404"):
            call()
    assert len(service.requests) == 1 + len(calls)


@pytest.mark.fault(62)
@pytest.mark.parametrize("errors", ["json", "html", "text"])
@pytest.mark.parametrize("documented", [False, True])
def test_a_missing_token_is_what_the_service_says(client, service, errors, documented):
    service.errors, service.documented = errors, documented
    with pytest.raises(NotFoundError) as raised:
        client.revoke("two  blanks & <more>")
    assert raised.value.attempts == 1
