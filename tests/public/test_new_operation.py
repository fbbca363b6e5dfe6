"""Operations that openapi.yaml gets later: generated, and then called through `client.api` as they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from access_tokens import (
    AccessTokensError,
    ApiError,
    ConflictError,
    EndpointError,
    InvalidResponseError,
    NotFoundError,
    UnavailableError,
)

from ..helpers.api_calls import invoke
from ..helpers.fault_server import EXCHANGE, FaultServer, Peer, Play, Request, response
from ..helpers.later import Later, generate, imported, make_openapi
from ..helpers.operations import keep_jwt

TOKEN = "/admin/tokens/abc"
ROTATE, USAGE = f"{TOKEN}/rotate", "/reports/usage"
ROTATED, USED = response(200, {"rotations": 2}), response(200, {"calls": 7})


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Later]:
    folder = tmp_path_factory.mktemp("later")
    make_openapi(folder)
    generate(folder)
    with imported(folder) as core:
        yield core


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        running.always(ROTATE, says(ROTATED))
        running.always(USAGE, says(USED))
        yield running


@pytest.fixture
def client(server: FaultServer, make_client: Callable[..., Any]) -> Any:
    """A client with a JWT."""
    client = make_client(server.endpoint, "pat_x")
    keep_jwt(client)
    return client


def says(answer: bytes) -> Play:
    return lambda peer: peer.send(answer)


def fails(status: int, message: str = "No", *lines: str) -> Play:
    return says(response(status, {"error": {"message": message}}, *lines))


def rotate(client: Any, later: Later, **options: Any) -> Any:
    body = later.models.RotateTokenRequest(grace_seconds=60)
    return invoke(client, later.rotate, "abc", body=body, **options)


def delete(client: Any, later: Later) -> Any:
    # There is no other form of an operation that never answers a body.
    return invoke(client, later.delete, "abc", form="_detailed")


def usage(client: Any, later: Later, **options: Any) -> Any:
    return invoke(client, later.usage, **options)


def failure(call: Callable[..., Any], client: Any, later: Later) -> AccessTokensError:
    with pytest.raises(AccessTokensError) as raised:
        call(client, later)
    return raised.value


def only(server: FaultServer) -> Request:
    [request] = server.requests
    return request


class TestSuccess:
    def test_a_post_goes_with_the_jwt_and_its_body_and_is_parsed(self, client, server, later):
        assert rotate(client, later).rotations == 2
        request = only(server)
        assert (request.method, request.target) == ("POST", ROTATE)
        assert request.headers["authorization"] == "Bearer jwt"
        assert request.headers["content-type"] == "application/json"
        assert json.loads(request.body) == {"graceSeconds": 60}

    def test_the_detailed_form_has_the_status_as_well(self, client, server, later):
        answer = rotate(client, later, form="_detailed")
        assert (answer.status_code, answer.parsed.rotations) == (200, 2)

    def test_a_delete_goes_with_the_jwt_and_answers_nothing(self, client, server, later):
        response = delete(client, later)
        assert (response.status_code, response.parsed) == (204, None)
        request = only(server)
        assert (request.method, request.target, request.body) == ("DELETE", TOKEN, b"")
        assert request.headers["authorization"] == "Bearer jwt"

    def test_a_get_outside_the_mounts_goes_below_the_endpoint(self, client, server, later):
        assert usage(client, later, day=["mon", "sun & moon"]).calls == 7
        request = only(server)
        assert (request.method, request.target) == ("GET", f"{USAGE}?day=mon&day=sun+%26+moon")
        assert request.headers["authorization"] == "Bearer jwt"

    def test_the_base_path_and_the_mounts_are_the_clients(self, server, make_client, later):
        client = make_client(f"{server.endpoint}/base", "pat_x", auth_path="/login", admin_path="/manage/v1")
        keep_jwt(client)
        server.play(f"/base{USAGE}", says(USED))
        server.play("/base/manage/v1/tokens/abc/rotate", says(ROTATED))
        assert usage(client, later).calls == 7
        assert rotate(client, later).rotations == 2
        delete(client, later)
        assert [each.path for each in server.requests] == [
            "/base/reports/usage",
            "/base/manage/v1/tokens/abc/rotate",
            "/base/manage/v1/tokens/abc",
        ]

    def test_the_first_call_exchanges_the_pat_once(self, server, make_client, later):
        client = make_client(server.endpoint, "pat_x")
        assert rotate(client, later).rotations == 2
        assert usage(client, later).calls == 7
        assert [(each.path, each.headers["authorization"]) for each in server.requests] == [
            (EXCHANGE, "Bearer pat_x"),
            (ROTATE, "Bearer jwt"),
            (USAGE, "Bearer jwt"),
        ]


each_call = pytest.mark.parametrize(
    ("call", "path", "what"),
    [
        (rotate, ROTATE, f"POST {ROTATE}"),
        (delete, TOKEN, f"DELETE {TOKEN}"),
        (usage, USAGE, f"GET {USAGE}"),
    ],
    ids=["rotate", "delete", "usage"],
)


each_trouble = pytest.mark.parametrize(
    "trouble", [fails(503), fails(500), Peer.close, Peer.reset], ids=["503", "500", "close", "reset"]
)


@pytest.mark.fault(65)
class TestRules:
    @each_call
    def test_a_jwt_that_is_refused_is_replaced_once(self, client, server, later, call, path, what):
        server.play(path, fails(401))
        call(client, later)
        assert [each.path for each in server.requests] == [path, EXCHANGE, path]

    @each_call
    @pytest.mark.parametrize("status", [408, 429])
    def test_what_cannot_have_been_done_is_repeated(self, client, server, later, call, path, what, status):
        server.play(path, fails(status), fails(status))
        call(client, later)
        assert (server.count(path), client.clock.waits) == (3, [1.0, 2.0])

    @each_call
    def test_the_wait_is_the_one_that_is_asked_for(self, client, server, later, call, path, what):
        server.play(path, fails(429, "Slow", "Retry-After: 7"))
        call(client, later)
        assert client.clock.waits == [7.0]

    @pytest.mark.parametrize(("call", "path"), [(delete, TOKEN), (usage, USAGE)], ids=["delete", "usage"])
    @each_trouble
    def test_what_may_be_done_twice_is_repeated(self, client, server, later, call, path, trouble):
        server.play(path, trouble)
        call(client, later)
        assert server.count(path) == 2

    @each_trouble
    def test_a_post_that_may_have_been_done_is_not_repeated(self, client, server, later, trouble):
        server.play(ROTATE, trouble)
        error = failure(rotate, client, later)
        assert (type(error), error.message) == (UnavailableError, f"Failed to call POST {ROTATE}")
        assert (error.attempts, error.outcome_unknown, error.token_id) == (1, True, "abc")
        assert server.count(ROTATE) == 1

    def test_a_post_that_cannot_have_been_sent_is_repeated(self, client, server, later):
        server.stop_listening()
        error = failure(rotate, client, later)
        assert (type(error), error.attempts, error.outcome_unknown) == (UnavailableError, 4, False)

    def test_a_get_has_no_outcome_and_a_delete_has_one(self, client, server, later):
        for call, path, unknown in ((usage, USAGE, False), (delete, TOKEN, True)):
            server.play(path, *[Peer.close] * 4)
            error = failure(call, client, later)
            assert (error.attempts, error.outcome_unknown) == (4, unknown)

    @each_call
    @pytest.mark.parametrize("status", [404, 500])
    def test_a_token_that_is_missing_is_told_at_once(self, client, server, later, call, path, what, status):
        token_id = "abc" if "abc" in path else "usage"  # any segment may be an id
        server.play(path, fails(status, f"Token not found: {token_id}"))
        error = failure(call, client, later)
        assert (type(error), error.message) == (NotFoundError, f"Failed to call {what}")
        assert error.cause == ApiError(f"Token not found: {token_id}")
        assert (error.attempts, error.outcome_unknown) == (1, False)
        assert server.count(path) == 1

    def test_another_token_that_is_missing_is_no_refusal(self, client, server, later):
        server.play(TOKEN, fails(500, "Token not found: abcd"))
        delete(client, later)
        assert server.count(TOKEN) == 2

    def test_an_id_that_is_taken_is_told_at_once(self, client, server, later):
        server.play(ROTATE, fails(500, "Token ID already exists: abc"))
        error = failure(rotate, client, later)
        assert (type(error), error.attempts, error.outcome_unknown) == (ConflictError, 1, False)

    def test_a_token_that_a_lost_attempt_may_have_deleted_is_missing_with_an_outcome_unknown(
        self, client, server, later
    ):
        server.play(TOKEN, Peer.close, fails(500, "Token not found: abc"))
        error = failure(delete, client, later)
        assert (type(error), error.attempts, error.outcome_unknown) == (NotFoundError, 2, True)

    @each_call
    def test_a_404_that_names_no_token_is_no_answer_of_the_service(
        self, client, server, later, call, path, what
    ):
        server.play(path, fails(404, "Not Found"))
        error = failure(call, client, later)
        assert str(error).startswith(f"Failed to call {what}: Not Found (HTTP 404, ")
        assert (type(error), error.attempts, error.outcome_unknown) == (EndpointError, 1, False)

    @each_call
    def test_an_answer_that_cannot_be_read_is_told_after_one_request(
        self, client, server, later, call, path, what
    ):
        server.play(path, says(response(200, b"<html>welcome</html>", "Content-Type: text/html")))
        error = failure(call, client, later)
        assert (type(error), error.message) == (InvalidResponseError, f"Invalid response to {what}")
        assert (error.attempts, error.outcome_unknown) == (1, call is not usage)

    def test_the_size_of_an_answer_is_bounded(self, client, server, later):
        server.play(USAGE, says(response(200, b" " * (32 * 2**20 + 1))))
        error = failure(usage, client, later)
        assert isinstance(error, InvalidResponseError)
        assert "the body is over 32 MiB" in str(error)
