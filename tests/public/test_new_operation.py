"""Operations that openapi.yaml gets later: generated, and then called through `client.api` as they are."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from access_tokens import (
    AccessTokensError,
    ConflictError,
    EndpointError,
    InvalidResponseError,
    NotFoundError,
    UnavailableError,
)

from ..helpers.api_calls import invoke
from ..helpers.fault_server import EXCHANGE, JWT, FaultServer, Peer, Play, response
from ..helpers.later import Later, generate, imported, make_openapi
from ..helpers.operations import keep_jwt

TOKEN = "/admin/tokens/abc"
ROTATE, USAGE = f"{TOKEN}/rotate", "/reports/usage"


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
        for base in ("", "/base"):
            running.always(f"{base}{USAGE}", says(response(200, {"calls": 7})))
        for path in (ROTATE, "/base/manage/v1/tokens/abc/rotate"):
            running.always(path, says(response(200, {"rotations": 2})))
        yield running


@pytest.fixture
def client(server: FaultServer, make_client: Callable[..., Any]) -> Any:
    """A client with a JWT."""
    client = make_client(server.endpoint, "pat_x")
    keep_jwt(client)
    return client


def says(answer: bytes) -> Play:
    return lambda peer: peer.send(answer)


def fails(status: int, message: str = "No") -> Play:
    return says(response(status, {"error": {"message": message}}))


def rotate(client: Any, later: Later) -> Any:
    body = later.models.RotateTokenRequest(grace_seconds=60)
    return invoke(client, later.rotate, "abc", body=body, form="_detailed")


def delete(client: Any, later: Later) -> Any:
    return invoke(client, later.delete, "abc", form="_detailed")


def usage(client: Any, later: Later) -> Any:
    return invoke(client, later.usage, day=["mon", "sun & moon"], form="_detailed")


@pytest.mark.parametrize(
    ("call", "method", "target", "body", "parsed"),
    [
        (rotate, "POST", ROTATE, b'{"graceSeconds":60}', {"rotations": 2}),
        (usage, "GET", f"{USAGE}?day=mon&day=sun+%26+moon", b"", {"calls": 7}),
        (delete, "DELETE", TOKEN, b"", None),
    ],
    ids=["rotate", "usage", "delete"],
)
def test_it_goes_with_the_jwt_and_its_body_and_is_parsed(
    client, server, later, call, method, target, body, parsed
):
    answer = call(client, later)
    assert (answer.parsed and answer.parsed.to_dict()) == parsed
    assert answer.status_code == (204 if parsed is None else 200)
    [request] = server.requests
    assert (request.method, request.target, request.body) == (method, target, body)
    assert request.headers["authorization"] == "Bearer jwt"


def test_the_base_path_and_the_mounts_are_the_clients_and_the_pat_is_exchanged_once(
    server, make_client, later
):
    client = make_client(f"{server.endpoint}/base", "pat_x", auth_path="/login", admin_path="/manage/v1")
    server.play("/base/login/token", says(response(200, JWT)))
    for call in (usage, rotate, delete):
        call(client, later)
    assert [each.path for each in server.requests] == [
        "/base/login/token",
        "/base/reports/usage",
        "/base/manage/v1/tokens/abc/rotate",
        "/base/manage/v1/tokens/abc",
    ]


@pytest.mark.fault(65)
@pytest.mark.parametrize(("call", "path"), [(rotate, ROTATE), (delete, TOKEN), (usage, USAGE)])
def test_a_refused_jwt_is_replaced_and_what_was_not_done_is_repeated(client, server, later, call, path):
    server.play(path, fails(401), fails(408), fails(429))
    call(client, later)
    assert [each.path for each in server.requests] == [path, EXCHANGE, path, path, path]
    assert client.clock.waits == [1.0, 2.0]


# What may have been done is repeated where the method allows it (RFC 9110, section 9.2.2), and has an outcome
# where it changes something.
@pytest.mark.fault(65)
@pytest.mark.parametrize(
    ("call", "path", "attempts", "is_unknown"),
    [(rotate, ROTATE, 1, True), (delete, TOKEN, 4, True), (usage, USAGE, 4, False)],
)
@pytest.mark.parametrize("trouble", [fails(500), Peer.close], ids=["500", "close"])
def test_what_may_have_been_done_is_repeated_unless_it_is_a_post(
    client, server, later, call, path, attempts, is_unknown, trouble
):
    server.play(path, *[trouble] * 4)
    with pytest.raises(UnavailableError, match="^Failed to call [A-Z]+ /") as raised:
        call(client, later)
    assert (server.count(path), raised.value.attempts) == (attempts, attempts)
    assert raised.value.outcome_unknown is is_unknown


@pytest.mark.fault(65)
@pytest.mark.parametrize(
    ("call", "answers", "kind", "attempts", "is_unknown"),
    [
        (rotate, [fails(404, "Token not found: abc")], NotFoundError, 1, False),
        (usage, [fails(500, "Token not found: usage")], NotFoundError, 1, False),  # any segment may be an id
        (delete, [Peer.close, fails(500, "Token not found: abc")], NotFoundError, 2, True),
        (delete, [fails(500, "Token not found: abcd")] * 4, UnavailableError, 4, True),
        (rotate, [fails(500, "Token ID already exists: abc")], ConflictError, 1, False),
        (usage, [fails(404, "Not Found")], EndpointError, 1, False),
        (rotate, [says(response(200, b"<p>", "Content-Type: text/html"))], InvalidResponseError, 1, True),
        (usage, [says(response(200, b" " * (32 * 2**20 + 1)))], InvalidResponseError, 1, False),
    ],
)
def test_an_error_is_what_it_would_be_of_a_method(
    client, server, later, call, answers, kind, attempts, is_unknown
):
    server.play({rotate: ROTATE, delete: TOKEN, usage: USAGE}[call], *answers)
    with pytest.raises(AccessTokensError) as raised:
        call(client, later)
    error = raised.value
    assert (type(error), error.attempts, error.outcome_unknown) == (kind, attempts, is_unknown)
    assert error.message.startswith(("Failed to call ", "Invalid response to "))
