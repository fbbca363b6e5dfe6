"""Every operation, stepped by hand: its request, its messages, and what it makes of the answer."""

import json
import re
from typing import Any

import pytest

from access_tokens import AccessTokensError, BatchLoadResult, IssueResult, NotFoundError, TokenRecord
from access_tokens._calls.tokens import batch
from access_tokens._flow.bounds import bounds_of
from access_tokens._flow.steps import Answer, Call, Procedure
from access_tokens.errors import UnreadableError

from ..helpers.procedures import get, issue, list_page, register, restore, revoke, update
from ..helpers.stories import ID, PHC, RECORD, call_of, performed, result_of

RESTORED = "Restored the token, but failed to set its expiry"
PARSED = TokenRecord(token_id=ID, owner="x", is_admin=False, created_at=1)


def load(*token_ids: str, hashes: bool = False) -> Procedure[Any]:
    yield batch(list(token_ids), include_secret_phc=hashes)


ANSWERS = {
    "Failed to list tokens": {"records": [RECORD]},
    "Failed to issue token": {"token": "pat_x", "record": RECORD},
    "Failed to register token": {"record": RECORD},
    "Failed to batch load tokens": {"found": [RECORD], "notFound": ["b"]},
    "Failed to get token": {"found": [RECORD | {"tokenId": "a"}], "notFound": []},
}
ALL: dict[str, Any] = {"is_admin": True, "roles": ["a", "b"], "expires_at": 7}
ALL_SENT = {"isAdmin": True, "roles": ["a", "b"], "expiresAt": 7}


