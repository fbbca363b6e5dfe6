"""Answers that are lost on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from access_tokens import ConflictError, UnavailableError, generate_token
from access_tokens.testing import LocalService

TOKENS = "/admin/tokens"
Make = Callable[..., Any]


def last_body(service: LocalService) -> Any:
    return json.loads(service.requests[-1].body)


class TestLostAnswers:
    @pytest.mark.fault(45)
    def test_an_issue_that_may_have_been_done_says_so(self, client, service):
        service.drop_next(1, path=TOKENS, method="POST", after=True)
        with pytest.raises(ConflictError) as raised:
            client.issue("x")
        error = raised.value
        assert error.outcome_unknown
        assert service.record(error.token_id)["owner"] == "x"
        assert sum(request.method == "POST" and request.path == TOKENS for request in service.requests) == 2

    @pytest.mark.fault(45)
    def test_an_issue_that_was_lost_on_the_way_is_done_once(self, client, service):
        service.drop_next(2, path=TOKENS, method="POST")
        token_id = client.issue("x").record.token_id
        assert [r.token_id for r in client.iter_tokens() if r.owner == "x"] == [token_id]

    @pytest.mark.fault(45)
    def test_a_register_that_was_done_is_a_success(self, client, service):
        made = generate_token()
        service.drop_next(1, path=f"{TOKENS}/{made.token_id}", after=True)
        record = client.register(made.token_id, made.secret_phc, "me")
        assert (record.owner, record.secret_phc) == ("me", None)

    @pytest.mark.fault(45)
    def test_a_register_that_was_done_is_a_success_also_where_the_service_hides_its_reasons(
        self, make_client
    ):
        made = generate_token()
        with LocalService(errors="empty") as service:
            client = make_client(service.endpoint, service.admin_pat)
            service.drop_next(1, path=f"{TOKENS}/{made.token_id}", after=True)
            assert client.register(made.token_id, made.secret_phc, "me").owner == "me"

    @pytest.mark.fault(45)
    def test_a_register_that_was_not_done_stays_unknown(self, client, service):
        made = generate_token()
        service.drop_next(4, path=f"{TOKENS}/{made.token_id}")
        with pytest.raises(UnavailableError) as raised:
            client.register(made.token_id, made.secret_phc, "me")
        assert raised.value.outcome_unknown

    @pytest.mark.fault(45)
    def test_a_register_that_finds_another_in_its_place_is_a_conflict(self, client, service):
        [token_id] = service.seed(1)
        service.drop_next(1, path=f"{TOKENS}/{token_id}")
        with pytest.raises(ConflictError) as raised:
            client.register(token_id, generate_token().secret_phc, "me")
        assert not raised.value.outcome_unknown

    @pytest.mark.fault(80)
    def test_a_register_that_was_done_before_with_other_values_finds_its_token_as_it_is(
        self, client, service
    ):
        """The hash tells whose it is. A repeat that no answer was lost to is told that the id is taken."""
        made = generate_token()
        client.register(made.token_id, made.secret_phc, "first")
        service.drop_next(1, path=f"{TOKENS}/{made.token_id}")
        record = client.register(made.token_id, made.secret_phc, "second", is_admin=True)
        assert (record.owner, record.is_admin) == ("first", False)
        with pytest.raises(ConflictError) as raised:
            client.register(made.token_id, made.secret_phc, "second")
        assert not raised.value.outcome_unknown

    @pytest.mark.fault(45)
    def test_a_register_that_cannot_be_settled_stays_unknown(self, client, service):
        made = generate_token()
        service.drop_next(1, path=f"{TOKENS}/{made.token_id}", after=True)
        service.fail_next(4, status=503, path=f"{TOKENS}/batch")
        with pytest.raises(ConflictError, match="^Failed to register token") as raised:
            client.register(made.token_id, made.secret_phc, "me")
        assert (raised.value.outcome_unknown, raised.value.token_id) == (True, made.token_id)

    def test_other_changes_are_simply_repeated(self, client, service):
        [token_id] = service.seed(1)
        for after in (False, True):
            service.drop_next(1, path=f"{TOKENS}/{token_id}/revoke", after=after)
            client.revoke(token_id)
        assert client.clock.waits == [1.0, 1.0]
