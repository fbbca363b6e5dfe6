"""The id by which a request is found again."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from access_tokens import (
    AccessTokensError,
)
from access_tokens._flow.error_mapping import error_for
from access_tokens._flow.request_id import request_id_in
from access_tokens._flow.steps import Answer, Call
from access_tokens._secret import Secret

from ..helpers.flows import READ

pytestmark = pytest.mark.fault(96)


def error_of(call: Call[Any], answer: Answer) -> AccessTokensError:
    return error_for(call, answer, attempts=1, acted_before=False)


@pytest.mark.parametrize(
    "name",
    ["X-Request-Id", "x-correlation-id", "X-Amzn-RequestId", "X-Amzn-Trace-Id", "CF-Ray", "traceparent"],
)
def test_an_error_has_the_id_of_its_request(name):
    headers = {name.lower(): " Root=1-67891233-abcdef012345678912345678 "}
    error = error_of(READ, Answer(500, headers))
    assert error.request_id == "Root=1-67891233-abcdef012345678912345678"
    assert str(error).endswith("(HTTP 500, request Root=1-67891233-abcdef012345678912345678)")


def test_the_id_of_the_service_comes_before_those_of_others():
    assert request_id_in({"cf-ray": "ray", "x-request-id": "own", "traceparent": "trace"}) == "own"
    assert request_id_in({"x-request-id": " ", "cf-ray": "ray"}) == "ray"
    assert request_id_in({"X-Akamai-Request-Id": "other", "cf-ray": "ray"}) == "ray"
    for name in ("X-Akamai-Request-Id", "uber-trace-id", "x-req-id", "RequestId", "opc-transaction-id"):
        assert request_id_in(httpx.Headers({name: "other"})) == "other"
    assert request_id_in({"date": "x", "x-paid": "x", "x-client-id": "x"}) is None


def test_an_id_is_one_short_line_without_secrets():
    answer = Answer(
        500, {"x-request-id": "a\x07b hunter2-hunter2 " + "x" * 999}, known=(Secret("hunter2-hunter2"),)
    )
    assert error_of(READ, answer).request_id == "a b [hidden] " + "x" * 187
