"""Test your own code against a local service; pytest finds the fixtures as soon as the library is installed.

    pip install "access-tokens-client[testing]" pytest
    python -m pytest examples/test_your_code.py

`access_tokens_service` is a service that runs for one test, and `access_tokens_client` a client of it, which
does not wait between two attempts. `access_tokens_env` is the same service, named in the two environment
variables that `from_env()` reads. More of it is in docs/testing.md.
"""

from __future__ import annotations

import pytest

from access_tokens import AccessTokensClient, AccessTokensError
from access_tokens.testing import LocalService

LEAVER = "leaver@example.com"
REVOKE = "/admin/tokens/*/revoke"


# Your code, which would live in a module of its own


def offboard(client: AccessTokensClient, owner: str) -> int:
    """Revoke all tokens of somebody who leaves, and tell how many they were."""
    theirs = [record for record in client.iter_tokens() if record.owner == owner]
    for record in theirs:
        client.revoke(record.token_id)
    return len(theirs)


# Your tests


def is_revoked(service: LocalService, token_id: str) -> bool:
    record = service.record(token_id)
    return record is not None and "revokedAt" in record


@pytest.mark.usefixtures("access_tokens_env")
def test_all_tokens_of_a_leaver_are_revoked_and_no_others(access_tokens_service: LocalService) -> None:
    leavers = access_tokens_service.seed(3, owner=LEAVER)
    others = access_tokens_service.seed(3)
    with AccessTokensClient.from_env() as client:
        assert offboard(client, LEAVER) == 3
    assert all(is_revoked(access_tokens_service, token_id) for token_id in leavers)
    assert not any(is_revoked(access_tokens_service, token_id) for token_id in others)


def test_a_failure_that_passes_is_survived(
    access_tokens_service: LocalService, access_tokens_client: AccessTokensClient
) -> None:
    [token_id] = access_tokens_service.seed(1, owner=LEAVER)
    access_tokens_service.fail_next(2, status=503, path=REVOKE)
    assert offboard(access_tokens_client, LEAVER) == 1
    assert is_revoked(access_tokens_service, token_id)


def test_a_failure_that_lasts_is_reported(
    access_tokens_service: LocalService, access_tokens_client: AccessTokensClient
) -> None:
    [token_id] = access_tokens_service.seed(1, owner=LEAVER)
    access_tokens_service.fail_next(4, status=503, path=REVOKE)
    with pytest.raises(AccessTokensError, match="Failed to revoke token") as caught:
        offboard(access_tokens_client, LEAVER)
    assert (caught.value.token_id, caught.value.attempts) == (token_id, 4)
    assert not is_revoked(access_tokens_service, token_id)


def test_an_answer_that_is_lost_does_no_harm(
    access_tokens_service: LocalService, access_tokens_client: AccessTokensClient
) -> None:
    [token_id] = access_tokens_service.seed(1, owner=LEAVER)
    # The service revokes the token, and the connection drops before it can say so.
    access_tokens_service.drop_next(path=REVOKE, after=True)
    assert offboard(access_tokens_client, LEAVER) == 1
    assert is_revoked(access_tokens_service, token_id)
