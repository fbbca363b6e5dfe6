"""Many tokens at once: batches that need several requests, and walks over pages that come back badly."""

from collections.abc import Callable, Iterable
from math import ceil
from typing import Any

import pytest
from attrs import define
from hypothesis import given, settings
from hypothesis import strategies as st

from access_tokens import InvalidResponseError, PermissionDeniedError
from access_tokens.testing import LocalService

from ..helpers.callers import result_of
from ..helpers.memory_service import RECORD, MemoryService, Page

BATCH = "/admin/tokens/batch"
LARGEST_BODY = 100 * 1024
UNKNOWN = [f"{number:021}" for number in range(9000)]


def batches(service: LocalService) -> int:
    return sum(request.path == BATCH for request in service.requests)


@pytest.mark.fault(43)
def test_10_000_ids_need_as_few_requests_as_the_body_limit_allows(client, service):
    known = service.seed(1000)
    found, not_found = client.batch_load([*known, *UNKNOWN, *known])
    assert {record.token_id for record in found} == set(known)
    assert (len(found), sorted(not_found)) == (1000, UNKNOWN)
    # Each id has quotes, and all but the last a comma.
    assert batches(service) == ceil(10_000 * len(f'"{known[0]}",') / (LARGEST_BODY - len('{"tokenIds":[]}')))


@pytest.mark.fault(43)
def test_a_part_that_fails_is_the_failure_of_the_whole(client, service):
    client.authenticate()
    service.fail_next(1, status=403, path=BATCH)
    with pytest.raises(PermissionDeniedError, match="^Failed to batch load tokens") as raised:
        client.batch_load(UNKNOWN)
    assert (raised.value.attempts, raised.value.outcome_unknown) == (1, False)
    assert client.batch_load(["a"]).not_found == ("a",)


@pytest.mark.fault(43)
def test_a_part_that_fails_for_now_is_all_that_is_repeated(client, service):
    client.authenticate()
    service.fail_next(1, status=503, path=BATCH)
    assert len(client.batch_load(UNKNOWN).not_found) == 9000
    assert (batches(service), client.clock.waits) == (3 + 1, [1.0])


@pytest.mark.fault(44)
def test_a_walk_finds_exactly_the_active_tokens(client, service, token_id):
    role = token_id
    active = set(service.seed(40, roles=[role]))
    service.seed(150, revoked=True, roles=[role])
    service.seed(96, expired=True, roles=[role])
    service.clear_requests()
    walked = [record.token_id for record in client.iter_tokens(has_role=role, page_size=100)]
    assert (len(walked), set(walked)) == (40, active)
    assert sum(request.method == "GET" for request in service.requests) <= 4
    assert len(client.iter_tokens(has_role=role, include_revoked=True, page_size=70)) == 190
    assert {record.token_id for record in client.iter_tokens(has_role=role)} == active
    assert service.requests[-1].query["limit"] == "1000"


@define
class Walker:
    """Walks over the pages of a service that is told how to page."""

    client: Any
    service: MemoryService

    def walk(self, page: Page, page_size: int = 2) -> Any:
        """Return the ids that come out, or the error."""
        self.service.page = page
        self.service.requests.clear()
        walked = result_of(lambda: self.client.iter_tokens(page_size=page_size))
        return walked if isinstance(walked, Exception) else [each.token_id for each in walked]

    @property
    def pages(self) -> int:
        """How many pages were asked for."""
        return sum(request.method == "GET" for request in self.service.requests)


@pytest.fixture
def walker(make_client: Callable[..., Any], variant: str) -> Walker:
    service = MemoryService()
    return Walker(make_client("https://h", "pat_x", http_client=service.http_client(variant)), service)


def records(ids: Iterable[str]) -> list[dict[str, Any]]:
    return [RECORD | {"tokenId": each} for each in ids]


def in_turn(*pages: str) -> Page:
    """Give one page after the other, whatever is asked for, and the last for ever."""
    left = list(pages)
    return lambda _: records(left.pop(0) if len(left) > 1 else left[0])


@pytest.mark.fault(44)
@pytest.mark.parametrize("pages", [["ab", "cd", "a"], ["ab", "cd", "da", "e"], ["abcde", "fghij", "k"]])
def test_a_record_is_given_once_and_a_page_is_taken_whole(walker, pages):
    assert walker.walk(in_turn(*pages)) == sorted(set("".join(pages)))


@pytest.mark.fault(44)
def test_any_pages_come_to_an_end_without_duplicates(walker):
    @given(st.lists(st.text("abcdef", min_size=0, max_size=4), min_size=1, max_size=6))
    @settings(max_examples=30)
    def ends(pages: list[str]) -> None:
        walked = walker.walk(in_turn(*pages))
        assert walker.pages <= len(pages) + 1
        if not isinstance(walked, InvalidResponseError):
            assert len(walked) == len(set(walked))

    ends()
