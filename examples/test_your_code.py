"""Test your own code against a local service; pytest finds the fixtures as soon as the library is installed.

    pip install "access-tokens-client[testing]" pytest
    python -m pytest examples/test_your_code.py

`access_tokens_service` is a service that runs for one test, and `access_tokens_client` a client of it, which
does not wait between two attempts. `access_tokens_env` is the same service, named in the two environment
variables that `from_env()` reads. More of it is in docs/testing.md.
"""

from __future__ import annotations

from typing import Literal
from unittest import mock

import pytest

from access_tokens import AccessTokensClient, AccessTokensError, NotFoundError
from access_tokens.testing import LocalService

LEAVER = "leaver@example.com"
REVOKE = "/admin/tokens/*/revoke"


# Your code, which would live in a module of its own


def offboard(client: AccessTokensClient, owner: str) -> list[AccessTokensError]:
    """Revoke all tokens of somebody who leaves, and return what failed: no failure stops the others.

    JWTs that were got with them live on until they expire. A record that the service hides, such as one with
    over 50 roles, is in no list.
    """
    failed: list[AccessTokensError] = []
    for record in list(client.iter_tokens(include_expired=True)):  # an expired one could be prolonged
        if record.owner == owner:
            try:
                client.revoke(record.token_id)
            except NotFoundError:
                pass  # somebody else was faster
            except AccessTokensError as error:
                if not is_over(client, record.token_id):
                    failed.append(error)
    return failed


def is_over(client: AccessTokensClient, token_id: str) -> bool:
    """Ask whether a token is revoked or gone: an answer may be lost, or give no reason."""
    try:
        return client.get(token_id).revoked is not None
    except NotFoundError:
        return True


# Your tests


def is_revoked(service: LocalService, token_id: str) -> bool:
    record = service.record(token_id)
    return record is not None and "revokedAt" in record


@pytest.mark.usefixtures("access_tokens_env")
def test_all_tokens_of_a_leaver_are_revoked_and_no_others(access_tokens_service: LocalService) -> None:
    leavers = access_tokens_service.seed(3, owner=LEAVER)
    others = access_tokens_service.seed(3)
    with AccessTokensClient.from_env() as client:
        assert offboard(client, LEAVER) == []
    assert all(is_revoked(access_tokens_service, token_id) for token_id in leavers)
    assert not any(is_revoked(access_tokens_service, token_id) for token_id in others)


def test_a_failure_that_passes_is_survived(
    access_tokens_service: LocalService, access_tokens_client: AccessTokensClient
) -> None:
    [token_id] = access_tokens_service.seed(1, owner=LEAVER)
    access_tokens_service.fail_next(2, status=503, path=REVOKE)
    assert offboard(access_tokens_client, LEAVER) == []
    assert is_revoked(access_tokens_service, token_id)


def test_a_failure_that_lasts_is_reported_and_stops_no_other(
    access_tokens_service: LocalService, access_tokens_client: AccessTokensClient
) -> None:
    first, second = access_tokens_service.seed(2, owner=LEAVER)
    access_tokens_service.fail_next(4, status=503, path=f"/admin/tokens/{first}/revoke")
    [error] = offboard(access_tokens_client, LEAVER)
    assert (error.token_id, error.attempts, error.outcome_unknown) == (first, 4, True)
    assert is_revoked(access_tokens_service, second)


@pytest.mark.parametrize("errors", ["json", "production"])  # a production service gives no reasons
def test_a_token_that_somebody_else_removes_is_no_failure(
    access_tokens_service: LocalService,
    access_tokens_client: AccessTokensClient,
    errors: Literal["json", "production"],
) -> None:
    [token_id] = access_tokens_service.seed(1, owner=LEAVER)
    listed = list(access_tokens_client.iter_tokens(include_expired=True))
    access_tokens_service.remove(token_id)
    access_tokens_service.errors = errors
    with mock.patch.object(access_tokens_client, "iter_tokens", return_value=listed):
        assert offboard(access_tokens_client, LEAVER) == []


def test_an_answer_that_is_lost_does_no_harm(
    access_tokens_service: LocalService, access_tokens_client: AccessTokensClient
) -> None:
    [token_id] = access_tokens_service.seed(1, owner=LEAVER)
    # The service revokes the token, and the connection drops before it can say so.
    access_tokens_service.drop_next(path=REVOKE, after=True)
    assert offboard(access_tokens_client, LEAVER) == []
    assert is_revoked(access_tokens_service, token_id)
