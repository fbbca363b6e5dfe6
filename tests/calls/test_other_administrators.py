"""What others do to a token between a lost answer and its repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access_tokens import AccessTokensClient, RetryPolicy, UnavailableError

Make = Callable[..., Any]
Change = Callable[[Any, str], None]
pytestmark = pytest.mark.fault(84)


def restore(client: Any, token_id: str) -> None:
    client.restore(token_id)


def revoke(client: Any, token_id: str) -> None:
    client.revoke(token_id)


def is_revoked(client: Any, token_id: str) -> bool:
    return client.batch_load([token_id]).found[0].revoked_at is not None


@pytest.mark.parametrize(("change", "undo", "revoked"), [(restore, revoke, True), (revoke, restore, False)])
def test_a_single_attempt_undoes_nothing_that_others_have_done(service, make_client, change, undo, revoked):
    client = make_client(service.endpoint, service.admin_pat, retry=RetryPolicy(retries=0))
    [token_id] = service.seed(1, revoked=revoked)
    client.authenticate()
    service.drop_next(1, after=True)
    with pytest.raises(UnavailableError) as raised:
        change(client, token_id)
    undo(client, token_id)
    assert (raised.value.outcome_unknown, raised.value.attempts) == (True, 1)
    assert is_revoked(client, token_id) is revoked


@pytest.mark.parametrize(("change", "undo", "revoked"), [(restore, revoke, True), (revoke, restore, False)])
def test_an_automatic_repeat_is_done_over_what_others_have_done(service, make_client, change, undo, revoked):
    """Which the README says, with the way out."""

    def undo_it() -> None:
        with AccessTokensClient(service.endpoint, service.admin_pat) as other:
            undo(other, token_id)

    client = make_client(service.endpoint, service.admin_pat)
    [token_id] = service.seed(1, revoked=revoked)
    client.authenticate()
    client.clock.meanwhile = undo_it
    service.drop_next(1, after=True)
    change(client, token_id)
    assert is_revoked(client, token_id) is not revoked