@pytest.mark.parametrize(
    ("make", "method", "path", "body"),
    [
        (lambda: issue(token_id=ID), "post", "", {"owner": "x", "tokenId": ID}),
        (lambda: issue(token_id=ID, **ALL), "post", "", {"owner": "x", "tokenId": ID, **ALL_SENT}),
        (register, "put", f"/{ID}", {"owner": "x", "secretPhc": PHC}),
        (lambda: register(**ALL), "put", f"/{ID}", {"owner": "x", "secretPhc": PHC, **ALL_SENT}),
        (lambda: update(owner="y", is_admin=False), "patch", f"/{ID}", {"owner": "y", "isAdmin": False}),
        (lambda: update(secret_phc=PHC), "patch", f"/{ID}", {"secretPhc": PHC}),
        (lambda: update(expires_at=None), "patch", f"/{ID}", {"expiresAt": None}),
        (lambda: update(expires_at=7), "patch", f"/{ID}", {"expiresAt": 7}),
        (lambda: update(roles=["a"]), "patch", f"/{ID}", {"roles": ["a"]}),
        (lambda: update(add_roles=["a"]), "patch", f"/{ID}", {"roles": {"add": ["a"]}}),
        (lambda: update(remove_roles=["a"]), "patch", f"/{ID}", {"roles": {"remove": ["a"]}}),
        (revoke, "put", f"/{ID}/revoke", {}),
        (lambda: revoke("a/../b", 7), "put", "/a%2F..%2Fb/revoke", {"expiresAt": 7}),
        (lambda: update(roles=[]), "patch", f"/{ID}", {"roles": []}),
        (lambda: update(owner="y", add_roles=iter(())), "patch", f"/{ID}", {"owner": "y"}),
        (lambda: update(roles=["a"], add_roles=[], remove_roles=()), "patch", f"/{ID}", {"roles": ["a"]}),
        (lambda: update(add_roles=[], remove_roles=["a"]), "patch", f"/{ID}", {"roles": {"remove": ["a"]}}),
        (restore, "put", f"/{ID}/restore", None),
        (lambda: load("a", "b"), "post", "/batch", {"tokenIds": ["a", "b"]}),
        (lambda: load("a", hashes=True), "post", "/batch", {"tokenIds": ["a"], "includeSecretPhc": True}),
        (lambda: get("a"), "post", "/batch", {"tokenIds": ["a"]}),
        (
            lambda: get("a", include_secret_phc=True),
            "post",
            "/batch",
            {"tokenIds": ["a"], "includeSecretPhc": True},
        ),
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
    ("make", "failed", "unreadable", "token_id"),
    [
        (list_page, "Failed to list tokens", "Invalid list tokens response", None),
        (lambda: load("a"), "Failed to batch load tokens", "Invalid batch load response", None),
        (lambda: issue(token_id=ID), "Failed to issue token", "Invalid issue token response", ID),
        (register, "Failed to register token", "Invalid register token response", ID),
        (lambda: update(owner="y"), "Failed to update token", "Failed to update token", ID),
        (revoke, "Failed to revoke token", "Failed to revoke token", ID),
        (restore, "Failed to restore token", "Failed to restore token", ID),
    ],
)
def test_a_call_has_its_messages_and_names_the_token_that_it_changes(make, failed, unreadable, token_id):
    call = call_of(make())
    assert (call.failed, call.unreadable) == (failed, unreadable)
    assert (call.token_id, call.changes) == (token_id, token_id is not None)


@pytest.mark.parametrize("make", [lambda: update(owner="y"), revoke, restore])
def test_a_change_answers_nothing(make):
    assert performed(call_of(make()))[1] is None


@pytest.mark.parametrize(
    ("make", "known"),
    [
        *((make, []) for make in (list_page, issue, lambda: update(owner="y"), revoke, restore)),
        (lambda: update(secret_phc=PHC), [PHC]),
        (register, [PHC]),
    ],
)
def test_a_hash_that_is_sent_is_known_as_a_secret(make, known):
    assert [secret.reveal() for secret in call_of(make()).known] == known


@pytest.mark.fault(73)
@pytest.mark.parametrize(
    ("make", "records"),
    [(list_page, 100), (lambda: list_page(limit=7), 7), (lambda: load("a", "b"), 2), (revoke, 1)],
)
def test_an_answer_is_as_large_as_what_was_asked_for(make, records):
    assert call_of(make()).bounds == bounds_of(records)


def test_a_revocation_with_an_expiry_may_remove_its_token():
    assert [call_of(revoke(ID, expiry)).removes for expiry in (None, 7)] == [False, True]


def test_an_issued_token_comes_with_its_record():
    story = issue(token_id=ID)
    _, issued = performed(call_of(story), {"token": "pat_x", "record": RECORD})
    assert issued == IssueResult("pat_x", PARSED)
    assert result_of(story, issued) is issued


def test_a_batch_tells_what_was_found_and_what_was_not():
    _, loaded = performed(call_of(load(ID, "b")), {"found": [RECORD], "notFound": ["b"]})
    assert loaded == BatchLoadResult((PARSED,), ("b",))


ONE, OTHER = {"tokenId": ID} | RECORD, RECORD | {"tokenId": "other"}


def test_one_record_is_got():
    story = get(ID)
    call = call_of(story)
    assert (call.failed, call.unreadable) == ("Failed to get token", "Invalid get token response")
    assert (call.token_id, call.changes) == (ID, False)
    assert performed(call, {"found": [ONE], "notFound": []})[1] == PARSED
    assert result_of(story, PARSED) is PARSED


def test_a_missing_record_is_told_with_all_that_is_known():
    answer = Answer(
        200, {"x-request-id": "abc"}, json.dumps({"found": [], "notFound": [ID]}).encode(), attempts=2
    )
    with pytest.raises(NotFoundError) as raised:
        call_of(get(ID)).result(answer)
    error = raised.value
    assert error.message == "Failed to get token"
    assert error.cause == "no token has this id, or the service hides its record"
    assert (error.token_id, error.status_code, error.request_id, error.attempts) == (ID, 200, "abc", 2)


@pytest.mark.parametrize(
    ("found", "missing"),
    [([], []), ([OTHER], []), ([ONE, ONE], []), ([ONE], [ID]), ([], ["other"]), ([], [ID] * 2)],
)
def test_any_other_answer_makes_no_sense(found, missing):
    with pytest.raises(UnreadableError, match="^one record of this id, or its absence, expected$"):
        performed(call_of(get(ID)), {"found": found, "notFound": missing})


def test_whether_the_hash_is_asked_for_is_true_or_false():
    with pytest.raises(TypeError, match="^include_secret_phc must be True or False, not int$"):
        next(get(ID, include_secret_phc=1))
    with pytest.raises(ValueError, match="^token_id must not be empty$"):
        next(get(""))


def test_an_id_is_chosen_before_the_first_attempt():
    ids = [call_of(issue()).token_id for _ in range(2)]
    assert all(re.fullmatch("[0-9A-Za-z]{21}", token_id or "") for token_id in ids)
    assert ids[0] != ids[1]


def test_a_page_is_returned_as_it_came():
    story = list_page()
    call_of(story)
    assert result_of(story, [PARSED]) == [PARSED]


def test_a_registered_record_comes_without_the_hash_that_the_service_sends():
    story = register()
    _, registered = performed(call_of(story), {"record": RECORD | {"secretPhc": PHC}})
    assert result_of(story, registered) == PARSED


@pytest.mark.parametrize(
    "roles",
    [
        {"roles": [], "add_roles": ["a"]},
        {"roles": [], "remove_roles": ["a"]},
        {"add_roles": ["a"], "remove_roles": ["b"]},
        {"roles": ["a"], "add_roles": iter(["a"]), "remove_roles": ["b"]},
    ],
)
def test_two_operations_on_roles_are_refused(roles):
    with pytest.raises(ValueError, match="^only one of roles, add_roles and remove_roles may be given$"):
        call_of(update(**roles))


@pytest.mark.fault(61)
@pytest.mark.parametrize(
    "nothing",
    [{}, {"add_roles": []}, {"remove_roles": iter(())}, {"add_roles": (), "remove_roles": set()}],
)
def test_an_update_that_changes_nothing_is_refused(nothing):
    """The service would say that it was done, also of a token that there is not."""
    with pytest.raises(ValueError, match="^one of owner, .*add_roles.* must be given, and change something$"):
        call_of(update(**nothing))


NEW = ("owner", "is_admin", "roles", "expires_at", "token_id")


@pytest.mark.fault(42)
@pytest.mark.parametrize(
    ("make", "name", "wrong"),
    [
        *((list_page, name, 1) for name in ("include_revoked", "include_expired", "include_secret_phc")),
        *((list_page, name, "") for name in ("has_role", "limit", "after_token_id")),
        *((issue, name, "") for name in (*NEW, "generate_locally", "prefix")),
        *((register, name, "") for name in NEW),
        (register, "secret_phc", "not a hash"),
        *((update, name, "") for name in ("token_id", "owner", "is_admin", "expires_at")),
        *((update, name, "") for name in ("roles", "add_roles", "remove_roles")),
        (update, "secret_phc", "not a hash"),
        *((make, name, "") for make in (revoke, restore) for name in ("token_id", "expires_at")),
    ],
)
def test_a_wrong_argument_is_named_before_any_request(make, name, wrong):
    with pytest.raises((ValueError, TypeError), match=f"^{name} must"):
        call_of(make(**{name: wrong}))


@pytest.mark.fault(19)
def test_what_has_no_body_has_the_status_that_says_so():
    with pytest.raises(UnreadableError, match="^status 204 expected, not 200$"):
        call_of(restore()).result(Answer(200))


def restored() -> tuple[Procedure[Any], Call[Any]]:
    """A token that was restored, and the call that sets its expiry."""
    story = restore(expires_at=7)
    call_of(story)
    call = story.send(None)
    assert isinstance(call, Call)
    return story, call


def test_an_expiry_is_set_after_the_token_is_restored():
    story, call = restored()
    request, _ = performed(call)
    assert (request["method"], request["url"]) == ("patch", f"/admin/tokens/{ID}")
    assert request["json"] == {"expiresAt": 7}
    assert (call.token_id, call.changes) == (ID, True)
    assert call.failed == call.unreadable == RESTORED
    assert result_of(story, None) is None


@pytest.mark.parametrize("failed", [RESTORED, "Failed to authenticate"])
def test_an_expiry_that_cannot_be_set_is_told_with_the_restoration(failed):
    story, _ = restored()
    error = AccessTokensError(failed, cause="lost", status_code=503, token_id=ID, outcome_unknown=True)
    with pytest.raises(AccessTokensError) as raised:
        story.throw(error)
    assert raised.value is error
    assert (error.message, error.args, error.cause) == (RESTORED, (RESTORED,), "lost")
    assert (error.status_code, error.token_id, error.outcome_unknown) == (503, ID, True)


def test_a_restoration_that_fails_is_told_as_such():
    story = restore(expires_at=7)
    call_of(story)
    with pytest.raises(AccessTokensError, match="^Failed to restore token$"):
        story.throw(AccessTokensError("Failed to restore token"))
