"""From what came back to the error that the caller sees."""

from typing import Any

import attrs
import pytest

from access_tokens import (
    AccessTokensError,
    ApiError,
    AuthenticationError,
    ConflictError,
    EndpointError,
    InvalidResponseError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRejectedError,
    UnavailableError,
)
from access_tokens._flow.error_mapping import error_for, is_refusal, may_have_acted
from access_tokens._flow.steps import Answer, Call, Failure, Outcome
from access_tokens._secret import Secret
from access_tokens.errors import excerpt, one_line

from ..helpers.flows import EXCHANGE, ISSUE, READ, REVOKE, answer
from .answers import typed


def error_of(outcome: Outcome, call: Call[Any] = REVOKE) -> AccessTokensError:
    return error_for(call, outcome, attempts=2, acted_before=False)


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        (RequestRejectedError, (400, 402, 410, 499)),
        (AuthenticationError, (401,)),
        (PermissionDeniedError, (403,)),
        (ConflictError, (409,)),
        (RateLimitedError, (429,)),
        (UnavailableError, (408, 500, 503, 599)),
        (EndpointError, (100, 301, 399, 404, 600)),
    ],
)
def test_a_status_tells_what_a_caller_can_do(kind, statuses):
    assert {type(error_of(Answer(status))) for status in statuses} == {kind}


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        (AuthenticationError, (400, 401, 403)),
        (RequestRejectedError, (402,)),
        (EndpointError, (404,)),
        (RateLimitedError, (429,)),
        (UnavailableError, (500,)),
    ],
)
def test_a_status_of_the_exchange_is_about_the_pat(kind, statuses):
    assert {type(error_of(Answer(status), EXCHANGE)) for status in statuses} == {kind}


@pytest.mark.fault(86)
def test_a_refusal_that_says_to_be_a_page_is_a_firewalls():
    assert type(error_of(typed(403, "Blocked"))) is EndpointError
    assert type(error_of(typed(403, "Blocked", "text/plain"))) is PermissionDeniedError


NOWHERE = "Cannot PUT /wrong/tokens/some-id/revoke"


@pytest.mark.fault(62)
@pytest.mark.parametrize("call", [REVOKE, ISSUE, READ, EXCHANGE])
@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (typed(404, f"<pre>{NOWHERE}</pre>"), NOWHERE),
        (answer(404, {"error": {"message": "Token not found: another"}}), "Token not found: another"),
        (answer(404, {"error": "no Route matched"}), "no Route matched"),
        (answer(404, {"message": "Not Found"}, reason="Not Found"), "Not Found"),
        (typed(404, "<h1>404</h1>", reason="Not Found"), "Not Found"),
        (Answer(404), "HTTP status 404"),
    ],
)
def test_a_404_that_names_no_missing_token_is_of_the_route(call, outcome, reason):
    error = error_of(outcome, call)
    assert type(error) is EndpointError
    assert error.reason == reason
    assert str(error).startswith(f"{call.failed}: {reason} (HTTP 404, ")
    assert str(error).endswith(", check the endpoint and its paths)")


@pytest.mark.fault(62)
@pytest.mark.parametrize("status", [400, 404, 410, 500])
@pytest.mark.parametrize("words", ["Token not found: some-id", "Not found. Token not found: some-id"])
def test_a_missing_token_is_told_in_words_by_any_status_and_in_any_dress(status, words):
    for outcome in (
        answer(status, {"error": {"message": words}}),
        answer(status, {"error": words}),
        answer(status, {"error": {"message": "Internal error", "details": words}}),
        typed(status, f"<pre>Error: {words}<br> &nbsp; at</pre>"),
        typed(status, words, "text/plain"),
    ):
        assert type(error_of(outcome)) is NotFoundError


@pytest.mark.fault(62)
def test_an_id_of_several_lines_is_known_again_on_a_page():
    page = "<pre>Error: Token not found: a<br>b &nbsp;c<br> &nbsp; &nbsp;at f (a.js:1)</pre>"
    call = attrs.evolve(REVOKE, token_id="a\nb  c")
    assert type(error_of(typed(500, page), call)) is NotFoundError


CHOSEN_HERE = attrs.evolve(ISSUE, token_id_chosen_here=True)


def test_an_answer_is_told_whole():
    error = error_of(Answer(429, {"x-request-id": "abc"}, b'{"error": "Many"}', retry_after=7.0), CHOSEN_HERE)
    assert (error.message, error.cause) == ("Failed to issue token", ApiError("Many"))
    assert (error.status_code, error.token_id, error.retry_after, error.attempts) == (429, "some-id", 7.0, 2)
    assert (error.outcome_unknown, error.token_id_chosen_here, error.request_id) == (False, True, "abc")


