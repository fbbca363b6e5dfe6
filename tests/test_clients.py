"""Both clients, in all three colours, against the live local service."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from access_tokens import (
    AccessTokensError,
    ApiError,
    AuthenticationError,
    ClientClosedError,
    ConflictError,
    EndpointError,
    InvalidResponseError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRejectedError,
    RetryPolicy,
    UnavailableError,
    generate_token,
    is_api_error,
)
from access_tokens.testing import LocalService

TOKENS = "/admin/tokens"
Make = Callable[..., Any]


def last_body(service: LocalService) -> Any:
    return json.loads(service.requests[-1].body)


class TestOperations:
    def test_a_token_is_issued_and_opens_the_service(
        self, client: Any, service: LocalService, make_client: Make
    ) -> None:
        token, record = client.issue(
            "user@example.com", is_admin=True, roles=["reader"], expires_at=4_000_000_000
        )
        assert (record.owner, record.is_admin, record.roles) == ("user@example.com", True, ("reader",))
        assert (record.expires_at, record.revoked_at, record.secret_phc) == (4_000_000_000, None, None)
        assert record.token_id in {each.token_id for each in make_client(service.endpoint, token).list()}

    def test_the_id_of_a_new_token_is_chosen_here(self, client: Any, service: LocalService) -> None:
        issued = client.issue("x")
        body = last_body(service)
        assert body == {"owner": "x", "tokenId": issued.record.token_id}
        assert re.fullmatch("[0-9A-Za-z]{21}", body["tokenId"])

    def test_the_id_of_a_new_token_may_be_the_callers(self, client: Any) -> None:
        assert client.issue("x", token_id="A" * 21).record.token_id == "A" * 21

    def test_a_token_made_here_is_registered_and_opens_the_service(
        self, client: Any, service: LocalService, make_client: Make
    ) -> None:
        made = generate_token()
        record = client.register(made.token_id, made.secret_phc, "me", is_admin=True, roles=["a"])
        assert (record.token_id, record.owner, record.roles) == (made.token_id, "me", ("a",))
        assert made.token.partition(".")[2].encode() not in b"".join(r.body for r in service.requests)
        assert make_client(service.endpoint, made.token).list()

    def test_an_update_sends_what_changes_and_no_more(self, client: Any, service: LocalService) -> None:
        [token_id] = service.seed(1, roles=["a", "b"])
        phc = generate_token().secret_phc
        cases: list[tuple[dict[str, Any], dict[str, Any]]] = [
            ({"expires_at": None}, {"expiresAt": None}),
            ({"owner": "x"}, {"owner": "x"}),
            ({"is_admin": False}, {"isAdmin": False}),
            ({"roles": []}, {"roles": []}),
            ({"add_roles": ["a"]}, {"roles": {"add": ["a"]}}),
            ({"remove_roles": ["a"]}, {"roles": {"remove": ["a"]}}),
            ({"secret_phc": phc}, {"secretPhc": phc}),
            ({"expires_at": datetime(2100, 1, 1, tzinfo=UTC)}, {"expiresAt": 4_102_444_800}),
            ({}, {}),
        ]
        for arguments, body in cases:
            assert client.update(token_id, **arguments) is None
            assert last_body(service) == body

    def test_an_update_takes_effect(self, client: Any, service: LocalService) -> None:
        [token_id] = service.seed(1, roles=["a", "b"])
        client.update(token_id, owner="x", is_admin=True, add_roles=["c"], expires_at=4_000_000_000)
        client.update(token_id, remove_roles=["a"])
        [record] = client.batch_load([token_id]).found
        assert (record.owner, record.is_admin, record.roles) == ("x", True, ("b", "c"))
        assert record.expires_at == 4_000_000_000
        client.update(token_id, expires_at=None)
        assert client.batch_load([token_id]).found[0].expires_at is None

    def test_a_revoked_token_is_refused_until_it_is_restored(
        self, client: Any, service: LocalService, make_client: Make
    ) -> None:
        token, record = client.issue("x", is_admin=True)
        assert client.revoke(record.token_id) is None
        assert last_body(service) == {}
        with pytest.raises(AuthenticationError, match="Invalid Authorization token"):
            make_client(service.endpoint, token).authenticate()
        assert client.restore(record.token_id) is None
        make_client(service.endpoint, token).authenticate()

    def test_a_revocation_may_say_when_the_record_goes(self, client: Any, service: LocalService) -> None:
        [token_id] = service.seed(1)
        client.revoke(token_id, expires_at=4_000_000_000)
        assert last_body(service) == {"expiresAt": 4_000_000_000}

    def test_a_batch_tells_what_was_found_and_what_was_not(self, client: Any, service: LocalService) -> None:
        ids = service.seed(3)
        found, not_found = client.batch_load([*ids, "B" * 21])
        assert {record.token_id for record in found} == set(ids)
        assert not_found == ("B" * 21,)
        assert all(record.secret_phc is None for record in found)
        assert client.batch_load(ids[:1], include_secret_phc=True).found[0].secret_phc.startswith("$scrypt$")

    def test_a_list_sends_just_the_parameters_that_are_given(
        self, client: Any, service: LocalService
    ) -> None:
        client.list()
        assert str(service.requests[-1].query) == ""
        client.list(include_revoked=True, limit=5, after_token_id="x")
        assert dict(service.requests[-1].query) == {
            "includeRevoked": "true",
            "limit": "5",
            "afterTokenId": "x",
        }
        client.list(include_expired=True, include_secret_phc=True, has_role="r & b")
        assert dict(service.requests[-1].query) == {
            "includeExpired": "true",
            "includeSecretPhc": "true",
            "hasRole": "r & b",
        }

    def test_a_page_is_as_the_service_gives_it(self, client: Any, service: LocalService) -> None:
        service.seed(150, revoked=True)
        page = client.list()
        assert len(page) <= 1
        assert len(client.list(include_revoked=True)) == 100
        assert all(r.secret_phc for r in client.list(include_revoked=True, include_secret_phc=True, limit=3))

    def test_a_walk_finds_exactly_the_active_tokens(self, client: Any, service: LocalService) -> None:
        active = {*service.seed(40), service.admin_token_id}
        service.seed(1500, revoked=True)
        service.seed(960, expired=True)
        service.clear_requests()
        walked = [record.token_id for record in client.iter_tokens()]
        assert len(walked) == len(set(walked))
        assert set(walked) == active
        assert sum(request.method == "GET" for request in service.requests) <= 4

    def test_a_walk_filters_by_role(self, client: Any, service: LocalService) -> None:
        readers = service.seed(30, roles=["reader"])
        service.seed(30)
        service.seed(5, roles=["reader"], revoked=True)
        walked = client.iter_tokens(has_role="reader", page_size=7)
        assert sorted(record.token_id for record in walked) == sorted(readers)
        assert len(client.iter_tokens(has_role="reader", include_revoked=True)) == 35

    @pytest.mark.parametrize(
        "token_id", ["a/b", "a?b", "a#b", "%2e%2e", "//evil.example", "a b", "ä", "a\nb", "\0"]
    )
    def test_any_id_reaches_the_service_as_one_segment(
        self, client: Any, service: LocalService, token_id: str
    ) -> None:
        with pytest.raises(AccessTokensError) as raised:
            client.revoke(token_id)
        assert raised.value.token_id == token_id
        path = service.requests[-1].path
        assert path.count("/") == 4
        assert path.startswith(f"{TOKENS}/")

    def test_mistakes_are_told_before_any_request(self, client: Any, service: LocalService) -> None:
        mistakes: list[Callable[[], Any]] = [
            lambda: client.revoke(".."),
            lambda: client.restore(""),
            lambda: client.issue(""),
            lambda: client.issue("x", roles="admin"),
            lambda: client.issue("x", is_admin="yes"),
            lambda: client.issue("x", token_id=""),
            lambda: client.register("A" * 21, "the secret itself", "x"),
            lambda: client.update("a", roles=["a"], add_roles=["b"]),
            lambda: client.update("a", expires_at=1_900_000_000_000),
            lambda: client.list(limit=0),
            lambda: client.list(after_token_id=""),
            lambda: client.batch_load("abc"),
            lambda: client.batch_load(["a"], include_secret_phc=None),
            lambda: client.iter_tokens(page_size=0),
        ]
        for mistake in mistakes:
            with pytest.raises((ValueError, TypeError)):
                mistake()
        assert service.requests == []


class TestJwt:
    def test_the_first_call_exchanges_the_pat_and_the_next_reuses_the_jwt(
        self, client: Any, service: LocalService
    ) -> None:
        client.list()
        client.list()
        exchange, *calls = service.requests
        assert (exchange.method, exchange.path, exchange.body) == ("POST", "/auth/token", b"")
        assert exchange.headers["authorization"] == f"Bearer {service.admin_pat}"
        assert len(calls) == 2
        assert len({call.headers["authorization"] for call in calls}) == 1
        assert all(service.admin_pat not in str(call.headers.raw) for call in calls)

    @pytest.mark.parametrize(("age", "exchanges"), [(3569, 1), (3570, 2)])
    def test_it_is_renewed_with_30_seconds_left(
        self, client: Any, service: LocalService, age: int, exchanges: int
    ) -> None:
        client.list()
        client.clock.advance(age)
        client.list()
        assert service.exchanges == exchanges

    def test_a_new_signing_key_costs_one_exchange(self, client: Any, service: LocalService) -> None:
        client.list()
        service.rotate_key()
        client.list()
        assert service.exchanges == 2

    def test_authenticate_exchanges_even_with_a_jwt(self, client: Any, service: LocalService) -> None:
        assert client.authenticate() is None
        client.authenticate()
        client.list()
        assert service.exchanges == 2

    def test_a_renewal_that_fails_for_now_leaves_the_jwt_in_use(
        self, client: Any, service: LocalService
    ) -> None:
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

    def test_a_rate_limited_renewal_is_left_alone_for_as_long_as_asked(
        self, client: Any, service: LocalService
    ) -> None:
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

    def test_without_any_life_left_a_failed_exchange_fails_the_call(
        self, client: Any, service: LocalService
    ) -> None:
        client.list()
        client.clock.advance(3600)
        service.fail_next(4, status=503, path="/auth/token")
        with pytest.raises(UnavailableError, match="Failed to authenticate") as raised:
            client.list()
        assert raised.value.attempts == 4
        assert client.clock.waits == [1.0, 2.0, 4.0]

    def test_a_pat_refused_at_the_renewal_fails_the_call(self, client: Any, service: LocalService) -> None:
        client.list()
        service.revoke(service.admin_token_id)
        client.clock.advance(3580)
        with pytest.raises(AuthenticationError):
            client.list()

    def test_a_wrong_pat_is_told_with_the_services_words(
        self, service: LocalService, make_client: Make
    ) -> None:
        with pytest.raises(AuthenticationError) as raised:
            make_client(service.endpoint, generate_token().token).list()
        error = raised.value
        assert (error.message, error.status_code, error.attempts) == ("Failed to authenticate", 401, 1)
        assert is_api_error(error.cause)
        assert error.cause == ApiError("Invalid Authorization token")

    def test_a_pat_that_is_no_administrators_is_told_so(
        self, service: LocalService, make_client: Make
    ) -> None:
        with pytest.raises(PermissionDeniedError, match="Admin access required"):
            make_client(service.endpoint, service.issue("x")).list()
        assert service.exchanges == 1

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
    def test_an_answer_that_is_no_jwt_is_refused(
        self, client: Any, service: LocalService, answer: Any
    ) -> None:
        body = answer if isinstance(answer, (str, dict)) else json.dumps(answer)
        service.fail_next(1, status=200, body=body, path="/auth/token")
        with pytest.raises(InvalidResponseError, match="^Invalid auth token response") as raised:
            client.list()
        assert "a.b.c" not in str(raised.value)
        assert service.exchanges == len(service.requests) == 1


class TestErrors:
    @pytest.mark.parametrize("errors", ["json", "text", "html"])
    @pytest.mark.parametrize("documented", [True, False])
    def test_an_unknown_id_is_told_at_once_in_every_dress(
        self, make_client: Make, errors: Any, documented: bool
    ) -> None:
        with LocalService(errors=errors, documented=documented) as service:
            client = make_client(service.endpoint, service.admin_pat)
            client.authenticate()
            service.clear_requests()
            for call, message in (
                (client.revoke, "Failed to revoke token"),
                (client.restore, "Failed to restore token"),
                (client.update, "Failed to update token"),
            ):
                with pytest.raises(NotFoundError) as raised:
                    call("no-such-id")
                assert raised.value.message == message
                assert raised.value.cause == ApiError("Token not found: no-such-id")
                assert raised.value.token_id == "no-such-id"
            assert len(service.requests) == 3

    def test_an_error_without_a_body_is_told_by_its_status(self, make_client: Make) -> None:
        with LocalService(errors="empty") as service:
            client = make_client(service.endpoint, service.admin_pat)
            with pytest.raises(UnavailableError) as raised:
                client.revoke("no-such-id")
        assert (raised.value.cause, raised.value.attempts) == ("Internal Server Error", 4)

    def test_an_id_that_is_taken_is_told_at_once(self, client: Any, service: LocalService) -> None:
        [token_id] = service.seed(1)
        calls: list[Callable[[], Any]] = [
            lambda: client.issue("x", token_id=token_id),
            lambda: client.register(token_id, generate_token().secret_phc, "x"),
        ]
        for call in calls:
            with pytest.raises(ConflictError) as raised:
                call()
            assert (raised.value.outcome_unknown, raised.value.attempts) == (False, 1)

    @pytest.mark.parametrize("status", [400, 413, 415, 422])
    def test_what_the_service_refuses_is_told_with_its_details(
        self, client: Any, service: LocalService, status: int
    ) -> None:
        body = {"error": {"message": "Invalid request", "code": "E_BAD", "details": "owner:\n  too odd"}}
        service.fail_next(1, status=status, body=body, path=TOKENS)
        with pytest.raises(RequestRejectedError) as raised:
            client.issue("odd")
        assert raised.value.status_code == status
        assert raised.value.cause == ApiError("Invalid request", "E_BAD", "owner:\n  too odd")
        assert not raised.value.outcome_unknown

    def test_a_request_that_fails_for_now_is_repeated(self, client: Any, service: LocalService) -> None:
        service.fail_next(3, status=503, path=TOKENS)
        client.list()
        assert client.clock.waits == [1.0, 2.0, 4.0]

    def test_a_rate_limit_is_waited_for(self, client: Any, service: LocalService) -> None:
        service.fail_next(1, status=429, headers={"Retry-After": "7"}, path=TOKENS)
        client.list()
        assert client.clock.waits == [7.0]

    def test_a_rate_limit_that_is_too_long_is_told_at_once(self, client: Any, service: LocalService) -> None:
        service.fail_next(1, status=429, headers={"Retry-After": "121"}, path=TOKENS)
        with pytest.raises(RateLimitedError) as raised:
            client.list()
        assert (raised.value.retry_after, client.clock.waits) == (121.0, [])

    def test_the_deadline_bounds_the_waits(self, service: LocalService, make_client: Make) -> None:
        client = make_client(service.endpoint, service.admin_pat, deadline=5.0, retry=RetryPolicy(retries=9))
        service.fail_next(9, status=503, path=TOKENS)
        with pytest.raises(UnavailableError) as raised:
            client.list()
        assert (client.clock.waits, raised.value.attempts) == ([1.0, 2.0], 3)

    def test_a_redirect_is_not_followed(self, client: Any, service: LocalService) -> None:
        with LocalService() as elsewhere:
            service.fail_next(
                1, status=307, headers={"Location": f"{elsewhere.endpoint}{TOKENS}"}, path=TOKENS
            )
            with pytest.raises(EndpointError, match="307"):
                client.list()
            assert elsewhere.requests == []

    @pytest.mark.parametrize("status", [200, 201, 204])
    def test_an_answer_that_is_not_the_services_is_unreadable(
        self, client: Any, service: LocalService, status: int
    ) -> None:
        for call, invalid in (
            (client.list, "Invalid list tokens response"),
            (lambda: client.batch_load(["a"]), "Invalid batch load response"),
            (lambda: client.issue("x"), "Invalid issue token response"),
            (lambda: client.register("A" * 21, "$x", "x"), "Invalid register token response"),
        ):
            body = "" if status == 204 else '{"records": [{"token": "canary"}]}'
            service.fail_next(1, status=status, body=body, path=f"{TOKENS}*")
            with pytest.raises(InvalidResponseError) as raised:
                call()
            assert raised.value.message == invalid
            assert raised.value.status_code == status
            assert raised.value.attempts == 1
            assert "canary" not in str(raised.value)

    def test_a_success_with_another_status_loses_no_token(self, client: Any, service: LocalService) -> None:
        record = {"tokenId": "A" * 21, "owner": "x", "isAdmin": False, "createdAt": 1}
        service.fail_next(1, status=200, body={"token": "pat_x", "record": record}, path=TOKENS)
        assert client.issue("x").token == "pat_x"

    def test_a_success_that_was_not_expected_is_no_success(self, client: Any, service: LocalService) -> None:
        service.fail_next(1, status=200, body="<html>welcome</html>", path=f"{TOKENS}*")
        with pytest.raises(InvalidResponseError, match="^Failed to revoke token") as raised:
            client.revoke("some-id")
        assert raised.value.outcome_unknown

    def test_a_closed_port_is_told_with_the_host_after_four_attempts(self, make_client: Make) -> None:
        with LocalService() as service:
            endpoint = service.endpoint
        client = make_client(endpoint, "pat_x")
        with pytest.raises(UnavailableError, match="Failed to authenticate: 127.0.0.1:") as raised:
            client.list()
        assert isinstance(raised.value.cause, httpx.ConnectError)
        assert client.clock.waits == [1.0, 2.0, 4.0]


class TestLostAnswers:
    def test_an_issue_that_may_have_been_done_says_so(self, client: Any, service: LocalService) -> None:
        service.drop_next(1, path=TOKENS, method="POST", after=True)
        with pytest.raises(ConflictError) as raised:
            client.issue("x")
        error = raised.value
        assert error.outcome_unknown
        assert service.record(error.token_id)["owner"] == "x"  # type: ignore[index, arg-type]
        assert sum(request.method == "POST" and request.path == TOKENS for request in service.requests) == 2

    def test_an_issue_that_was_lost_on_the_way_is_done_once(self, client: Any, service: LocalService) -> None:
        service.drop_next(2, path=TOKENS, method="POST")
        token_id = client.issue("x").record.token_id
        assert [r.token_id for r in client.iter_tokens() if r.owner == "x"] == [token_id]

    def test_a_register_that_was_done_is_a_success(self, client: Any, service: LocalService) -> None:
        made = generate_token()
        service.drop_next(1, path=f"{TOKENS}/{made.token_id}", after=True)
        record = client.register(made.token_id, made.secret_phc, "me")
        assert (record.owner, record.secret_phc) == ("me", None)

    def test_a_register_that_was_done_is_a_success_also_where_the_service_hides_its_reasons(
        self, make_client: Make
    ) -> None:
        made = generate_token()
        with LocalService(errors="empty") as service:
            client = make_client(service.endpoint, service.admin_pat)
            service.drop_next(1, path=f"{TOKENS}/{made.token_id}", after=True)
            assert client.register(made.token_id, made.secret_phc, "me").owner == "me"

    def test_a_register_that_was_not_done_stays_unknown(self, client: Any, service: LocalService) -> None:
        made = generate_token()
        service.drop_next(4, path=f"{TOKENS}/{made.token_id}")
        with pytest.raises(UnavailableError) as raised:
            client.register(made.token_id, made.secret_phc, "me")
        assert raised.value.outcome_unknown

    def test_a_register_that_finds_another_in_its_place_is_a_conflict(
        self, client: Any, service: LocalService
    ) -> None:
        [token_id] = service.seed(1)
        service.drop_next(1, path=f"{TOKENS}/{token_id}")
        with pytest.raises(ConflictError) as raised:
            client.register(token_id, generate_token().secret_phc, "me")
        assert not raised.value.outcome_unknown

    def test_a_register_that_was_done_before_with_other_values_is_a_conflict(
        self, client: Any, service: LocalService
    ) -> None:
        made = generate_token()
        client.register(made.token_id, made.secret_phc, "first")
        service.drop_next(1, path=f"{TOKENS}/{made.token_id}")
        with pytest.raises(ConflictError) as raised:
            client.register(made.token_id, made.secret_phc, "second", is_admin=True)
        assert not raised.value.outcome_unknown

    def test_a_register_that_cannot_be_settled_stays_unknown(
        self, client: Any, service: LocalService
    ) -> None:
        made = generate_token()
        service.drop_next(1, path=f"{TOKENS}/{made.token_id}", after=True)
        service.fail_next(4, status=503, path=f"{TOKENS}/batch")
        with pytest.raises(ConflictError, match="^Failed to register token") as raised:
            client.register(made.token_id, made.secret_phc, "me")
        assert (raised.value.outcome_unknown, raised.value.token_id) == (True, made.token_id)

    def test_other_changes_are_simply_repeated(self, client: Any, service: LocalService) -> None:
        [token_id] = service.seed(1)
        for after in (False, True):
            service.drop_next(1, path=f"{TOKENS}/{token_id}/revoke", after=after)
            client.revoke(token_id)
        assert client.clock.waits == [1.0, 1.0]


class TestLifeCycle:
    def test_a_closed_client_refuses_and_may_be_closed_again(
        self, client: Any, service: LocalService
    ) -> None:
        client.list()
        client.close()
        client.close()
        for call in (client.list, client.authenticate, lambda: client.issue("x")):
            with pytest.raises(ClientClosedError, match="^Failed to .*: the client is closed"):
                call()
        assert len(service.requests) == 2

    def test_routes_may_be_elsewhere(self, make_client: Make) -> None:
        with LocalService(auth_path="/v1/login", admin_path="/v1/pats") as service:
            client = make_client(
                service.endpoint, service.admin_pat, auth_path="/v1/login", admin_path="/v1/pats"
            )
            assert len(client.list()) == 1

    def test_a_wrong_path_is_told(self, service: LocalService, make_client: Make) -> None:
        client = make_client(service.endpoint, service.admin_pat, admin_path="/elsewhere")
        with pytest.raises(EndpointError, match="404"):
            client.list()

    def test_the_log_tells_what_happens_and_no_secret(
        self, client: Any, service: LocalService, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        made = generate_token()
        issued = client.issue("x")
        client.register(made.token_id, made.secret_phc, "me")
        service.rotate_key()
        service.fail_next(1, status=503, path=TOKENS)
        client.list()
        assert "GET /admin/tokens: 503" in caplog.text
        jwts = [r.headers["authorization"].removeprefix("Bearer ") for r in service.requests]
        for secret in (service.admin_pat, issued.token, made.token, made.secret_phc, *jwts):
            assert secret not in caplog.text
