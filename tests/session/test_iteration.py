"""Walks through all tokens, record by record."""

import gc
from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import parse_qs

import pytest

from access_tokens import AccessTokensError, ClientClosedError

from ..helpers.callers import SyncCaller
from ..helpers.fault_server import RECORD, TOKENS, FaultServer, Peer, response
from ..helpers.plays import refuse


@pytest.fixture
def take(client: Any, server: FaultServer) -> Callable[[], Any]:
    """Takes the next record of a walk, whose pages have two each and do not end."""
    server.always(TOKENS, answer_with_two)
    walk = client.client.iter_tokens(page_size=2)
    return walk.__next__ if isinstance(client, SyncCaller) else lambda: client.portal.call(walk.__anext__)


def answer_with_two(peer: Peer) -> None:
    query = parse_qs(peer.request.target.partition("?")[2])
    numbers = count(int(query.get("afterTokenId", ["0"])[0]) + 1)
    records = [RECORD | {"tokenId": f"{next(numbers):021}"} for _ in range(2)]
    peer.send(response(200, {"records": records}))


def test_no_more_is_requested_than_is_looked_at(take, server):
    assert server.requests == []
    for records, requests in [(1, 1), (2, 1), (3, 2)]:
        assert int(take().token_id) == records
        assert server.count(TOKENS) == requests


def test_it_may_be_left_early(take):
    """Nothing is left to be cleaned up: trio would warn of an async generator."""
    take()
    gc.collect()


@pytest.mark.fault(44)
def test_after_an_error_it_goes_on_where_it_was(take, server):
    """Or who catches the error would take the rest for the end."""
    found = [take(), take()]
    server.play(TOKENS, refuse(400))
    with pytest.raises(AccessTokensError):
        take()
    found += [take(), take()]
    assert [int(record.token_id) for record in found] == [1, 2, 3, 4]


@pytest.mark.fault(34)
def test_when_the_client_is_closed_it_goes_on_to_the_end_of_its_page(take, client, server):
    take()
    client.close()
    assert take()
    for _ in range(2):
        with pytest.raises(ClientClosedError):
            take()
    assert server.count(TOKENS) == 1
