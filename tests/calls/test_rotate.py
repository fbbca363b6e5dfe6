"""A token gets another secret: what comes of it, whatever becomes of the answer (case 102)."""

from typing import Any

import attrs
import pytest

from access_tokens import (
    AccessTokensError,
    AuthenticationError,
    BatchLoadResult,
    EndpointError,
    GeneratedToken,
    NotFoundError,
    RequestRejectedError,
    TokenRecord,
    UnavailableError,
)
from access_tokens._calls.rotation import rotate
from access_tokens._flow.steps import Call, Procedure
from access_tokens._pat import PatSource
from access_tokens._secret import Secret

from ..helpers.stories import ID, performed

pytestmark = pytest.mark.fault(102)

PHC = f"$scrypt$ln=14,r=8,p=1${'s' * 22}${'h' * 43}"
OLD, OTHER = (f"pat_{each * 21}.{'q83v' * 10}q8s=" for each in "AB")
NEW = GeneratedToken(token=f"pat_{ID}.{'vASN' * 10}vAS=", token_id=ID, secret_phc=PHC)
RECORD = TokenRecord(token_id=ID, owner="x", is_admin=True, created_at=1, secret_phc=PHC)


def started(pat: PatSource, new: Any = NEW) -> tuple[Procedure[None], Call[Any]]:
    story = rotate(Secret(new), pat)
    call = next(story)
    assert isinstance(call, Call)
    return story, call


def held(pat: PatSource) -> list[str]:
    """Return the PATs that a client tries, in this order."""
    return [each.reveal() for each in pat._held]


def lost() -> UnavailableError:
    return UnavailableError("Failed to rotate token", cause="lost", token_id=ID, outcome_unknown=True)


def ends(story: Procedure[None], reply: Any = None) -> AccessTokensError | None:
    """Answer the last call of a story, or let it fail, and return the error that it ends with."""
    try:
        story.throw(reply) if isinstance(reply, Exception) else story.send(reply)
    except StopIteration:
        return None
    except AccessTokensError as error:
        return error
    raise AssertionError("the story goes on")


def test_only_the_hash_is_sent():
    _, call = started(PatSource(Secret(OTHER)))
    request, _ = performed(call)
    assert (request["method"], request["url"]) == ("patch", f"/admin/tokens/{ID}")
    assert request["json"] == {"secretPhc": PHC}
    assert (call.failed, call.token_id, call.changes) == ("Failed to rotate token", ID, True)
    assert [each.reveal() for each in call.known] == [PHC]


@pytest.mark.parametrize(("own", "goes_on_with"), [(OLD, NEW.token), (OTHER, OTHER), ("pat_x", "pat_x")])
def test_only_a_client_of_the_same_id_goes_on_with_the_new_pat(own, goes_on_with):
    pat = PatSource(Secret(own))
    story, _ = started(pat)
    assert held(pat) == list(dict.fromkeys([own, goes_on_with]))
    assert ends(story) is None
    assert held(pat) == [goes_on_with]


@pytest.mark.parametrize("kind", [NotFoundError, RequestRejectedError, EndpointError, AuthenticationError])
def test_what_certainly_failed_leaves_the_old_pat(kind):
    pat = PatSource(Secret(OLD))
    error = kind("Failed to rotate token")
    assert ends(started(pat)[0], error) is error
    assert held(pat) == [OLD]


@pytest.mark.parametrize(
    ("records", "outcome_unknown", "goes_on_with"),
    [
        ([RECORD], None, [NEW.token]),
        ([attrs.evolve(RECORD, owner="y", revoked_at=2, is_admin=False)], None, [NEW.token]),
        ([attrs.evolve(RECORD, secret_phc="$scrypt$other")], False, [OLD]),
        ([attrs.evolve(RECORD, secret_phc=None)], True, [OLD, NEW.token]),
        ([attrs.evolve(RECORD, token_id="B" * 21)], True, [OLD, NEW.token]),
        ([], True, [OLD, NEW.token]),
        (EndpointError("Failed to batch load tokens"), True, [OLD, NEW.token]),
    ],
    ids=["ours", "changed since", "another hash", "no hash", "another id", "no record", "the look fails"],
)
def test_an_unknown_outcome_is_looked_up(records, outcome_unknown, goes_on_with):
    pat = PatSource(Secret(OLD))
    story, _ = started(pat)
    request, _ = performed(story.throw(lost()), {"found": [], "notFound": []})  # type: ignore[arg-type]
    assert request["json"] == {"tokenIds": [ID], "includeSecretPhc": True}
    error = ends(story, records if isinstance(records, Exception) else BatchLoadResult(tuple(records), ()))
    assert (error and error.outcome_unknown) is outcome_unknown
    assert held(pat) == goes_on_with


def test_one_that_is_broken_off_leaves_both_pats():
    pat = PatSource(Secret(OLD))
    started(pat)[0].close()
    assert held(pat) == [OLD, NEW.token]


def test_a_repeat_after_an_unknown_outcome_adds_no_pat_again():
    pat = PatSource(Secret(OLD))
    for _ in range(3):
        started(pat)[0].close()
    assert held(pat) == [OLD, NEW.token]
    assert ends(started(pat)[0], NotFoundError("Failed to rotate token"))
    assert held(pat) == [OLD, NEW.token]  # the first may still have been done


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_two_rotations_at_once_leave_both_new_pats_whichever_the_service_made_last(first_to_end):
    pat = PatSource(Secret(OLD))
    stories = [started(pat, new)[0] for new in (NEW, attrs.evolve(NEW, token=f"x{NEW.token}"))]
    for story in (stories[first_to_end], stories[1 - first_to_end]):
        assert ends(story) is None
    assert sorted(held(pat)) == [NEW.token, f"x{NEW.token}"]


def changed(**fields: Any) -> GeneratedToken:
    return attrs.evolve(NEW, **fields)


WRONG: list[tuple[Any, str]] = [
    *((each, "^new must be a GeneratedToken, not ") for each in (NEW.token, None, (NEW.token, ID, PHC), b"")),
    (changed(token_id="B" * 21), "^new must have a token with its token_id"),
    (changed(token_id="short"), "^token_id must be 21 ASCII letters and digits"),
    (changed(token_id=None), "^token_id must be a string"),
    (changed(secret_phc="$argon2id$x"), "^secret_phc must "),
    (changed(secret_phc=None), "^secret_phc must be a PHC string"),
    (changed(token="pat_x"), "^new must have a token with its token_id"),
    (changed(token=f"a b{NEW.token}"), "^new.token must hold visible ASCII characters only"),
    (changed(token=f"{'x' * 150}{NEW.token}"), "^new.token must have at most 200 characters"),
    (changed(token=7), "^new.token must be a string"),
]


@pytest.mark.parametrize(("new", "problem"), WRONG)
def test_a_mistake_is_told_before_any_request(new, problem):
    pat = PatSource(Secret(OLD))
    with pytest.raises((ValueError, TypeError), match=problem) as raised:
        started(pat, new)
    assert NEW.token.partition(".")[2] not in str(raised.value)
    assert held(pat) == [OLD]
