"""Both clients and canned answers: what the live service never says."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from access_tokens import AccessTokensError, ApiError, EndpointError, InvalidResponseError, UnavailableError

ENDPOINT = "https://api.example.com/base"
EXCHANGE, TOKENS = f"{ENDPOINT}/auth/token", f"{ENDPOINT}/admin/tokens"
JWT = {"access_token": "a.b.c", "token_type": "bearer", "expires_in": 60.5, "later": "version"}
RECORD = {"tokenId": "A" * 21, "owner": "x", "isAdmin": False, "roles": None, "createdAt": 1}


@pytest.fixture
def client(make_client: Callable[..., Any], httpx_mock: HTTPXMock) -> Any:
    """A client with a JWT, of a service that answers what a test has put in the can."""
    httpx_mock.add_response(method="POST", url=EXCHANGE, json=JWT, headers={"Set-Cookie": "session=1"})
    client = make_client(ENDPOINT, "pat_x")
    client.authenticate()
    return client


def test_a_base_path_is_kept_and_cookies_are_not(client, httpx_mock):
    httpx_mock.add_response(
        url=TOKENS, json={"records": [RECORD]}, headers={"Set-Cookie": "session=2"}, is_reusable=True
    )
    client.list()
    [record] = client.list()
    assert (record.owner, record.roles) == ("x", ())
    assert all("cookie" not in request.headers for request in httpx_mock.get_requests())


def test_a_gzipped_answer_is_read(client, httpx_mock):
    body = gzip.compress(json.dumps({"records": [RECORD] * 50}).encode())
    httpx_mock.add_response(url=TOKENS, content=body, headers={"Content-Encoding": "gzip"})
    assert len(client.list()) == 50


@pytest.mark.fault(19)
@pytest.mark.parametrize("content_type", [None, "text/plain", "application/json;charset=utf-8", "text/html"])
def test_a_readable_answer_may_have_any_media_type(client, httpx_mock, content_type):
    headers = {} if content_type is None else {"Content-Type": content_type}
    httpx_mock.add_response(url=TOKENS, content=b'{"records": []}', headers=headers)
    assert client.list() == []


@pytest.mark.fault(17)
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not JSON: Expecting value at character 0"),
        (b"\xff", "not of the expected shape (UnicodeDecodeError)"),
        (b"[]", "object expected, not list"),
        (b"[1]", "object expected, not list"),
        (b"{}", "records: missing or null"),
        (b'{"records": null}', "records: missing or null"),
        (b'{"records": [{}]}', "records: tokenId: missing or null"),
        (b'{"records": [[]]}', "records: object expected, not list"),
        (b'{"records": ' + b"[" * 10_000, "not of the expected shape (RecursionError)"),
        (b'{"records": ' + b"[" * 100_000, "over 10100 values"),
        (json.dumps({"records": [RECORD | {"owner": 7}]}).encode(), "records: owner: text expected, not int"),
    ],
)
def test_an_answer_of_the_wrong_shape_is_told_without_a_value_of_it(client, httpx_mock, content, problem):
    httpx_mock.add_response(url=TOKENS, content=content)
    with pytest.raises(InvalidResponseError, match="^Invalid list tokens response") as raised:
        client.list()
    assert raised.value.reason == problem
    assert raised.value.__context__ is None


@pytest.mark.fault(3)
@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("refused"),
        httpx.RemoteProtocolError("odd"),
        httpx.PoolTimeout(""),
    ],
)
def test_a_connection_that_fails_for_now_is_tried_again(client, httpx_mock, error):
    httpx_mock.add_exception(error, url=TOKENS)
    httpx_mock.add_response(url=TOKENS, json={"records": []})
    assert client.list() == []
    assert client.clock.waits == [1.0]


@pytest.mark.fault(49)
def test_an_error_of_the_network_holds_no_request(client, httpx_mock):
    httpx_mock.add_exception(httpx.ReadError("reset"), url=TOKENS, is_reusable=True)
    with pytest.raises(UnavailableError, match="api.example.com: reset") as raised:
        client.list()
    cause = raised.value.__cause__
    assert isinstance(cause, httpx.ReadError)
    with pytest.raises(RuntimeError, match="request"):
        _ = cause.request


@pytest.mark.fault(16)
@pytest.mark.parametrize(
    "location", ["https://evil.example/", "/admin/tokens?again", "http://api.example.com/"]
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(client, httpx_mock, status, location):
    httpx_mock.add_response(url=TOKENS, status_code=status, headers={"Location": location})
    with pytest.raises(EndpointError, match=f"HTTP {status}"):
        client.list()
    assert len(httpx_mock.get_requests()) == 2


@pytest.mark.fault(12)
@pytest.mark.parametrize("status", [404, 409, 410, 501, 505, 520, 599])
def test_an_unexpected_status_is_told_after_one_request(client, httpx_mock, status):
    body = {"error": {"message": "Some\nreason", "details": {"a": [1]}}}
    httpx_mock.add_response(method="PUT", url=f"{TOKENS}/a%2Fb/restore", status_code=status, json=body)
    with pytest.raises(AccessTokensError, match="^Failed to restore token: Some reason") as raised:
        client.restore("a/b")
    assert raised.value.cause == ApiError("Some reason", None, {"a": [1]})
    assert (raised.value.status_code, raised.value.token_id, raised.value.attempts) == (status, "a/b", 1)


@pytest.mark.parametrize("secret", ["pat_x", "a.b.c"])
def test_a_secret_that_is_sent_back_is_not_shown(client, httpx_mock, secret):
    httpx_mock.add_response(url=TOKENS, status_code=400, json={"error": "bad token a.b.c"})
    with pytest.raises(AccessTokensError) as raised:
        client.list()
    assert secret not in str(raised.value) + repr(raised.value.cause)
