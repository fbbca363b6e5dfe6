"""The errors, as values and as text."""

import copy
import pickle

import pytest

import access_tokens
from access_tokens import (
    AccessTokensError,
    ApiError,
    ConflictError,
    EndpointError,
    NotFoundError,
    RequestRejectedError,
    UnavailableError,
    is_api_error,
)
from access_tokens.errors import one_line

FULL = ConflictError(
    "Failed to issue token",
    cause=ApiError("Token ID already exists: abc", code="E_TAKEN"),
    status_code=500,
    token_id="abc",
    token_id_chosen_here=False,
    request_id="r" * 201,
    retry_after=1.5,
    attempts=2,
    outcome_unknown=True,
)


@pytest.mark.fault(82)
@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            FULL,
            "Failed to issue token: Token ID already exists: abc (E_TAKEN, HTTP 500, 2 attempts, "
            f"retry after 1.5 s, request {'r' * 200}, outcome unknown: an earlier attempt of this call may "
            "have made it, or it was there before: look first)",
        ),
        # Only an id that was chosen here proves whose the token is.
        (
            ConflictError("Failed", token_id="abc", token_id_chosen_here=True, outcome_unknown=True),
            "Failed (token abc, outcome unknown: an earlier attempt of this call may have made it)",
        ),
        # It names its token where the reason does not.
        (
            NotFoundError("Failed to revoke token", cause="Not Found", status_code=404, token_id="abc"),
            "Failed to revoke token: Not Found (HTTP 404, token abc)",
        ),
        # What is wrong with a request is in the details alone.
        (
            RequestRejectedError(
                "Failed",
                cause=ApiError("Invalid body.", details="Too big\n  → at roles"),
                status_code=400,
            ),
            "Failed: Invalid body: Too big → at roles (HTTP 400)",
        ),
        (RequestRejectedError("Failed", cause=ApiError("Too big", details="big")), "Failed: Too big"),
        (
            RequestRejectedError("Failed", cause=ApiError("Bad", details="x" * 999)),
            f"Failed: Bad: {'x' * 300}",
        ),
        (RequestRejectedError("Failed", cause=ApiError("Bad", details={"a": 1})), "Failed: Bad"),
        (RequestRejectedError("Failed", cause=ApiError("Bad", details='{"a": [[…')), "Failed: Bad"),
        (RequestRejectedError("Failed", cause=ApiError("Bad")), "Failed: Bad"),
        (RequestRejectedError("Failed", cause="Bad Request"), "Failed: Bad Request"),
        (AccessTokensError("Failed to list tokens"), "Failed to list tokens"),
        (AccessTokensError("Failed", token_id="a\nb"), "Failed (token a b)"),
        (UnavailableError("Failed", outcome_unknown=True), "Failed (outcome unknown: it may have been done)"),
        (EndpointError("Failed", status_code=500), "Failed (HTTP 500)"),
    ],
)
def test_an_error_reads_as_one_useful_line(error, text):
    assert str(error) == text


def test_an_exception_as_the_cause_is_chained():
    cause = ConnectionRefusedError("refused")
    error = AccessTokensError("Failed", cause=cause)
    assert error.__cause__ is cause
    assert str(error) == "Failed: refused"


@pytest.mark.fault(46)
@pytest.mark.parametrize("twin", [copy.copy(FULL), pickle.loads(pickle.dumps(FULL))])
def test_an_error_survives_copying_and_pickling(twin):
    assert type(twin) is ConflictError
    assert vars(twin) == vars(FULL)
    assert str(twin) == str(FULL)


def test_a_cause_is_an_api_error_or_not():
    assert is_api_error(FULL.cause)
    assert not is_api_error("Not Found")
    assert not is_api_error(FULL)


def test_what_the_service_says_is_found_where_the_typescript_client_has_it():
    said = ApiError("Bad", "E_BAD", "more")
    assert said.error is said
    assert said.error.message == "Bad"
    assert repr(said) == "ApiError(message='Bad', code='E_BAD', details='more')"
    assert pickle.loads(pickle.dumps(said)) == copy.deepcopy(said) == said


def test_every_error_is_one_of_the_librarys():
    errors = [v for v in vars(access_tokens).values() if isinstance(v, type) and issubclass(v, Exception)]
    assert len(errors) == 11
    assert all(issubclass(error, AccessTokensError) for error in errors)


def test_text_becomes_one_printable_line():
    assert one_line("  a\r\n\tb\x1b[31m\x00c  ") == "a b [31m c"
    assert len(one_line("x" * 10_000)) == 4096
