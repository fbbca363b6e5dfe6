"""Loading any number of ids, stepped by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from access_tokens import BatchLoadResult
from access_tokens._batch import batch_load


def load(token_ids: Iterable[Any], found: bool = False) -> tuple[list[dict[str, Any]], BatchLoadResult]:
    """Answer every request as if no id existed, and return the bodies and the result."""
    story, bodies = batch_load(token_ids, include_secret_phc=False), []
    try:
        call = next(story)
        while True:
            bodies.append(call.arguments["body"].to_dict())
            call = story.send(BatchLoadResult((), tuple(bodies[-1]["tokenIds"])))
    except StopIteration as stop:
        return bodies, stop.value


def test_no_ids_need_no_request() -> None:
    assert load([]) == ([], BatchLoadResult((), ()))


def test_one_id_is_one_request() -> None:
    assert load(["a"]) == ([{"tokenIds": ["a"]}], BatchLoadResult((), ("a",)))


def test_an_id_that_comes_twice_is_loaded_once_and_generators_will_do() -> None:
    assert load(iter("abca"))[0] == [{"tokenIds": ["a", "b", "c"]}]


def test_ten_thousand_ids_take_three_requests_of_at_most_100_kb() -> None:
    ids = [f"{number:021}" for number in range(10_000)]
    bodies, result = load(ids)
    assert len(bodies) == 3
    assert result.not_found == tuple(ids)
    assert all(len(json.dumps(body, separators=(",", ":"))) <= 100_000 for body in bodies)


def test_the_size_is_that_of_the_encoded_ids() -> None:
    bodies, _ = load(["ä" * 4000 + f"{number:02}" for number in range(30)])
    assert [len(body["tokenIds"]) for body in bodies] == [12, 12, 6]


def test_the_flag_is_checked_even_without_ids() -> None:
    flag: Any = "yes"
    with pytest.raises(TypeError, match="^include_secret_phc must"):
        next(batch_load([], include_secret_phc=flag))


@pytest.mark.parametrize("wrong", ["abc", b"abc", None, 7, ["a", ""], ["a", 7], [None]])
def test_what_is_no_collection_of_ids_is_refused(wrong: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="^token_ids must"):
        load(wrong)
