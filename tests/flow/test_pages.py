"""Pages that are not the service's own, and those that are."""

from typing import Any

import pytest

from access_tokens import (
    AccessTokensError,
    ApiError,
    AuthenticationError,
    EndpointError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRejectedError,
    UnavailableError,
)
from access_tokens._flow.error_mapping import error_for
from access_tokens._flow.steps import Answer, Call

from ..helpers.flows import CACHED, EXCHANGE, OLD, READ, started
from .answers import typed

pytestmark = pytest.mark.fault(86)

FIREWALL = "<html><head><title>403 Forbidden</title></head><body><h1>Blocked</h1></body></html>"
NGINX = "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>"
EXPRESS = "<!DOCTYPE html><title>Error</title><pre>{}</pre>"


def error_of(call: Call[Any], answer: Answer) -> AccessTokensError:
    return error_for(call, answer, attempts=1, acted_before=False)


@pytest.mark.parametrize("call", [READ, EXCHANGE])
@pytest.mark.parametrize(
    ("body", "media_type", "reason"),
    [
        (FIREWALL, "text/html", "403 Forbidden"),
        (NGINX, "", "400 The plain HTTP request was sent to HTTPS port"),
        ("<h1>403 Forbidden</h1>", "text/html; charset=utf-8", "403 Forbidden"),
        (f"\n{FIREWALL}", "text/plain", "403 Forbidden"),
        ("<pre>x</pre><title>Denied</title>", "application/xhtml+xml", "Denied"),
        ("<body><h1>Blocked</h1><pre>by policy 7</pre>", "text/html", "Blocked by policy 7"),
        ("<?xml version='1.0'?><!DOCTYPE html><html><title>No</title>", "application/xml", "No"),
        ("<!-- c --><head><title>No</title>", "text/plain", "No"),
    ],
)
def test_a_page_of_something_else_is_no_refusal(call, body, media_type, reason):
    for status in (400, 401, 402, 403, 405, 407, 409, 410, 413, 451):
        error = error_of(call, typed(status, body, media_type))
        assert (type(error), error.cause) == (EndpointError, ApiError(reason))
        assert str(error) == (
            f"{call.failed}: {reason} (HTTP {status}, something other than the service answers)"
        )


def test_a_page_of_what_may_pass_is_told_by_its_status():
    assert type(error_of(READ, typed(429, FIREWALL))) is RateLimitedError
    for status in (408, 503):
        assert type(error_of(READ, typed(status, FIREWALL))) is UnavailableError


@pytest.mark.parametrize("words", ["UnauthorizedError: Invalid Authorization token", "Bad Request"])
@pytest.mark.parametrize("status", [400, 401])
def test_a_page_of_the_service_refuses_the_pat(words, status):
    assert type(error_of(EXCHANGE, typed(status, EXPRESS.format(words)))) is AuthenticationError
    assert type(error_of(EXCHANGE, typed(status, f"<pre>{words}</pre>"))) is AuthenticationError


def test_a_page_of_the_service_refuses_a_request():
    refused = EXPRESS.format("BadRequestError: Invalid query parameters<br> &nbsp; at f")
    assert type(error_of(READ, typed(400, refused))) is RequestRejectedError


@pytest.mark.parametrize("status", [401, 403])
def test_a_jwt_is_never_refused_by_a_page(status):
    assert type(error_of(READ, typed(status, EXPRESS.format("Unauthorized")))) is EndpointError


@pytest.mark.parametrize(
    ("body", "media_type"), [("", ""), ("no", "text/plain"), ('{"message": "no"}', "text/html")]
)
def test_what_is_no_page_is_a_refusal_whoever_says_it(body, media_type):
    assert type(error_of(READ, typed(403, body, media_type))) is PermissionDeniedError


def test_a_401_on_a_page_discards_no_jwt():
    error = started(READ, CACHED).fails(typed(401, FIREWALL))
    assert (type(error), error.attempts) == (EndpointError, 1)
    started(READ, CACHED).replays(CACHED)  # as one that is no page does
    assert CACHED.jwt is OLD
