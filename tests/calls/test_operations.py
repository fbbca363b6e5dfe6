"""Every operation, stepped by hand: its request, its messages, and what it makes of the answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from access_tokens import AccessTokensError, BatchLoadResult, IssueResult, TokenRecord
from access_tokens._calls import tokens as operations
from access_tokens._calls.issuing import issue as issue_token
from access_tokens._calls.issuing import register
from access_tokens._calls.tokens import batch
from access_tokens._flow.steps import Answer, Call, Procedure
from access_tokens._secret import Secret
from access_tokens.errors import UnreadableError
from access_tokens.models import KEEP

from ..helpers.stories import ID, PHC, RECORD, call_of, performed, result_of

Make = Callable[..., Procedure[Any]]
RESTORED = "Restored the token, but failed to set its expiry"

PARSED = TokenRecord(token_id=ID, owner="x", is_admin=False, created_at=1)


def list_page(**options: Any) -> Procedure[Any]:
    names = (
        "include_revoked",
        "include_expired",
        "include_secret_phc",
        "has_role",
        "limit",
        "after_token_id",
    )
    defaults: dict[str, Any] = dict.fromkeys(names[:3], False) | dict.fromkeys(names[3:])
    return operations.list_page(**(defaults | options))


def issue(owner: Any = "x", **options: Any) -> Procedure[Any]:
    defaults: dict[str, Any] = {"is_admin": False, "roles": None, "expires_at": None, "token_id": None}
    defaults |= {"generate_locally": False, "prefix": None}
    return issue_token(owner, **(defaults | options))


def register_token(
    owner: Any = "x", secret_phc: str = PHC, token_id: Any = ID, **options: Any
) -> Procedure[Any]:
    defaults: dict[str, Any] = {"is_admin": False, "roles": None, "expires_at": None}
    return register(token_id, Secret(secret_phc), owner, **(defaults | options))


def update(token_id: Any = ID, **options: Any) -> Procedure[Any]:
    names = ("owner", "is_admin", "roles", "add_roles", "remove_roles", "secret_phc")
    return operations.update(token_id, **(dict.fromkeys(names) | {"expires_at": KEEP} | options))


def restore(token_id: Any = ID, expires_at: Any = None) -> Procedure[Any]:
    return operations.restore(token_id, expires_at=expires_at)


def load(*token_ids: str, hashes: bool = False) -> Procedure[Any]:
    yield batch(list(token_ids), include_secret_phc=hashes)


ANSWERS = {
    "Failed to list tokens": {"records": [RECORD]},
    "Failed to issue token": {"token": "pat_x", "record": RECORD},
    "Failed to register token": {"record": RECORD},
    "Failed to batch load tokens": {"found": [RECORD], "notFound": ["b"]},
}
ALL: dict[str, Any] = {"is_admin": True, "roles": ["a", "b"], "expires_at": 7}
ALL_SENT = {"isAdmin": True, "roles": ["a", "b"], "expiresAt": 7}


@pytest.mark.parametrize(
    ("make", "method", "path", "body"),
    [
        (lambda: issue(token_id=ID), "post", "", {"owner": "x", "tokenId": ID}),
        (lambda: issue(token_id=ID, **ALL), "post", "", {"owner": "x", "tokenId": ID, **ALL_SENT}),
        (register_token, "put", f"/{ID}", {"owner": "x", "secretPhc": PHC}),
        (lambda: register_token(**ALL), "put", f"/{ID}", {"owner": "x", "secretPhc": PHC, **ALL_SENT}),
        (lambda: update(owner="y", is_admin=False), "patch", f"/{ID}", {"owner": "y", "isAdmin": False}),
        (lambda: update(secret_phc=Secret(PHC)), "patch", f"/{ID}", {"secretPhc": PHC}),
        (lambda: update(expires_at=None), "patch", f"/{ID}", {"expiresAt": None}),
        (lambda: update(expires_at=7), "patch", f"/{ID}", {"expiresAt": 7}),
        (lambda: update(roles=["a"]), "patch", f"/{ID}", {"roles": ["a"]}),
        (lambda: update(add_roles=["a"]), "patch", f"/{ID}", {"roles": {"add": ["a"]}}),
        (lambda: update(remove_roles=["a"]), "patch", f"/{ID}", {"roles": {"remove": ["a"]}}),
        (lambda: operations.revoke(ID, expires_at=None), "put", f"/{ID}/revoke", {}),
        (lambda: operations.revoke("a/../b", expires_at=7), "put", "/a%2F..%2Fb/revoke", {"expiresAt": 7}),
        (lambda: update(roles=[]), "patch", f"/{ID}", {"roles": []}),
        (lambda: update(owner="y", add_roles=iter(())), "patch", f"/{ID}", {"owner": "y"}),
        (lambda: update(roles=["a"], add_roles=[], remove_roles=()), "patch", f"/{ID}", {"roles": ["a"]}),
        (lambda: update(add_roles=[], remove_roles=["a"]), "patch", f"/{ID}", {"roles": {"remove": ["a"]}}),
        (restore, "put", f"/{ID}/restore", None),
        (lambda: load("a", "b"), "post", "/batch", {"tokenIds": ["a", "b"]}),
        (lambda: load("a", hashes=True), "post", "/batch", {"tokenIds": ["a"], "includeSecretPhc": True}),
        (list_page, "get", "", None),
    ],
)
def test_a_call_is_the_request_of_openapi_yaml(make, method, path, body):
    call = call_of(make())
    request, _ = performed(call, ANSWERS.get(call.failed))
    assert (request["method"], request["url"]) == (method, f"/admin/tokens{path}")
    assert request.get("json") == body


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ({}, {}),
        ({"include_revoked": True}, {"includeRevoked": True}),
        ({"include_expired": True}, {"includeExpired": True}),
        ({"include_secret_phc": True}, {"includeSecretPhc": True}),
        ({"has_role": "reader", "limit": 7}, {"hasRole": "reader", "limit": 7}),
        ({"after_token_id": ID}, {"afterTokenId": ID}),
    ],
)
def test_a_list_asks_for_what_was_asked_for(options, query):
    request, page = performed(call_of(list_page(**options)), {"records": [RECORD]})
    assert {name: value for name, value in request["params"].items() if value is not False} == query
    assert page == [PARSED]


@pytest.mark.parametrize(
    ("make", "failed", "unreadable"),
    [
        (list_page, "Failed to list tokens", "Invalid list tokens response"),
        (lambda: load("a"), "Failed to batch load tokens", "Invalid batch load response"),
        (issue, "Failed to issue token", "Invalid issue token response"),
        (register_token, "Failed to register token", "Invalid register token response"),
        (lambda: update(owner="y"), "Failed to update token", "Failed to update token"),
        (lambda: operations.revoke(ID, expires_at=None), "Failed to revoke token", "Failed to revoke token"),
        (restore, "Failed to restore token", "Failed to restore token"),
    ],
)
def test_a_call_has_the_messages_of_the_reference_client(make, failed, unreadable):
    call = call_of(make())
    assert (call.failed, call.unreadable) == (failed, unreadable)


@pytest.mark.parametrize("make", [list_page, lambda: load("a")])
def test_what_only_reads_changes_nothing_and_is_about_no_token(make):
    call = call_of(make())
    assert (call.changes, call.token_id, call.known) == (False, None, ())


@pytest.mark.parametrize("make", [lambda: issue(token_id=ID), register_token])
def test_what_makes_a_token_says_so_and_names_it(make):
    call = call_of(make())
    assert (call.changes, call.token_id) == (True, ID)


@pytest.mark.parametrize(
    "make", [lambda: update(owner="y"), lambda: operations.revoke(ID, expires_at=None), restore]
)
def test_what_changes_a_token_names_it(make):
    call = call_of(make())
    assert (call.changes, call.token_id, call.known) == (True, ID, ())
    assert performed(call)[1] is None


@pytest.mark.parametrize("make", [lambda: update(secret_phc=Secret(PHC)), register_token])
def test_a_hash_that_is_sent_is_known_as_a_secret(make):
    assert [secret.reveal() for secret in call_of(make()).known] == [PHC]


def test_an_issued_token_comes_with_its_record():
    story = issue(token_id=ID)
    _, issued = performed(call_of(story), {"token": "pat_x", "record": RECORD})
    assert issued == IssueResult("pat_x", PARSED)
    assert result_of(story, issued) is issued


def test_a_batch_tells_what_was_found_and_what_was_not():
    _, loaded = performed(call_of(load(ID, "b")), {"found": [RECORD], "notFound": ["b"]})
    assert loaded == BatchLoadResult((PARSED,), ("b",))


def test_an_id_is_chosen_before_the_first_attempt():
    ids = [call_of(issue()).token_id for _ in range(2)]
    assert all(re.fullmatch("[0-9A-Za-z]{21}", token_id or "") for token_id in ids)
    assert ids[0] != ids[1]


def test_a_page_and_a_registered_record_are_returned_as_they_came():
    for story, reply in ((list_page(), [PARSED]), (register_token(), PARSED)):
        call_of(story)
        assert result_of(story, reply) == reply
    assert performed(call_of(register_token()), {"record": RECORD})[1] == PARSED


def test_a_registered_record_comes_without_the_hash_that_the_service_sends():
    story = register_token()
    _, registered = performed(call_of(story), {"record": RECORD | {"secretPhc": PHC}})
    assert result_of(story, registered) == PARSED


@pytest.mark.parametrize(
    "operations_on_roles",
    [
        {"roles": [], "add_roles": ["a"]},
        {"roles": [], "remove_roles": ["a"]},
        {"add_roles": ["a"], "remove_roles": ["b"]},
        {"roles": ["a"], "add_roles": iter(["a"]), "remove_roles": ["b"]},
    ],
)
def test_two_operations_on_roles_are_refused(operations_on_roles):
    with pytest.raises(ValueError, match="^only one of roles, add_roles and remove_roles may be given$"):
        call_of(update(**operations_on_roles))


@pytest.mark.parametrize(
    ("make", "name", "wrong"),
    [
        *((list_page, name, 1) for name in ("include_revoked", "include_expired", "include_secret_phc")),
        *((list_page, name, "") for name in ("has_role", "limit", "after_token_id")),
        *((issue, name, "") for name in ("owner", "is_admin", "roles", "expires_at", "token_id")),
        *((issue, name, "") for name in ("generate_locally", "prefix")),
        *((register_token, name, "") for name in ("owner", "is_admin", "roles", "expires_at", "token_id")),
        (register_token, "secret_phc", "not a hash"),
        *((update, name, "") for name in ("token_id", "owner", "is_admin", "expires_at")),
        *((update, name, "") for name in ("roles", "add_roles", "remove_roles")),
        (update, "secret_phc", Secret("not a hash")),
        (operations.revoke, "token_id", ""),
        (operations.revoke, "expires_at", ""),
        *((restore, name, "") for name in ("token_id", "expires_at")),
    ],
)
def test_a_wrong_argument_is_named_before_any_request(make, name, wrong):
    arguments: dict[str, Any] = {name: wrong}
    if make is operations.revoke:
        arguments = {"token_id": ID, "expires_at": None} | arguments
    with pytest.raises((ValueError, TypeError), match=f"^{name} must"):
        call_of(make(**arguments))


@pytest.mark.fault(19)
def test_what_has_no_body_has_the_status_that_says_so():
    with pytest.raises(UnreadableError, match="^status 204 expected, not 200$"):
        call_of(restore()).result(Answer(200))


@pytest.mark.fault(61)
@pytest.mark.parametrize(
    "nothing",
    [{}, {"add_roles": []}, {"remove_roles": iter(())}, {"add_roles": (), "remove_roles": set()}],
)
def test_an_update_that_changes_nothing_is_refused(nothing):
    """The service would say that it was done, also of a token that there is not."""
    with pytest.raises(ValueError, match="^one of owner, .*add_roles.* must be given, and change something$"):
        call_of(update(**nothing))


def test_an_expiry_is_set_after_the_token_is_restored():
    story = restore(expires_at=7)
    call_of(story)
    call = story.send(None)
    assert isinstance(call, Call)
    request, _ = performed(call)
    assert (request["method"], request["url"], request["json"]) == (
        "patch",
        f"/admin/tokens/{ID}",
        {"expiresAt": 7},
    )
    assert (call.token_id, call.changes) == (ID, True)
    assert call.failed == call.unreadable == RESTORED
    assert result_of(story, None) is None


@pytest.mark.parametrize("failed", [RESTORED, "Failed to authenticate"])
def test_an_expiry_that_cannot_be_set_is_told_with_the_restoration(failed):
    story = restore(expires_at=7)
    call_of(story)
    story.send(None)
    error = AccessTokensError(failed, cause="lost", status_code=503, token_id=ID, outcome_unknown=True)
    with pytest.raises(AccessTokensError) as raised:
        story.throw(error)
    assert raised.value is error
    assert (error.message, error.args, error.cause) == (RESTORED, (RESTORED,), "lost")
    assert (error.status_code, error.token_id, error.outcome_unknown) == (503, ID, True)


def test_a_restoration_that_fails_is_told_as_such():
    story = restore(expires_at=7)
    call_of(story)
    error = AccessTokensError("Failed to restore token")
    with pytest.raises(AccessTokensError, match="^Failed to restore token$") as raised:
        story.throw(error)
    assert raised.value is error
