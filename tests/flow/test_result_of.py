"""What a call makes of its answer, or why it cannot."""

import json

import attrs
import pytest

from access_tokens import InvalidResponseError
from access_tokens._flow.error_mapping import _problem, result_of
from access_tokens._flow.steps import Answer
from access_tokens.errors import UnreadableError

from ..helpers.flows import READ, REVOKE


def test_the_result_is_what_the_call_makes_of_the_answer():
    call = attrs.evolve(READ, result=lambda answer: answer.attempts)
    assert result_of(call, Answer(200, attempts=3)) == 3


@pytest.mark.parametrize("call", [REVOKE, READ])
def test_an_answer_that_makes_no_sense_is_an_error_that_tells_all(call):
    def fail(answer: Answer) -> None:
        raise UnreadableError(f"status {answer.status_code}")

    call = attrs.evolve(call, result=fail, unreadable="Invalid answer", token_id_chosen_here=True)
    with pytest.raises(InvalidResponseError) as raised:
        result_of(call, Answer(299, {"x-request-id": "abc"}, attempts=3))
    error = raised.value
    assert (error.message, str(error.cause)) == ("Invalid answer", "status 299")
    assert (error.status_code, error.attempts, error.request_id) == (299, 3, "abc")
    assert error.token_id_chosen_here
    assert (error.token_id, error.outcome_unknown) == (call.token_id, call.changes)


@pytest.mark.parametrize("mistake", [KeyError, AttributeError, TypeError])
def test_a_mistake_of_ours_is_no_fault_of_the_answer(mistake):
    def fail(_: Answer) -> None:
        raise mistake

    with pytest.raises(mistake):
        result_of(attrs.evolve(READ, result=fail), Answer(200))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (json.JSONDecodeError("Expecting value", "canary", 0), "not JSON: Expecting value at character 0"),
        (UnreadableError("owner: text expected"), "owner: text expected"),
        (ValueError("canary"), "not of the expected shape (ValueError)"),
    ],
)
def test_what_is_wrong_with_an_answer_is_told_without_a_value_of_it(error, text):
    assert _problem(error) == text
