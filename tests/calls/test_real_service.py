"""What the service stores without looking and then hides, where it says 404, and what its pages look like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access_tokens import (
    ApiError,
    AuthenticationError,
    ConflictError,
    EndpointError,
    NotFoundError,
    generate_token,
)
from access_tokens.testing import LocalService

Make = Callable[..., Any]
EVERY_DRESS = pytest.mark.parametrize("errors", ["json", "html", "production", "text", "empty"])


class TestTheRealService:
    @pytest.mark.fault(61)
    def test_an_owner_that_the_service_would_hide_is_refused_and_changes_nothing(self, client, service):
        _, record = client.issue("before")
        with pytest.raises(ValueError, match="owner must have at most 100 characters, counted in UTF-16"):
            client.update(record.token_id, owner="\N{GRINNING FACE}" * 51)
        assert client.batch_load([record.token_id]).found == (record,)
        assert service.requests[-1].path.endswith("/batch")

    @pytest.mark.fault(61)
    def test_an_update_of_nothing_is_refused_whatever_the_id(self, client, service):
        nothing: list[dict[str, Any]] = [{}, {"add_roles": []}, {"remove_roles": iter(())}]
        for each in nothing:
            with pytest.raises(ValueError, match="must be given, and change something"):
                client.update("no-such-id", **each)
        assert service.requests == []

    @pytest.mark.fault(61)
    def test_too_many_roles_hide_a_record_until_some_are_removed(self, client, make_client, service):
        token, record = client.issue("x", roles=[f"r{n}" for n in range(30)])
        client.update(record.token_id, add_roles=[f"more{n}" for n in range(30)])

        assert client.batch_load([record.token_id]).not_found == (record.token_id,)
        assert record.token_id not in {each.token_id for each in client.iter_tokens()}
        with pytest.raises(ConflictError, match="already exists"):
            client.register(record.token_id, generate_token().secret_phc, "x")
        service.clear_requests()
        with pytest.raises(AuthenticationError, match="roles: Too big: expected array to have <=50 items"):
            make_client(service.endpoint, token).authenticate()
        assert service.exchanges == 1

        client.update(record.token_id, remove_roles=[f"more{n}" for n in range(30)])
        assert client.batch_load([record.token_id]).found[0].roles == record.roles
        make_client(service.endpoint, token).authenticate()

    @EVERY_DRESS
    @pytest.mark.fault(62)
    def test_a_wrong_path_is_never_a_missing_token(self, make_client, errors):
        with LocalService(errors=errors) as service:
            [token_id] = service.seed(1)
            client = make_client(service.endpoint, service.admin_pat, admin_path="/wrong")
            calls: list[Callable[[], Any]] = [
                lambda: client.revoke(token_id),
                lambda: client.restore(token_id),
                lambda: client.update(token_id, owner="x"),
                client.list,
            ]
            for call in calls:
                with pytest.raises(EndpointError, match="HTTP 404"):
                    call()
            assert len(service.requests) == 1 + len(calls)

    @pytest.mark.parametrize("errors", ["json", "html", "text"])
    @pytest.mark.parametrize("documented", [False, True])
    @pytest.mark.fault(62)
    def test_a_missing_token_is_what_the_service_says(self, make_client, errors, documented):
        with LocalService(errors=errors, documented=documented) as service:
            client = make_client(service.endpoint, service.admin_pat)
            with pytest.raises(NotFoundError) as raised:
                client.revoke("two  blanks & <more>")
            assert raised.value.attempts == 1

    def test_a_page_is_read_without_its_class_and_its_stack(self, make_client):
        with LocalService(errors="html") as service:
            client = make_client(service.endpoint, service.admin_pat[:-4] + "AAA=")
            with pytest.raises(AuthenticationError) as raised:
                client.authenticate()
        assert raised.value.cause == ApiError("Invalid Authorization token")
        assert raised.value.cause.error.message == "Invalid Authorization token"

    @pytest.mark.fault(63)
    def test_a_page_in_production_says_the_phrase_alone(self, make_client):
        with LocalService(errors="production") as service:
            client = make_client(service.endpoint, service.admin_pat[:-4] + "AAA=")
            with pytest.raises(
                AuthenticationError, match=r"^Failed to authenticate: Unauthorized \(HTTP 401"
            ):
                client.authenticate()

    def test_a_revocation_clears_the_expiry(self, client):
        _, record = client.issue("x", expires_at=4_000_000_000)
        client.revoke(record.token_id)
        assert client.batch_load([record.token_id]).found[0].expires_at is None