@pytest.mark.parametrize(("reason", "cause"), [("Bad\nGateway", "Bad Gateway"), ("", "HTTP status 502")])
def test_an_answer_that_says_nothing_is_told_by_its_status(reason, cause):
    error = error_of(Answer(502, reason=reason))
    assert error.cause == cause
    assert "paths" not in str(error)


def test_no_secret_that_was_sent_is_told():
    for outcome in (
        answer(400, {"error": "hunter2 or swordfish"}),
        answer(400, {"error": {"message": "hunter2 or swordfish", "code": "hunter2"}}),
        typed(400, "hunter2 or swordfish", "text/plain"),
        typed(400, "<pre>Error: hunter2 or swordfish</pre>"),
        Answer(400, reason="hunter2 or swordfish"),
    ):
        known = (Secret("hunter2"), Secret("swordfish"))
        error = error_of(attrs.evolve(outcome, known=known))
        assert error.reason == "[hidden] or [hidden]"
        assert "hunter2" not in repr(error.cause)


def test_a_failure_is_told_whole():
    cause = ConnectionResetError("reset")
    error = error_of(Failure(cause, acted=True, request_id="abc"), CHOSEN_HERE)
    assert type(error) is UnavailableError
    assert (error.message, error.cause, error.__cause__) == ("Failed to issue token", cause, cause)
    assert (error.status_code, error.token_id, error.attempts) == (None, "some-id", 2)
    assert (error.outcome_unknown, error.token_id_chosen_here, error.request_id) == (True, True, "abc")


def test_an_answer_that_could_not_be_read_has_a_message_of_its_own():
    error = error_of(Failure(ValueError("odd"), acted=True, kind=InvalidResponseError), READ)
    assert type(error) is InvalidResponseError
    assert (error.message, error.outcome_unknown) == ("Invalid list tokens response", False)


@pytest.mark.parametrize(
    ("outcome", "acted"),
    [
        *((Answer(status), False) for status in (301, 400, 404, 408, 429, 499, 501, 505)),
        *((Answer(status), True) for status in (500, 502, 503, 504, 506, 599)),
        (Failure(ValueError(), acted=True), True),
        (Failure(ValueError(), acted=False), False),
    ],
)
def test_an_outcome_tells_whether_the_service_may_have_acted(outcome, acted):
    assert may_have_acted(outcome) is acted
    assert error_of(outcome).outcome_unknown is acted


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Token not found: some-id", NotFoundError),
        ("Error: Token not found: some-id.", NotFoundError),
        ("Token ID already exists: some-id", ConflictError),
        ("Token ID already exists: some-idx", UnavailableError),
        ("Token not found: other", UnavailableError),
    ],
)
def test_a_refusal_names_the_id_and_is_known_for_certain(said, kind):
    error = error_of(answer(500, {"error": {"message": said}}))
    assert type(error) is kind
    assert error.outcome_unknown is (kind is UnavailableError)
    assert is_refusal(REVOKE, error) is (kind is not UnavailableError)


def test_a_token_that_is_not_there_was_not_changed_before_either():
    for said, unknown in (("Token not found: some-id", False), ("Token ID already exists: some-id", True)):
        outcome = answer(500, {"error": {"message": said}})
        assert error_for(REVOKE, outcome, 2, acted_before=True).outcome_unknown is unknown
        removal = attrs.evolve(REVOKE, removes=True)
        assert error_for(removal, outcome, 2, acted_before=True).outcome_unknown is True


def test_only_an_id_in_the_call_can_be_refused():
    outcome = answer(500, {"error": {"message": "Token not found: None"}})
    assert type(error_of(outcome, READ)) is UnavailableError


def test_an_error_notes_more_than_one_attempt_and_a_short_id():
    error = AccessTokensError("Failed", token_id="x" * 101)
    assert (error.attempts, str(error)) == (0, f"Failed (token {'x' * 100})")
    assert str(AccessTokensError("Failed", attempts=1)) == "Failed"
    assert str(AccessTokensError("Failed", attempts=2)) == "Failed (2 attempts)"
    assert str(AccessTokensError("Failed", cause=ApiError("Bad"))) == "Failed: Bad"


def test_a_text_is_read_no_further_than_to_twice_what_is_shown():
    """Or one of many blanks would be read to its end."""
    assert one_line(" " * 19 + "x", 10) == "x"
    assert one_line(" " * 20 + "x", 10) == ""


def test_an_excerpt_ends_between_words():
    """Half a secret could not be recognised."""
    assert [excerpt("one two three", longest) for longest in (9, 13)] == ["one two", "one two three"]


def test_the_longest_text_of_an_error_is_one_of_4096_characters():
    said = ApiError("x" * 4096, code="y" * 101)
    text = str(AccessTokensError("Failed", cause=said, status_code=500))
    assert len(text) == 4096
    assert text.endswith(f"xx ({'y' * 100}, HTTP 500)")
