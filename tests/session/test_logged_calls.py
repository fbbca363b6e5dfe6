"""What a call logs, level by level."""

import logging

import httpx
import pytest
from access_tokens_api.api.auth import exchange_token
from access_tokens_api.api.tokens import list_tokens

from access_tokens import AuthenticationError, UnavailableError
from access_tokens._flow.steps import Failure

from ..helpers.api_calls import invoke
from ..helpers.callers import result_of
from ..helpers.logged import logged
from ..helpers.operations import keep_jwt
from ..helpers.world import Canned, answers, canned_json, exchanged, is_exchange
from .crowds import all_list, authorized

OK, BUSY, REFUSED = canned_json({"records": []}), Canned(503), Canned(401)
EXCHANGED = ("INFO", "POST /auth/token: exchanged the PAT for a JWT (0.000 s)")


@pytest.fixture(autouse=True)
def _everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="access_tokens")


def lines(caplog: pytest.LogCaptureFixture, *levels: str) -> list[tuple[str, str]]:
    return [(level, message) for level, message, _ in logged(caplog) if level in levels]


def test_a_repeated_call_tells_each_request_its_own_time_and_each_retry_its_wait(world, caplog):
    answer = answers(BUSY, OK)

    def answer_slowly(request: httpx.Request) -> httpx.Response:
        client.clock.advance(0.5 if is_exchange(request) else 0.25)
        return answer(request)

    client = world.client(answer_slowly)
    client.list()
    assert lines(caplog, "DEBUG", "INFO", "WARNING") == [
        ("DEBUG", "POST /auth/token: 200 (0.500 s)"),
        ("INFO", "POST /auth/token: exchanged the PAT for a JWT (0.500 s)"),
        ("DEBUG", "GET /admin/tokens: 503 (0.250 s)"),
        ("INFO", "GET /admin/tokens: 503, retry in 1 s (attempt 2)"),
        ("DEBUG", "GET /admin/tokens: 200 (0.250 s, attempt 2)"),
    ]
    fields = {"method": "GET", "path": "/admin/tokens", "status": 200, "attempt": 2, "elapsed": 0.25}
    assert logged(caplog)[-1][2] == {"operation": "list_tokens", **fields}


def test_a_replay_with_a_new_jwt_is_a_retry_without_a_wait(world, caplog):
    client = world.client(answers(REFUSED, OK))
    keep_jwt(client)
    client.list()
    retry = ("INFO", "GET /admin/tokens: 401, retry in 0 s (attempt 2)")
    assert lines(caplog, "INFO") == [retry, EXCHANGED]


def test_no_retry_is_told_that_does_not_come(world, caplog):
    client = world.client(answers(REFUSED))
    assert isinstance(result_of(client.list), AuthenticationError)  # the JWT was new
    client = world.client(answers(BUSY), deadline=0.5)
    assert isinstance(result_of(client.list), UnavailableError)
    assert lines(caplog, "INFO", "WARNING") == [EXCHANGED] * 2


def test_a_repeated_exchange_is_told_and_one_that_others_share_once(world, caplog):
    answer = [BUSY, exchanged()]
    client = world.client(lambda request: (answer.pop(0) if is_exchange(request) else OK).response())
    assert len(all_list(client, 5)) == 5
    assert lines(caplog, "INFO", "WARNING") == [
        ("INFO", "POST /auth/token: 503, retry in 1 s (attempt 2)"),
        ("INFO", "POST /auth/token: exchanged the PAT for a JWT (1.000 s, attempt 2)"),
    ]


def test_an_error_that_stands_for_an_exchange_has_no_line(world, caplog):
    client = world.client(answers(OK, exchange=REFUSED))
    assert [type(result_of(client.list)) for _ in range(5)] == [AuthenticationError] * 5
    assert lines(caplog, "DEBUG", "INFO", "WARNING") == [("DEBUG", "POST /auth/token: 401 (0.000 s)")] * 2


@pytest.mark.parametrize("failed", [BUSY, REFUSED], ids=["for now", "for good"])
def test_a_jwt_that_could_not_be_renewed_is_a_warning(world, caplog, failed):
    answer = [exchanged(), failed]
    client = world.client(lambda request: (answer.pop(0) if is_exchange(request) else OK).response())
    client.list()
    client.clock.advance(3580)
    client.list()
    client.list()
    [told, (level, message)] = lines(caplog, "INFO", "WARNING")
    assert (told, level) == (EXCHANGED, "WARNING")
    assert message.startswith("the JWT could not be renewed and lives on for 20 s: Failed to authenticate: ")


def test_a_jwt_for_another_api_is_told_when_it_is_got(world, caplog):
    client = world.client(answers(OK))
    for _ in range(2):
        authorized(client)
    assert lines(caplog, "INFO") == [EXCHANGED]


def test_a_wait_for_a_place_in_vain_is_told_like_a_request(world, caplog, monkeypatch):
    full, client = Failure(TimeoutError("no place"), acted=False), world.client(answers())

    async def in_vain(*_: object) -> Failure:
        return full

    wait = in_vain if world.portal else lambda *_: full
    monkeypatch.setattr(client._session, "_authorize_in_place", wait)
    assert isinstance(result_of(client.authenticate), UnavailableError)
    assert lines(caplog, "DEBUG", "INFO")[:2] == [
        ("DEBUG", "POST /auth/token: no place"),
        ("INFO", "POST /auth/token: no place, retry in 1 s (attempt 2)"),
    ]


def test_generated_functions_log_as_methods_do_but_for_the_operation(world, caplog):
    client = world.client(answers(BUSY, OK))
    invoke(client, list_tokens)
    invoke(client, exchange_token)
    retry = ("INFO", "GET /admin/tokens: 503, retry in 1 s (attempt 2)")
    assert lines(caplog, "INFO") == [EXCHANGED, retry, EXCHANGED]
    assert "operation" not in logged(caplog)[-1][2]
