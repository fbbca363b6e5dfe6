"""What the page about rotation says of JWTs, expired tokens, and a PAT of a client's own file."""

from typing import Any

import pytest

from access_tokens import AccessTokensClient, AuthenticationError
from access_tokens.testing import LocalService

from ..helpers.pages import code_of
from .conftest import TOKENS

IN_PLACE, IS_GOOD, *_ = code_of("docs/rotation.md")


def run(code: str, service: LocalService) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(code.replace(TOKENS, service.endpoint), names)
    return names


def test_the_file_has_the_new_pat_and_the_old_one_is_refused(service, directory):
    old, file = service.admin_pat, directory / "secrets" / "pat"
    run(IN_PLACE, service)
    assert file.read_text() != old
    assert not file.stat().st_mode & 0o077
    is_good = run(IS_GOOD, service)["is_good"]
    assert is_good(file)
    file.write_text(old)
    assert not is_good(file)


def test_a_token_that_has_expired_is_brought_back(service):
    token_id, pat = service.issue("ann@example.com", expires_at=int(service.now()) + 60)
    service.advance(120)
    with AccessTokensClient(service.endpoint, pat) as hers, AccessTokensClient.from_env() as client:
        with pytest.raises(AuthenticationError):
            hers.authenticate()
        client.update(token_id, expires_at=int(service.now()) + 60)
        hers.authenticate()


def test_a_leaked_administrator_acts_until_the_jwt_expires(service):
    token_id, pat = service.issue("eve@example.com", is_admin=True)
    with AccessTokensClient(service.endpoint, pat) as eve, AccessTokensClient.from_env() as client:
        eve.authenticate()
        client.revoke(token_id)
        eve.restore(token_id)
        client.revoke(token_id)
        service.advance(3600)
        with pytest.raises(AuthenticationError):
            eve.restore(token_id)


def test_a_new_signing_key_costs_one_exchange(service):
    with AccessTokensClient.from_env() as client:
        client.list()
        service.rotate_key()
        client.list()
    assert service.exchanges == 2
