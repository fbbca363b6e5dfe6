"""Loading any number of ids, stepped by hand."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from access_tokens import BatchLoadResult, TokenRecord
from access_tokens._flow.steps import Together

from ..helpers.procedures import batch_load
from ..helpers.stories import result_of


def load(token_ids: Iterable[Any], hashes: bool = False) -> tuple[list[dict[str, Any]], BatchLoadResult]:
    """Answer as if the ids that begin with "x" existed, and return the bodies and the result."""
    story = batch_load(token_ids, include_secret_phc=hashes)
    asked = next(story)
    assert isinstance(asked, Together)
    bodies = [call.request()["json"] for call in asked.calls]
    return bodies, result_of(story, [answer_to(body["tokenIds"]) for body in bodies])


def answer_to(token_ids: list[str]) -> BatchLoadResult:
    found = tuple(record(token_id) for token_id in token_ids if token_id.startswith("x"))
    return BatchLoadResult(found, tuple(each for each in token_ids if not each.startswith("x")))


def record(token_id: str) -> TokenRecord:
    return TokenRecord(token_id=token_id, owner="x", is_admin=False, created_at=1)


@pytest.mark.fault(43)
@pytest.mark.parametrize(("ids", "bodies"), [([], []), (["a"], [{"tokenIds": ["a"]}])])
def test_a_few_ids_need_one_request_at_most(ids, bodies):
    assert load(ids) == (bodies, BatchLoadResult((), tuple(ids)))


@pytest.mark.fault(43)
def test_an_id_that_comes_twice_is_loaded_once_and_generators_will_do():
    assert load(iter("abca"))[0] == [{"tokenIds": ["a", "b", "c"]}]


@pytest.mark.fault(43)
def test_ten_thousand_ids_take_three_requests_of_at_most_100_kb():
    ids = [f"{number:021}" for number in range(10_000)]
    bodies, result = load(ids)
    assert len(bodies) == 3
    assert result.not_found == tuple(ids)
    assert all(len(json.dumps(body, separators=(",", ":"))) <= 100_000 for body in bodies)


@pytest.mark.fault(43)
def test_the_size_is_that_of_the_encoded_ids():
    bodies, _ = load(["ä" * 1000 + f"{number:02}" for number in range(60)])
    assert [len(body["tokenIds"]) for body in bodies] == [49, 11]


def test_what_is_found_in_several_requests_comes_together():
    ids = [f"{start}{number:01990}" for number in range(30) for start in ("x", "y")]
    bodies, result = load(ids)
    assert len(bodies) == 2
    assert result == BatchLoadResult(tuple(map(record, ids[::2])), tuple(ids[1::2]))


@pytest.mark.parametrize(("count", "sizes"), [(100, [100]), (101, [100, 1])])
def test_a_request_is_filled_to_the_last_byte(count, sizes):
    """Each of these ids takes 999 bytes, with its quotes and its comma."""
    bodies, _ = load([f"{number:0996}" for number in range(count)])
    assert [len(body["tokenIds"]) for body in bodies] == sizes


def test_the_hashes_are_asked_for():
    assert load(["a"], hashes=True)[0] == [{"tokenIds": ["a"], "includeSecretPhc": True}]


def test_the_flag_is_checked_even_without_ids():
    flag: Any = "yes"
    with pytest.raises(TypeError, match="^include_secret_phc must"):
        next(batch_load([], include_secret_phc=flag))


@pytest.mark.parametrize("wrong", ["abc", b"abc", None, 7, ["a", ""], ["a", 7], [None]])
def test_what_is_no_collection_of_ids_is_refused(wrong):
    with pytest.raises((ValueError, TypeError), match="^token_ids must"):
        load(wrong)
