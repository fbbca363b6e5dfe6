"""The two calls that are not safe to repeat, when the service has acted and its answer is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from access_tokens import (
    AccessTokensClient,
    AccessTokensError,
    AuthenticationError,
    ConflictError,
    PermissionDeniedError,
    RetryPolicy,
    UnavailableError,
)
from access_tokens.testing import LocalService
from access_tokens.tokens import generate_token_id

TOKENS, EXCHANGE = "/admin/tokens", "/auth/token"
# The hash of no secret at all: nothing here presents the token.
PHC = "$scrypt$ln=14,r=8,p=1$lzRhbyEcqYp5n5FBCald5Q$" + "o" * 43

# What may follow a lost answer, each to its end.
AFTERWARDS: list[dict[str, Any]] = [
    *({"status": status} for status in (302, 400, 403, 404, 409, 413, 429, 500, 501, 503)),
    {"status": 200, "body": "<pre>Welcome</pre>", "headers": {"Content-Type": "text/html"}},
    {"status": 201, "body": "{}"},
    {"status": 429, "headers": {"Retry-After": "999"}},
]

Make = Callable[..., Any]
pytestmark = pytest.mark.fault(45)


@pytest.fixture
def service(shared_service: LocalService) -> LocalService:
    """One for all, in which each test has an owner and an id of its own."""
    return shared_service


@pytest.fixture
def token_id() -> str:
    """An id that is free, and serves as the name of an owner as well."""
    return generate_token_id()


def ids_of(client: Any, owner: str) -> list[str]:
    """Return the ids of all tokens of an owner."""
    walked = client.iter_tokens(include_revoked=True, include_expired=True)
    return [record.token_id for record in walked if record.owner == owner]


def ids_sent(service: LocalService) -> list[str]:
    """Return the ids in all requests to issue a token."""
    sent = [request for request in service.requests if (request.method, request.path) == ("POST", TOKENS)]
    return [json.loads(request.body)["tokenId"] for request in sent]


class TestIssue:
    @pytest.mark.parametrize(("errors", "documented"), [("json", True), ("text", False), ("html", False)])
    def test_a_repeat_that_is_told_it_exists_has_made_one_token_which_can_be_revoked(
        self, client, service, token_id, errors, documented
    ):
        service.errors, service.documented = errors, documented
        service.drop_next(1, path=TOKENS, method="POST", after=True)
        with pytest.raises(ConflictError, match="already exists.*outcome unknown") as raised:
            client.issue(token_id)
        error = raised.value
        assert (error.outcome_unknown, error.attempts) == (True, 2)
        assert ids_sent(service) == [error.token_id] * 2
        assert ids_of(client, token_id) == [error.token_id]
        client.revoke(error.token_id)

    @pytest.mark.fault(82)
    @pytest.mark.parametrize("existed", [True, False])
    def test_an_id_of_the_callers_own_does_not_tell_whose_the_token_is(
        self, client, service, token_id, existed
    ):
        if existed:
            client.register(token_id, PHC, "somebody else")
        service.drop_next(1, path=TOKENS, method="POST", after=not existed)
        with pytest.raises(ConflictError, match="or it was there before: look first") as raised:
            client.issue("me", token_id=token_id)
        assert (raised.value.outcome_unknown, raised.value.token_id_chosen_here) == (True, False)

    @pytest.mark.fault(82)
    @pytest.mark.parametrize("generate_locally", [True, False])
    def test_every_error_of_an_id_that_was_chosen_here_says_so(
        self, service, make_client, token_id, generate_locally
    ):
        """Lost, unreadable, refused, and when the exchange has failed."""
        client = make_client(service.endpoint, service.admin_pat, retry=RetryPolicy(retries=0))
        client.authenticate()
        faults: list[Callable[[], None]] = [
            lambda: service.drop_next(1),
            lambda: service.fail_next(1, status=200, body="<pre>Hello</pre>", path=f"{TOKENS}*"),
            lambda: service.fail_next(1, status=400, path=f"{TOKENS}*"),
            lambda: service.drop_next(1, path=EXCHANGE),
        ]
        for fault in faults:
            fault()
            service.rotate_key()
            with pytest.raises(AccessTokensError) as raised:
                client.issue(token_id, generate_locally=generate_locally)
            service.clear_faults()
            assert raised.value.token_id_chosen_here

    @pytest.mark.parametrize("lost", [1, 4])
    def test_it_is_unknown_too_when_no_answer_says_so(self, client, service, token_id, lost):
        """Because the service hides its reasons, or because every answer is lost."""
        service.errors = "empty"
        service.drop_next(lost, path=TOKENS, method="POST", after=True)
        with pytest.raises(UnavailableError) as raised:
            client.issue(token_id, token_id=token_id)
        assert (raised.value.outcome_unknown, raised.value.attempts) == (True, 4)
        assert ids_of(client, token_id) == [raised.value.token_id] == [token_id]

    def test_a_failure_of_another_kind_afterwards_still_tells_of_it(self, client, service, token_id):
        """As when the service has restarted meanwhile, and the PAT has been revoked."""
        client.authenticate()
        service.drop_next(1, path=TOKENS, method="POST", after=True)
        service.fail_next(1, status=401, path=TOKENS, method="POST")
        service.fail_next(1, status=401, path=EXCHANGE)
        with pytest.raises(AuthenticationError, match="^Failed to authenticate") as raised:
            client.issue(token_id)
        assert raised.value.outcome_unknown
        assert ids_of(client, token_id) == [raised.value.token_id]

    def test_a_deadline_that_ends_before_the_repeat_tells_of_it(self, service, make_client, token_id):
        client = make_client(service.endpoint, service.admin_pat, deadline=0.9)
        service.drop_next(1, path=TOKENS, method="POST", after=True)
        with pytest.raises(UnavailableError) as raised:
            client.issue(token_id)
        assert (raised.value.outcome_unknown, raised.value.attempts) == (True, 1)
        assert ids_of(client, token_id) == [raised.value.token_id]


class TestRegister:
    @pytest.mark.parametrize(("errors", "lost"), [("text", 1), ("html", 2), ("json", 4)])
    def test_it_is_a_success_when_the_stored_hash_is_ours(self, client, service, token_id, errors, lost):
        service.errors = errors
        service.drop_next(lost, path=f"{TOKENS}/{token_id}", after=True)
        record = client.register(token_id, PHC, token_id, roles=["b", "a", "b"], expires_at=4_000_000_000)
        assert (record.token_id, record.expires_at) == (token_id, 4_000_000_000)
        assert record.secret_phc is None
        assert ids_of(client, token_id) == [token_id]

    def test_one_that_has_expired_meanwhile_is_found_too(self, client, service, token_id):
        service.drop_next(1, path=f"{TOKENS}/{token_id}", after=True)
        assert client.register(token_id, PHC, "me", expires_at=1).expires_at == 1

    @pytest.mark.fault(80)
    @pytest.mark.parametrize(
        "change",
        [
            lambda admin, token_id: admin.update(token_id, add_roles=["new"]),
            lambda admin, token_id: admin.update(token_id, owner="you", is_admin=True, expires_at=1),
            lambda admin, token_id: admin.revoke(token_id),
        ],
    )
    def test_a_token_that_another_administrator_has_changed_meanwhile_is_ours_as_it_is_now(
        self, client, service, token_id, change
    ):
        def change_it() -> None:
            with AccessTokensClient(service.endpoint, service.admin_pat) as admin:
                change(admin, token_id)

        client.clock.meanwhile = change_it
        service.drop_next(1, path=f"{TOKENS}/{token_id}", after=True)
        record = client.register(token_id, PHC, token_id, roles=["a"])
        assert client.clock.waits == [1.0]
        assert [record] == list(client.batch_load([token_id]).found)

    @pytest.mark.fault(81)
    @pytest.mark.parametrize("follows", AFTERWARDS)
    def test_it_is_looked_up_whatever_follows_a_lost_answer(self, client, service, token_id, follows):
        path = f"{TOKENS}/{token_id}"
        client.authenticate()
        service.drop_next(1, path=path, after=True)
        service.fail_next(4, path=path, **follows)
        assert client.register(token_id, PHC, token_id).owner == token_id

    @pytest.mark.fault(81)
    def test_it_is_looked_up_after_an_exchange_that_was_refused(self, client, service, token_id):
        client.authenticate()
        service.drop_next(1, path=f"{TOKENS}/{token_id}", after=True)
        service.fail_next(1, status=401, path=f"{TOKENS}/{token_id}")
        service.fail_next(1, status=503, headers={"Retry-After": "999"}, path=EXCHANGE)
        assert client.register(token_id, PHC, token_id).owner == token_id

    @pytest.mark.fault(81)
    def test_a_look_that_is_refused_as_well_leaves_the_error_as_it_was(self, client, service, token_id):
        client.authenticate()
        service.drop_next(1, path=f"{TOKENS}/{token_id}", after=True)
        service.fail_next(2, status=403)
        with pytest.raises(PermissionDeniedError, match="^Failed to register token") as raised:
            client.register(token_id, PHC, token_id)
        assert (raised.value.outcome_unknown, raised.value.attempts) == (True, 2)

    def test_it_stays_unknown_when_nobody_answers_whose_it_is(self, client, service, token_id):
        service.drop_next(4, path=f"{TOKENS}/{token_id}", after=True)
        service.drop_next(4, path=f"{TOKENS}/batch")
        with pytest.raises(UnavailableError, match="^Failed to register token") as raised:
            client.register(token_id, PHC, token_id)
        assert (raised.value.token_id, raised.value.outcome_unknown) == (token_id, True)
        assert ids_of(client, token_id) == [token_id]
