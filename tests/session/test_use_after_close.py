"""Clients that are used after they were closed."""

import pytest

from access_tokens import ClientClosedError

from ..helpers.callers import result_of
from ..helpers.failing_calls import ALL_CALLS

pytestmark = pytest.mark.fault(34)


@pytest.mark.parametrize("is_used", [False, True], ids=["unused", "used"])
@pytest.mark.parametrize("name", ALL_CALLS)
def test_nothing_can_be_done_with_a_closed_client(client, server, name, is_used):
    if is_used:
        client.list()
    client.close()
    client.close()
    sent = len(server.requests)
    error = result_of(lambda: ALL_CALLS[name](client))
    assert isinstance(error, ClientClosedError)
    assert str(error).startswith("Failed to ")
    assert ": the client is closed" in str(error)
    assert (error.attempts, error.outcome_unknown, len(server.requests)) == (0, False, sent)


def test_a_mistake_in_an_argument_is_still_told_as_such(client):
    client.close()
    with pytest.raises(ValueError, match="limit"):
        client.list(limit=0)
