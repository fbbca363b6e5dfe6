"""How failures are told."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from access_tokens import (
    ApiError,
    AuthenticationError,
    ConflictError,
    EndpointError,
    InvalidResponseError,
    NotFoundError,
    RateLimitedError,
    RequestRejectedError,
    RetryPolicy,
    UnavailableError,
    generate_token,
)
from access_tokens.testing import LocalService

TOKENS = "/admin/tokens"
Make = Callable[..., Any]


def last_body(service: LocalService) -> Any:
    return json.loads(service.requests[-1].body)


class TestErrors:
    @pytest.mark.fault(18)
    @pytest.mark.parametrize("errors", ["json", "text", "html"])
    @pytest.mark.parametrize("documented", [True, False])
    def test_an_unknown_id_is_told_at_once_in_every_dress(self, make_client, errors, documented):
        with LocalService(errors=errors, documented=documented) as service:
            client = make_client(service.endpoint, service.admin_pat)
            client.authenticate()
            service.clear_requests()
            for call, message in (
                (client.revoke, "Failed to revoke token"),
                (client.restore, "Failed to restore token"),
                (partial(client.update, owner="x"), "Failed to update token"),
            ):
                with pytest.raises(NotFoundError) as raised:
                    call("no-such-id")
                assert raised.value.message == message
                assert raised.value.cause == ApiError("Token not found: no-such-id")
                assert raised.value.token_id == "no-such-id"
            assert len(service.requests) == 3

    @pytest.mark.fault(18)
    def test_an_error_without_a_body_is_told_by_its_status(self, make_client):
        with LocalService(errors="empty") as service:
            client = make_client(service.endpoint, service.admin_pat)
            with pytest.raises(UnavailableError) as raised:
                client.revoke("no-such-id")
        assert (raised.value.cause, raised.value.attempts) == ("Internal Server Error", 4)

    def test_a_restored_token_whose_expiry_could_not_be_set_is_told(self, client, service):
        [token_id] = service.seed(1, revoked=True)
        service.drop_next(4, path=f"{TOKENS}/{token_id}")
        with pytest.raises(UnavailableError, match="^Restored the token, but failed to set its") as raised:
            client.restore(token_id, expires_at=4_000_000_000)
        error = raised.value
        assert error.message == "Restored the token, but failed to set its expiry"
        assert (error.token_id, error.attempts, error.outcome_unknown) == (token_id, 4, True)
        assert client.batch_load([token_id]).found[0].revoked_at is None

    def test_an_exchange_that_fails_after_the_restoration_is_told_with_it(self, client, service):
        [token_id] = service.seed(1, revoked=True)
        client.authenticate()
        service.fail_next(1, status=401, path=f"{TOKENS}/{token_id}")
        service.fail_next(1, status=401, path="/auth/token")
        with pytest.raises(AuthenticationError, match="^Restored the token, but failed to set") as raised:
            client.restore(token_id, expires_at=4_000_000_000)
        assert raised.value.token_id == token_id

    def test_an_id_that_is_taken_is_told_at_once(self, client, service):
        [token_id] = service.seed(1)
        calls: list[Callable[[], Any]] = [
            lambda: client.issue("x", token_id=token_id),
            lambda: client.register(token_id, generate_token().secret_phc, "x"),
        ]
        for call in calls:
            with pytest.raises(ConflictError) as raised:
                call()
            assert (raised.value.outcome_unknown, raised.value.attempts) == (False, 1)

    @pytest.mark.fault(12)
    @pytest.mark.parametrize("status", [400, 413, 415, 422])
    def test_what_the_service_refuses_is_told_with_its_details(self, client, service, status):
        body = {"error": {"message": "Invalid request", "code": "E_BAD", "details": "owner:\n  too odd"}}
        service.fail_next(1, status=status, body=body, path=TOKENS)
        with pytest.raises(RequestRejectedError) as raised:
            client.issue("odd")
        assert raised.value.status_code == status
        assert raised.value.cause == ApiError("Invalid request", "E_BAD", "owner:\n  too odd")
        assert not raised.value.outcome_unknown

    @pytest.mark.fault(11)
    def test_a_request_that_fails_for_now_is_repeated(self, client, service):
        service.fail_next(3, status=503, path=TOKENS)
        client.list()
        assert client.clock.waits == [1.0, 2.0, 4.0]

    @pytest.mark.fault(13)
    def test_a_rate_limit_is_waited_for(self, client, service):
        service.fail_next(1, status=429, headers={"Retry-After": "7"}, path=TOKENS)
        client.list()
        assert client.clock.waits == [7.0]

    @pytest.mark.fault(15)
    def test_a_rate_limit_that_is_too_long_is_told_at_once(self, client, service):
        service.fail_next(1, status=429, headers={"Retry-After": "121"}, path=TOKENS)
        with pytest.raises(RateLimitedError) as raised:
            client.list()
        assert (raised.value.retry_after, client.clock.waits) == (121.0, [])

    def test_the_deadline_bounds_the_waits(self, service, make_client):
        client = make_client(service.endpoint, service.admin_pat, deadline=5.0, retry=RetryPolicy(retries=9))
        service.fail_next(9, status=503, path=TOKENS)
        with pytest.raises(UnavailableError) as raised:
            client.list()
        assert (client.clock.waits, raised.value.attempts) == ([1.0, 2.0], 3)

    @pytest.mark.fault(16)
    def test_a_redirect_is_not_followed(self, client, service):
        with LocalService() as elsewhere:
            service.fail_next(
                1, status=307, headers={"Location": f"{elsewhere.endpoint}{TOKENS}"}, path=TOKENS
            )
            with pytest.raises(EndpointError, match="307"):
                client.list()
            assert elsewhere.requests == []

    @pytest.mark.fault(17)
    @pytest.mark.parametrize("status", [200, 201, 204])
    def test_an_answer_that_is_not_the_services_is_unreadable(self, client, service, status):
        for call, invalid in (
            (client.list, "Invalid list tokens response"),
            (lambda: client.batch_load(["a"]), "Invalid batch load response"),
            (lambda: client.issue("x"), "Invalid issue token response"),
            (
                lambda: client.register("A" * 21, generate_token().secret_phc, "x"),
                "Invalid register token response",
            ),
        ):
            body = "" if status == 204 else '{"records": [{"token": "canary"}]}'
            service.fail_next(1, status=status, body=body, path=f"{TOKENS}*")
            with pytest.raises(InvalidResponseError) as raised:
                call()
            assert raised.value.message == invalid
            assert raised.value.status_code == status
            assert raised.value.attempts == 1
            assert "canary" not in str(raised.value)

    def test_a_success_with_another_status_loses_no_token(self, client, service):
        record = {"tokenId": "A" * 21, "owner": "x", "isAdmin": False, "createdAt": 1}
        service.fail_next(1, status=200, body={"token": "pat_x", "record": record}, path=TOKENS)
        assert client.issue("x").token == "pat_x"

    @pytest.mark.fault(17)
    def test_a_success_that_was_not_expected_is_no_success(self, client, service):
        service.fail_next(1, status=200, body="<html>welcome</html>", path=f"{TOKENS}*")
        with pytest.raises(InvalidResponseError, match="^Failed to revoke token") as raised:
            client.revoke("some-id")
        assert raised.value.outcome_unknown

    @pytest.mark.fault(1)
    def test_a_closed_port_is_told_with_the_host_after_four_attempts(self, make_client):
        with LocalService() as service:
            endpoint = service.endpoint
        client = make_client(endpoint, "pat_x")
        with pytest.raises(UnavailableError, match="Failed to authenticate: 127.0.0.1:") as raised:
            client.list()
        assert isinstance(raised.value.cause, httpx.ConnectError)
        assert client.clock.waits == [1.0, 2.0, 4.0]
