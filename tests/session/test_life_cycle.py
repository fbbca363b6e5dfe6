"""Clients that are closed, elsewhere, or watched."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from access_tokens import ClientClosedError, EndpointError, generate_token
from access_tokens.testing import LocalService

TOKENS = "/admin/tokens"
Make = Callable[..., Any]


def last_body(service: LocalService) -> Any:
    return json.loads(service.requests[-1].body)


class TestLifeCycle:
    @pytest.mark.fault(34)
    def test_a_closed_client_refuses_and_may_be_closed_again(self, client, service):
        client.list()
        client.close()
        client.close()
        for call in (client.list, client.authenticate, lambda: client.issue("x")):
            with pytest.raises(ClientClosedError, match="^Failed to .*: the client is closed"):
                call()
        assert len(service.requests) == 2

    def test_routes_may_be_elsewhere(self, make_client):
        with LocalService(auth_path="/v1/login", admin_path="/v1/pats") as service:
            client = make_client(
                service.endpoint, service.admin_pat, auth_path="/v1/login", admin_path="/v1/pats"
            )
            assert len(client.list()) == 1

    def test_a_wrong_path_is_told(self, service, make_client):
        client = make_client(service.endpoint, service.admin_pat, admin_path="/elsewhere")
        with pytest.raises(EndpointError, match="404"):
            client.list()

    @pytest.mark.fault(48)
    def test_the_log_tells_what_happens_and_no_secret(self, client, service, caplog):
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
