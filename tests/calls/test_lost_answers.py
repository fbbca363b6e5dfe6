"""Calls whose answer is lost, though the service may have acted, and what follows."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from access_tokens import (
    AccessTokensClient,
    ConflictError,
    RetryPolicy,
    UnavailableError,
    generate_token,
)
from access_tokens.testing import LocalService

TOKENS, EXCHANGE = "/admin/tokens", "/auth/token"
ONCE = RetryPolicy(retries=0)
# The hash of no secret at all: nothing here presents the token.
PHC = "$scrypt$ln=14,r=8,p=1$lzRhbyEcqYp5n5FBCald5Q$" + "o" * 43

# What may follow a lost answer, each to its end.
AFTERWARDS: list[dict[str, Any]] = [
    *({"status": status} for status in (302, 404, 409, 503)),
    {"status": 200, "body": "<pre>Welcome</pre>", "headers": {"Content-Type": "text/html"}},
    {"status": 429, "headers": {"Retry-After": "999"}},
]


def ids_of(client: Any, owner: str) -> list[str]:
    """Return the ids of all tokens of an owner."""
    walked = client.iter_tokens(include_revoked=True, include_expired=True)
    return [record.token_id for record in walked if record.owner == owner]


def lose_register(service: LocalService, token_id: str, times: int = 1, *, after: bool = True) -> None:
    service.drop_next(times, path=f"{TOKENS}/{token_id}", after=after)


def lose_issue(service: LocalService, times: int = 1, *, after: bool = True) -> None:
    service.drop_next(times, path=TOKENS, method="POST", after=after)


def as_another(service: LocalService, change: Callable[[Any], Any]) -> None:
    """Let another administrator make a change."""
    with AccessTokensClient(service.endpoint, service.admin_pat) as admin:
        change(admin)


@pytest.mark.fault(45)
@pytest.mark.parametrize(("errors", "documented"), [("json", True), ("text", False), ("html", False)])
def test_a_repeated_issue_that_is_told_it_exists_has_made_one_token_which_can_be_revoked(
    client, service, token_id, errors, documented
):
    service.errors, service.documented = errors, documented
    lose_issue(service)
    with pytest.raises(ConflictError, match="already exists.*outcome unknown") as raised:
        client.issue(token_id)
    error = raised.value
    assert (error.outcome_unknown, error.attempts) == (True, 2)
    posted = [request for request in service.requests if (request.method, request.path) == ("POST", TOKENS)]
    assert [json.loads(request.body)["tokenId"] for request in posted] == [error.token_id] * 2
    assert ids_of(client, token_id) == [error.token_id]
    client.revoke(error.token_id)


@pytest.mark.fault(45)
def test_an_issue_that_was_lost_on_the_way_is_done_once(client, service, token_id):
    lose_issue(service, 2, after=False)
    assert [client.issue(token_id).record.token_id] == ids_of(client, token_id)


@pytest.mark.fault(82)
@pytest.mark.parametrize("existed", [True, False])
def test_an_id_of_the_callers_own_does_not_tell_whose_the_token_is(client, service, token_id, existed):
    if existed:
        client.register(token_id, PHC, "somebody else")
    lose_issue(service, after=not existed)
    with pytest.raises(ConflictError, match="or it was there before: look first") as raised:
        client.issue("me", token_id=token_id)
    assert (raised.value.outcome_unknown, raised.value.token_id_chosen_here) == (True, False)


@pytest.mark.fault(45)
@pytest.mark.parametrize(("errors", "lost"), [("text", 1), ("html", 2), ("empty", 1), ("json", 4)])
def test_a_register_is_a_success_when_the_stored_hash_is_ours(client, service, token_id, errors, lost):
    service.errors = errors
    lose_register(service, token_id, lost)
    # It has expired already, and is found all the same.
    record = client.register(token_id, PHC, token_id, roles=["b", "a", "b"], expires_at=1)
    assert (record.token_id, record.expires_at, record.secret_phc) == (token_id, 1, None)
    assert ids_of(client, token_id) == [token_id]


@pytest.mark.fault(119)
def test_a_process_that_has_crashed_registers_its_token_again(client, service):
    made = generate_token()
    registered = client.register(made.token_id, made.secret_phc, "ann@example.com")
    assert client.register(made.token_id, made.secret_phc, "ann@example.com") == registered
    with pytest.raises(ConflictError) as raised:
        client.register(made.token_id, generate_token().secret_phc, "ann@example.com")
    assert not raised.value.outcome_unknown


@pytest.mark.fault(80)
@pytest.mark.parametrize(
    "change",
    [
        lambda admin, token_id: admin.update(token_id, owner="you", is_admin=True, add_roles=["new"]),
        lambda admin, token_id: admin.revoke(token_id),
    ],
    ids=["update", "revoke"],
)
def test_a_token_that_another_administrator_has_changed_meanwhile_is_ours_as_it_is_now(
    client, service, token_id, change
):
    client.clock.meanwhile = lambda: as_another(service, lambda admin: change(admin, token_id))
    lose_register(service, token_id)
    record = client.register(token_id, PHC, token_id, roles=["a"])
    assert client.clock.waits == [1.0]
    assert [record] == list(client.batch_load([token_id]).found)


@pytest.mark.fault(81)
@pytest.mark.parametrize("follows", AFTERWARDS, ids=lambda each: each["status"])
def test_a_register_is_looked_up_whatever_follows_a_lost_answer(client, service, token_id, follows):
    client.authenticate()
    lose_register(service, token_id)
    service.fail_next(4, path=f"{TOKENS}/{token_id}", **follows)
    assert client.register(token_id, PHC, token_id).owner == token_id


each_change = pytest.mark.parametrize(("change", "undo"), [("restore", "revoke"), ("revoke", "restore")])


@pytest.mark.fault(84)
@each_change
def test_a_single_attempt_undoes_nothing_that_others_have_done(service, make_client, change, undo):
    client = make_client(service.endpoint, service.admin_pat, retry=ONCE)
    [token_id] = service.seed(1, revoked=change == "restore")
    client.authenticate()
    service.drop_next(1, after=True)
    with pytest.raises(UnavailableError) as raised:
        getattr(client, change)(token_id)
    as_another(service, lambda admin: getattr(admin, undo)(token_id))
    assert (raised.value.outcome_unknown, raised.value.attempts) == (True, 1)
    assert ("revokedAt" in service.record(token_id)) is (undo == "revoke")


@pytest.mark.fault(84)
@each_change
def test_an_automatic_repeat_is_done_over_what_others_have_done(service, client, change, undo):
    """Which the README says, with the way out."""
    [token_id] = service.seed(1, revoked=change == "restore")
    client.authenticate()
    client.clock.meanwhile = lambda: as_another(service, lambda admin: getattr(admin, undo)(token_id))
    service.drop_next(1, after=True)
    getattr(client, change)(token_id)
    assert ("revokedAt" in service.record(token_id)) is (change == "revoke")
