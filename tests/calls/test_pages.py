"""Many tokens at once: batches that need several requests, and walks over pages that come back badly."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from math import ceil
from typing import Any

import httpx
import pytest
from attrs import define
from hypothesis import given, settings
from hypothesis import strategies as st

from access_tokens import InvalidResponseError, PermissionDeniedError
from access_tokens.testing import LocalService

from ..helpers.callers import result_of
from ..helpers.canned import RECORD, Canned, Page

BATCH = "/admin/tokens/batch"
LARGEST_BODY = 100 * 1024

Make = Callable[..., Any]


def batches(service: LocalService) -> list[bytes]:
    return [request.body for request in service.requests if request.path == BATCH]


@pytest.mark.fault(43)
@pytest.mark.parametrize(
    ("ids", "bodies"),
    [
        (list, []),
        (lambda: ["a"], [["a"]]),
        (lambda: ["a", "b", "a", "a"], [["a", "b"]]),
        (lambda: (name for name in "aba"), [["a", "b"]]),
    ],
    ids=["none", "one", "duplicates", "a generator"],
)
def test_a_few_ids_need_one_request_at_most(make_client, variant, ids, bodies):
    service = Canned()
    make_client("https://h", "pat_x", http_client=service.http_client(variant)).batch_load(ids())
    assert [json.loads(request.content)["tokenIds"] for request in service.requests[1:]] == bodies


@pytest.mark.fault(43)
def test_10_000_ids_need_as_few_requests_as_the_body_limit_allows(client, service):
    known = service.seed(1000)
    unknown = [f"{number:021}" for number in range(9000)]
    found, not_found = client.batch_load([*known, *unknown])
    assert {record.token_id for record in found} == set(known)
    assert (len(found), sorted(not_found)) == (1000, unknown)
    assert len(batches(service)) == fewest_requests([*known, *unknown])


@pytest.mark.fault(43)
def test_a_part_that_fails_is_the_failure_of_the_whole(client, service):
    client.list()
    service.fail_next(1, status=403, path=BATCH)
    with pytest.raises(PermissionDeniedError, match="^Failed to batch load tokens") as raised:
        client.batch_load([f"{number:021}" for number in range(9000)])
    assert (raised.value.attempts, raised.value.outcome_unknown) == (1, False)
    assert client.batch_load(["a"]).not_found == ("a",)


@pytest.mark.fault(43)
def test_a_part_that_fails_for_now_is_all_that_is_repeated(client, service):
    client.list()
    service.fail_next(1, status=503, path=BATCH)
    assert len(client.batch_load([f"{number:021}" for number in range(9000)]).not_found) == 9000
    assert (len(batches(service)), client.clock.waits) == (3 + 1, [1.0])


def fewest_requests(ids: list[str]) -> int:
    """Return how many bodies it takes to hold the ids: each has quotes, and all but the last a comma."""
    envelope = len('{"tokenIds":[]}')
    return ceil(sum(len(f'"{each}",') for each in ids) / (LARGEST_BODY - envelope))


@define
class Walker:
    """Walks over the pages of a service that is told how to page."""

    client: Any
    service: Canned

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
def walker(make_client: Make, variant: str) -> Walker:
    service = Canned()
    return Walker(make_client("https://h", "pat_x", http_client=service.http_client(variant)), service)


def records(ids: Iterable[str], **more: Any) -> list[dict[str, Any]]:
    return [RECORD | {"tokenId": each} | more for each in ids]


def in_turn(*pages: str) -> Page:
    """Give one page after the other, whatever is asked for, and the last for ever."""
    left = list(pages)
    return lambda _: records(left.pop(0) if len(left) > 1 else left[0])


@pytest.mark.fault(44)
@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_walk_is_complete_though_pages_come_back_short_or_empty_of_filters(walker, length):
    """As the service does it, which drops records after it has applied the limit."""
    table = [*records("abcdefg", revokedAt=1), *records("h"), *records("ij", expiresAt=1), *records("k")]

    def page(query: httpx.QueryParams) -> list[dict[str, Any]]:
        rest = [each for each in table if each["tokenId"] > query.get("afterTokenId", "")]
        dropped = {"revokedAt", "expiresAt"} - {
            {"includeRevoked": "revokedAt", "includeExpired": "expiresAt"}.get(name, "") for name in query
        }
        return [each for each in rest[: int(query["limit"])] if not dropped & set(each)]

    assert walker.walk(page, length) == ["h", "k"]


@pytest.mark.fault(44)
def test_a_cursor_that_is_counted_in_gives_no_duplicates(walker):
    def page(query: httpx.QueryParams) -> list[dict[str, Any]]:
        return [each for each in records("abcdefg") if each["tokenId"] >= query.get("afterTokenId", "")][:3]

    assert walker.walk(page, 3) == list("abcdefg")


@pytest.mark.fault(44)
def test_pages_larger_than_asked_for_are_taken_whole(walker):
    assert walker.walk(in_turn("abcde", "fghij", "k")) == list("abcdefghijk")


@pytest.mark.fault(44)
@pytest.mark.parametrize(
    ("pages", "asked"),
    [
        (["ab"], 2),
        (["ab", "cd"], 3),
        (["ab", "cd", "ab", "cd"], 3),
        (["ab", "cb", "eb"], 2),
        (["ab", "cd", "ef", "ab", "cd", "ef"], 4),
    ],
    ids=["the first for ever", "a later one for ever", "two in turn", "the cursor stays", "three in turn"],
)
def test_a_list_that_goes_in_a_circle_is_an_error_and_not_an_endless_loop(walker, pages, asked):
    error = walker.walk(in_turn(*pages))
    assert isinstance(error, InvalidResponseError)
    assert "circle" in error.reason
    assert walker.pages == asked


@pytest.mark.fault(44)
@pytest.mark.parametrize("pages", [["ab", "cd", "a"], ["ab", "cd", "da", "e"], ["aa", "b"]])
def test_a_record_that_comes_again_is_given_once(walker, pages):
    assert walker.walk(in_turn(*pages)) == sorted(set("".join(pages)))


@pytest.mark.fault(44)
def test_any_pages_come_to_an_end_without_duplicates(walker):
    @given(st.lists(st.text("abcdef", min_size=0, max_size=4), min_size=1, max_size=6))
    @settings(max_examples=40)
    def ends(pages: list[str]) -> None:
        walked = walker.walk(in_turn(*pages))
        assert walker.pages <= len(pages) + 1
        if not isinstance(walked, InvalidResponseError):
            assert len(walked) == len(set(walked))

    ends()
