"""Every operation of the service."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from access_tokens import AccessTokensError, AuthenticationError, generate_token
from access_tokens.testing import LocalService

TOKENS = "/admin/tokens"
Make = Callable[..., Any]


def last_body(service: LocalService) -> Any:
    return json.loads(service.requests[-1].body)


class TestOperations:
    def test_a_token_is_issued_and_opens_the_service(self, client, service, make_client):
        token, record = client.issue(
            "user@example.com", is_admin=True, roles=["reader"], expires_at=4_000_000_000
        )
        assert (record.owner, record.is_admin, record.roles) == ("user@example.com", True, ("reader",))
        assert (record.expires_at, record.revoked_at, record.secret_phc) == (4_000_000_000, None, None)
        assert record.token_id in {each.token_id for each in make_client(service.endpoint, token).list()}

    def test_the_id_of_a_new_token_is_chosen_here(self, client, service):
        issued = client.issue("x")
        body = last_body(service)
        assert body == {"owner": "x", "tokenId": issued.record.token_id}
        assert re.fullmatch("[0-9A-Za-z]{21}", body["tokenId"])

    def test_the_id_of_a_new_token_may_be_the_callers(self, client):
        assert client.issue("x", token_id="A" * 21).record.token_id == "A" * 21

    def test_a_token_made_here_is_registered_and_opens_the_service(self, client, service, make_client):
        made = generate_token()
        record = client.register(made.token_id, made.secret_phc, "me", is_admin=True, roles=["a"])
        assert (record.token_id, record.owner, record.roles) == (made.token_id, "me", ("a",))
        assert made.token.partition(".")[2].encode() not in b"".join(r.body for r in service.requests)
        assert make_client(service.endpoint, made.token).list()

    def test_an_update_sends_what_changes_and_no_more(self, client, service):
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
        ]
        for arguments, body in cases:
            assert client.update(token_id, **arguments) is None
            assert last_body(service) == body

    def test_an_update_takes_effect(self, client, service):
        [token_id] = service.seed(1, roles=["a", "b"])
        client.update(token_id, owner="x", is_admin=True, add_roles=["c"], expires_at=4_000_000_000)
        client.update(token_id, remove_roles=["a"])
        [record] = client.batch_load([token_id]).found
        assert (record.owner, record.is_admin, record.roles) == ("x", True, ("b", "c"))
        assert record.expires_at == 4_000_000_000
        client.update(token_id, expires_at=None)
        assert client.batch_load([token_id]).found[0].expires_at is None

    def test_a_revoked_token_is_refused_until_it_is_restored(self, client, service, make_client):
        token, record = client.issue("x", is_admin=True)
        assert client.revoke(record.token_id) is None
        assert last_body(service) == {}
        with pytest.raises(AuthenticationError, match="Invalid Authorization token"):
            make_client(service.endpoint, token).authenticate()
        assert client.restore(record.token_id) is None
        make_client(service.endpoint, token).authenticate()

    def test_a_restored_token_has_no_expiry_but_the_one_that_is_given(self, client, service):
        [token_id] = service.seed(1)
        for given, kept in (({}, None), ({"expires_at": 4_000_000_000}, 4_000_000_000)):
            client.revoke(token_id, expires_at=4_100_000_000)
            assert client.restore(token_id, **given) is None
            [record] = client.batch_load([token_id]).found
            assert (record.revoked_at, record.expires_at) == (None, kept)

    def test_a_revocation_may_say_when_the_record_goes(self, client, service):
        [token_id] = service.seed(1)
        client.revoke(token_id, expires_at=4_000_000_000)
        assert last_body(service) == {"expiresAt": 4_000_000_000}

    def test_a_batch_tells_what_was_found_and_what_was_not(self, client, service):
        ids = service.seed(3)
        found, not_found = client.batch_load([*ids, "B" * 21])
        assert {record.token_id for record in found} == set(ids)
        assert not_found == ("B" * 21,)
        assert all(record.secret_phc is None for record in found)
        assert client.batch_load(ids[:1], include_secret_phc=True).found[0].secret_phc.startswith("$scrypt$")

    def test_a_list_sends_just_the_parameters_that_are_given(self, client, service):
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

    def test_a_page_is_as_the_service_gives_it(self, client, service):
        service.seed(150, revoked=True)
        page = client.list()
        assert len(page) <= 1
        assert len(client.list(include_revoked=True)) == 100
        assert all(r.secret_phc for r in client.list(include_revoked=True, include_secret_phc=True, limit=3))

    @pytest.mark.fault(44)
    def test_a_walk_finds_exactly_the_active_tokens(self, client, service):
        active = {*service.seed(40), service.admin_token_id}
        service.seed(1500, revoked=True)
        service.seed(960, expired=True)
        service.clear_requests()
        walked = [record.token_id for record in client.iter_tokens()]
        assert len(walked) == len(set(walked))
        assert set(walked) == active
        assert sum(request.method == "GET" for request in service.requests) <= 4

    @pytest.mark.fault(44)
    def test_a_walk_filters_by_role(self, client, service):
        readers = service.seed(30, roles=["reader"])
        service.seed(30)
        service.seed(5, roles=["reader"], revoked=True)
        walked = client.iter_tokens(has_role="reader", page_size=7)
        assert sorted(record.token_id for record in walked) == sorted(readers)
        assert len(client.iter_tokens(has_role="reader", include_revoked=True)) == 35

    @pytest.mark.fault(38)
    @pytest.mark.parametrize(
        "token_id", ["a/b", "a?b", "a#b", "%2e%2e", "//evil.example", "a b", "ä", "a\nb", "\0"]
    )
    def test_any_id_reaches_the_service_as_one_segment(self, client, service, token_id):
        with pytest.raises(AccessTokensError) as raised:
            client.revoke(token_id)
        assert raised.value.token_id == token_id
        path = service.requests[-1].path
        assert path.count("/") == 4
        assert path.startswith(f"{TOKENS}/")

    @pytest.mark.fault(42)
    def test_mistakes_are_told_before_any_request(self, client, service):
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
