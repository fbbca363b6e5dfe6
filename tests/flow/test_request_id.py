"""The id by which a request is found again."""

import logging

import httpx
import pytest

from access_tokens._flow.error_mapping import error_for
from access_tokens._flow.request_id import request_id_in
from access_tokens._flow.steps import Answer
from access_tokens._secret import Secret

from ..helpers.fault_server import EXCHANGE, JWT, TOKENS, Peer, response
from ..helpers.flows import READ
from ..helpers.operations import AUTHENTICATE, ISSUE, LIST, failure_of
from .answers import GZIP, PAGE, say, told_at_once

pytestmark = pytest.mark.fault(96)


@pytest.mark.parametrize(
    "name",
    ["X-Request-Id", "x-correlation-id", "X-Amzn-RequestId", "X-Amzn-Trace-Id", "CF-Ray", "traceparent"],
)
def test_an_error_has_the_id_of_its_request(name):
    answer = Answer(500, {name.lower(): " Root=1-67891233-abcdef012345678912345678 "})
    error = error_for(READ, answer, attempts=1, acted_before=False)
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
    headers = {"x-request-id": "a\x07b hunter2-hunter2 " + "x" * 999}
    assert request_id_in(headers, (Secret("hunter2-hunter2"),)) == "a b [hidden] " + "x" * 187


@pytest.mark.parametrize("operation", [LIST, ISSUE, AUTHENTICATE], ids=lambda each: each.name)
def test_the_id_is_on_the_error_and_in_the_log(server, client, operation, caplog):
    caplog.set_level(logging.DEBUG, logger="access_tokens")
    error = told_at_once(server, client, operation, say(418, b"", "CF-Ray: 00-4bf92f3577b34da6-01"))
    assert error.request_id == "00-4bf92f3577b34da6-01"
    assert "(HTTP 418, " in str(error)
    assert "request 00-4bf92f3577b34da6-01" in str(error)
    assert f"{operation.path}: 418 (0.000 s, request 00-4bf92f3577b34da6-01)" in caplog.text


def cut_short(peer: Peer) -> None:
    peer.send(response(200, b"x" * 99, "X-Request-Id: abc")[:-9])
    peer.close()


BROKEN = {
    "no JSON": say(200, b"null", "X-Request-Id: abc"),
    "no gzip": say(200, b"no gzip", GZIP, "X-Request-Id: abc"),
    "cut": cut_short,
}


@pytest.mark.parametrize("play", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_cannot_be_read_has_the_id_as_well(server, client, play):
    server.always(TOKENS, play)
    assert failure_of(LIST, client).request_id == "abc"


@pytest.mark.fault(60)
def test_an_id_that_echoes_a_secret_is_hidden(server, make_client, caplog):
    caplog.set_level(logging.DEBUG, logger="access_tokens")
    client = make_client(server.endpoint, "pat_correcthorsebattery")
    server.always(EXCHANGE, say(200, {**JWT, "access_token": "staplesandbatteries"}))
    server.play(TOKENS, say(401, b"<title>x</title>", PAGE, "X-Request-Id: for staplesandbatteries"))
    assert failure_of(LIST, client).request_id == "for [hidden]"
    server.play(EXCHANGE, say(418, b"", "X-Request-Id: for pat_correcthorsebattery"))
    assert failure_of(AUTHENTICATE, client).request_id == "for [hidden]"
    ours = [each for each in caplog.records if each.name == "access_tokens"]
    assert ours[-1].getMessage() == "POST /auth/token: 418 (0.000 s, request for [hidden])"
    assert "batter" not in "".join(repr(vars(each)) for each in ours)
