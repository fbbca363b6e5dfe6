"""Making a token, stepped by hand: what comes of a registration whose outcome is unknown."""

from typing import Any

import attrs
import pytest

from access_tokens import (
    AccessTokensError,
    AuthenticationError,
    BatchLoadResult,
    ClientClosedError,
    ConflictError,
    EndpointError,
    GeneratedToken,
    InvalidResponseError,
    IssueResult,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRejectedError,
    TokenRecord,
    UnavailableError,
)
from access_tokens._flow.steps import Call, Compute, Procedure

from ..helpers.procedures import issue, register
from ..helpers.stories import ID, PHC, RECORD, call_of, performed, result_of

ASKED: dict[str, Any] = {"is_admin": True, "roles": ["a", "b"], "expires_at": 7}
PLAIN = TokenRecord(token_id=ID, owner="me", secret_phc=PHC, created_at=1, is_admin=False)
OURS = TokenRecord(token_id=ID, owner="me", secret_phc=PHC, created_at=1, **ASKED | {"roles": ("b", "a")})


def registering(**options: Any) -> Procedure[TokenRecord]:
    """A registration that has made its request."""
    story = register("me", **(ASKED | options))
    next(story)
    return story


def unknown(kind: type[AccessTokensError] = UnavailableError, **options: Any) -> AccessTokensError:
    return kind("Failed to register token", cause="lost", token_id=ID, outcome_unknown=True, **options)


def looked_up(story: Procedure[Any], error: AccessTokensError) -> Call[Any]:
    """Return the call that follows an error."""
    call = story.throw(error)
    assert isinstance(call, Call)
    return call


def found(story: Procedure[TokenRecord], *records: TokenRecord) -> TokenRecord:
    """Lose the answer of a registration, and return what comes of what is found then."""
    looked_up(story, unknown())
    registered: TokenRecord = result_of(story, BatchLoadResult(records, ()))
    return registered


def error_after(story: Procedure[Any], error: AccessTokensError, *records: TokenRecord) -> Any:
    """Lose the answer of a registration, and return the error that what is found makes of it."""
    looked_up(story, error)
    with pytest.raises(AccessTokensError) as raised:
        story.send(BatchLoadResult(records, ()))
    assert raised.value is error
    return error


KINDS = [
    *(AuthenticationError, PermissionDeniedError, NotFoundError, ConflictError, RequestRejectedError),
    *(RateLimitedError, UnavailableError, EndpointError, InvalidResponseError, ClientClosedError),
]


@pytest.mark.parametrize("kind", [each for each in KINDS if each is not ConflictError])
def test_a_known_outcome_is_told_at_once(kind):
    error = kind("Failed to register token")
    with pytest.raises(kind) as raised:
        registering().throw(error)
    assert raised.value is error


@pytest.mark.fault(119)
@pytest.mark.parametrize(
    ("asked", "record"),
    [
        ({}, OURS),
        (dict.fromkeys(ASKED, None) | {"is_admin": False}, PLAIN),
        ({"roles": ["b", "a", "b"]}, OURS),
    ],
    ids=["all", "by default", "a role twice"],
)
def test_what_is_registered_already_may_be_registered_again(asked, record):
    """By a process that had crashed, with the PAT that it had stored."""
    story = registering(**asked)
    looked_up(story, ConflictError("Failed to register token"))
    assert result_of(story, BatchLoadResult((record,), ())) == attrs.evolve(record, secret_phc=None)


@pytest.mark.fault(119)
@pytest.mark.parametrize(
    "others",
    [
        None,
        {"secret_phc": "$scrypt$other"},
        {"secret_phc": None},
        {"owner": "you"},
        {"is_admin": False},
        {"roles": ("a",)},
        {"expires_at": None},
        {"revoked_at": 2},
    ],
    ids=str,
)
def test_an_id_that_is_taken_by_another_token_or_by_one_that_is_otherwise_is_a_conflict(others):
    records = [] if others is None else [attrs.evolve(OURS, **others)]
    assert not error_after(registering(), ConflictError("Failed to register token"), *records).outcome_unknown


@pytest.mark.fault(81)
@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_outcome_is_looked_up_with_the_hash(kind):
    request, _ = performed(looked_up(registering(), unknown(kind)), {"found": [], "notFound": [ID]})
    assert request["url"] == "/admin/tokens/batch"
    assert request["json"] == {"tokenIds": [ID], "includeSecretPhc": True}


@pytest.mark.fault(80)
@pytest.mark.parametrize(
    "now",
    [
        {},
        {"owner": "you"},
        {"is_admin": False},
        {"roles": ("a", "b", "c")},
        {"is_admin": False, "roles": (), "expires_at": None},
        {"expires_at": 8},
        {"revoked_at": 2},
        {"last_used_at": 2, "owner": "you", "roles": ()},
    ],
    ids=str,
)
def test_a_record_with_our_hash_is_ours_whatever_others_have_changed_since(now):
    changed = attrs.evolve(OURS, **now)
    assert found(registering(), changed) == attrs.evolve(changed, secret_phc=None)


