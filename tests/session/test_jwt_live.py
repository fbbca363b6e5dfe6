"""The exchange of the PAT, and the life of the JWT."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from access_tokens import (
    ApiError,
    AuthenticationError,
    InvalidResponseError,
    PermissionDeniedError,
    UnavailableError,
    generate_token,
    is_api_error,
)
from access_tokens.testing import LocalService

Make = Callable[..., Any]


def last_body(service: LocalService) -> Any:
    return json.loads(service.requests[-1].body)


class TestJwt:
    @pytest.mark.fault(21)
    def test_the_first_call_exchanges_the_pat_and_the_next_reuses_the_jwt(self, client, service):
        client.list()
        client.list()
        exchange, *calls = service.requests
        assert (exchange.method, exchange.path, exchange.body) == ("POST", "/auth/token", b"")
        assert exchange.headers["authorization"] == f"Bearer {service.admin_pat}"
        assert len(calls) == 2
        assert len({call.headers["authorization"] for call in calls}) == 1
        assert all(service.admin_pat not in str(call.headers.raw) for call in calls)

    @pytest.mark.fault(22)
    @pytest.mark.parametrize(("age", "exchanges"), [(3569, 1), (3570, 2)])
    def test_it_is_renewed_with_30_seconds_left(self, client, service, age, exchanges):
        client.list()
        client.clock.advance(age)
        client.list()
        assert service.exchanges == exchanges

    @pytest.mark.fault(25)
    def test_a_new_signing_key_costs_one_exchange(self, client, service):
        client.list()
        service.rotate_key()
        client.list()
        assert service.exchanges == 2

    def test_authenticate_exchanges_even_with_a_jwt(self, client, service):
        assert client.authenticate() is None
        client.authenticate()
        client.list()
        assert service.exchanges == 2

    @pytest.mark.fault(29)
    def test_a_renewal_that_fails_for_now_leaves_the_jwt_in_use(self, client, service):
        client.list()
        client.clock.advance(3580)
        service.fail_next(1, status=503, path="/auth/token")
        client.list()
        client.list()
        assert service.exchanges == 2
        client.clock.advance(1)
        client.list()
        assert service.exchanges == 3
        assert client.clock.waits == []

    @pytest.mark.fault(29)
    def test_a_rate_limited_renewal_is_left_alone_for_as_long_as_asked(self, client, service):
        client.list()
        client.clock.advance(3580)
        service.fail_next(1, status=429, headers={"Retry-After": "12"}, path="/auth/token")
        client.list()
        client.clock.advance(11)
        client.list()
        assert service.exchanges == 2
        client.clock.advance(1)
        client.list()
        assert service.exchanges == 3

    @pytest.mark.fault(28, 29)
    def test_without_any_life_left_a_failed_exchange_fails_the_call(self, client, service):
        client.list()
        client.clock.advance(3600)
        service.fail_next(4, status=503, path="/auth/token")
        with pytest.raises(UnavailableError, match="Failed to authenticate") as raised:
            client.list()
        assert raised.value.attempts == 4
        assert client.clock.waits == [1.0, 2.0, 4.0]

    @pytest.mark.fault(76)
    def test_a_pat_refused_at_the_renewal_fails_the_call_when_the_jwt_has_expired(self, client, service):
        client.list()
        service.revoke(service.admin_token_id)
        client.clock.advance(3580)
        assert client.list(include_revoked=True)
        client.clock.advance(20)
        with pytest.raises(AuthenticationError):
            client.list()

    @pytest.mark.fault(27)
    def test_a_wrong_pat_is_told_with_the_services_words(self, service, make_client):
        with pytest.raises(AuthenticationError) as raised:
            make_client(service.endpoint, generate_token().token).list()
        error = raised.value
        assert (error.message, error.status_code, error.attempts) == ("Failed to authenticate", 401, 1)
        assert is_api_error(error.cause)
        assert error.cause == ApiError("Invalid Authorization token")

    @pytest.mark.fault(27)
    def test_a_pat_that_is_no_administrators_is_told_so(self, service, make_client):
        with pytest.raises(PermissionDeniedError, match="Admin access required"):
            make_client(service.endpoint, service.issue("x")).list()
        assert service.exchanges == 1

    @pytest.mark.fault(23, 24)
    @pytest.mark.parametrize(
        "answer",
        [
            {"access_token": "a.b.c", "token_type": "Bearer"},
            {"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 0},
            {"access_token": "a.b.c", "token_type": "Bearer", "expires_in": "3600"},
            {"access_token": "a b", "token_type": "Bearer", "expires_in": 3600},
            {"access_token": "a.b.c", "token_type": "mac", "expires_in": 3600},
            {"access_token": 7, "token_type": "Bearer", "expires_in": 3600},
            [],
            "<html>",
            "",
        ],
    )
    def test_an_answer_that_is_no_jwt_is_refused(self, client, service, answer):
        body = answer if isinstance(answer, (str, dict)) else json.dumps(answer)
        service.fail_next(1, status=200, body=body, path="/auth/token")
        with pytest.raises(InvalidResponseError, match="^Invalid auth token response") as raised:
            client.list()
        assert "a.b.c" not in str(raised.value)
        assert service.exchanges == len(service.requests) == 1