@pytest.mark.parametrize(
    ("records", "is_unknown"),
    [
        # JSON can hold half of a surrogate pair.
        *(([attrs.evolve(OURS, secret_phc=other)], False) for other in ("$scrypt$other", "$\ud800", "")),
        ([attrs.evolve(OURS, token_id="B" * 21, secret_phc="$scrypt$other")], True),
        ([attrs.evolve(OURS, secret_phc=None)], True),
        ([], True),
    ],
    ids=["another hash", "half a pair", "empty", "of another id", "no hash", "no record"],
)
def test_another_hash_alone_tells_that_the_pat_of_this_call_is_not_good(records, is_unknown):
    assert error_after(registering(), unknown(), *records).outcome_unknown is is_unknown


def test_a_look_that_fails_leaves_the_error_and_its_cause_as_they_were():
    story, cause = registering(), ConnectionResetError("reset")
    error = UnavailableError("Failed to register token", cause=cause, outcome_unknown=True)
    looked_up(story, error)
    with pytest.raises(UnavailableError) as raised:
        story.throw(EndpointError("Failed to batch load tokens"))
    assert raised.value is error
    assert error.__cause__ is cause


def made_here(**options: Any) -> tuple[Procedure[IssueResult], GeneratedToken]:
    """A token to be issued that is made here, and has made its request."""
    story = issue("me", **(ASKED | options), generate_locally=True)
    compute = next(story)
    assert isinstance(compute, Compute)
    made: GeneratedToken = compute.work()
    return story, made


def test_a_token_made_here_is_registered_by_its_hash_alone():
    story, made = made_here()
    call = story.send(made)
    assert isinstance(call, Call)
    request, record = performed(call, {"record": RECORD | {"tokenId": made.token_id, "secretPhc": PHC}})
    assert (request["method"], request["url"]) == ("put", f"/admin/tokens/{made.token_id}")
    granted = {"owner": "me", "isAdmin": True, "roles": ["a", "b"], "expiresAt": 7}
    assert request["json"] == {"secretPhc": made.secret_phc, **granted}
    assert (call.failed, call.unreadable) == ("Failed to issue token", "Invalid issue token response")
    assert (call.token_id, call.changes) == (made.token_id, True)
    assert [secret.reveal() for secret in call.known] == [made.secret_phc]
    issued = result_of(story, record)
    assert issued == IssueResult(made.token, attrs.evolve(record, secret_phc=None))


@pytest.mark.parametrize(("prefix", "begins"), [(None, "pat_"), ("my_", "my_"), ("", "")])
def test_a_token_made_here_has_the_prefix_and_the_id_that_are_asked_for(prefix, begins):
    _, made = made_here(prefix=prefix, token_id="B" * 21)
    assert made.token.startswith(f"{begins}{'B' * 21}.")


@pytest.mark.fault(64)
def test_a_token_made_here_is_issued_when_its_record_is_found():
    story, made = made_here()
    story.send(made)
    assert looked_up(story, unknown()).failed == "Failed to batch load tokens"
    ours = attrs.evolve(OURS, token_id=made.token_id, secret_phc=made.secret_phc)
    issued = result_of(story, BatchLoadResult((ours,), ()))
    assert issued == IssueResult(made.token, attrs.evolve(ours, secret_phc=None))


@pytest.mark.fault(82)
def test_another_hash_with_an_id_that_was_chosen_here_was_changed_since():
    story, made = made_here()
    call = story.send(made)
    assert isinstance(call, Call)
    assert call.token_id_chosen_here
    rotated = attrs.evolve(OURS, token_id=made.token_id, secret_phc="$scrypt$other")
    error = unknown(token_id_chosen_here=True)
    assert error_after(story, error, rotated).outcome_unknown is True


@pytest.mark.fault(82)
@pytest.mark.parametrize("generate_locally", [True, False])
@pytest.mark.parametrize(("token_id", "chosen_here"), [(None, True), (ID, False)])
def test_only_an_id_that_issue_has_chosen_was_chosen_here(generate_locally, token_id, chosen_here):
    story = issue("me", token_id=token_id, generate_locally=generate_locally)
    call = next(story)
    if isinstance(call, Compute):
        call = story.send(call.work())
    assert isinstance(call, Call)
    assert call.token_id_chosen_here is chosen_here
    assert not call_of(register("me")).token_id_chosen_here


def test_a_prefix_is_for_tokens_made_here():
    with pytest.raises(ValueError, match="^prefix must be left out unless generate_locally is True"):
        next(issue("me", prefix="pat_"))


def test_work_shows_nothing():
    assert repr(Compute(lambda: "canary")) == "Compute()"
