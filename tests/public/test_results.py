"""Results can be taken apart as their types say, and are no sequences."""

import inspect
from collections.abc import Sequence
from typing import Any

import pytest

from access_tokens import AccessTokensClient, BatchLoadResult, IssueResult, TokenRecord

from ..helpers.memory_service import MemoryService

RECORD = TokenRecord(token_id="A" * 21, owner="x", is_admin=False, created_at=1)
ISSUED = IssueResult("pat_x", RECORD)
LOADED = BatchLoadResult((RECORD,), ("b",))
# To a type checker a tuple has an item at an index that it does not know.
PARTS: list[tuple[Any, Any, Any]] = [(ISSUED, "pat_x", RECORD), (LOADED, (RECORD,), ("b",))]

pytestmark = pytest.mark.fault(97)


@pytest.mark.parametrize(("result", "first", "second"), PARTS)
def test_a_result_is_taken_apart_as_a_pair_is_and_is_none(result, first, second):
    one, other = result
    assert (one, other) == (first, second)
    assert len(result) == 2
    assert (result[0], result[1], result[-1], result[-2]) == (first, second, second, first)
    assert result[:] == (first, second)
    assert result[1:] == (second,)
    assert (tuple(result), [*reversed(result)]) == ((first, second), [second, first])
    assert first in result
    assert "other" not in result
    assert not isinstance(result, (Sequence, tuple))
    assert result != tuple(result)
    assert len({result, result}) == 1
    for index in (2, -3):
        with pytest.raises(IndexError):
            result[index]


def test_it_matches_a_class_pattern():
    def match(result: object) -> tuple[Any, Any] | None:
        match result:
            case IssueResult(token, record):
                return token, record
            case BatchLoadResult(found=found, not_found=not_found):
                return found, not_found
        return None

    assert match(ISSUED) == ("pat_x", RECORD)
    assert match(LOADED) == ((RECORD,), ("b",))
    assert match(RECORD) is None


def test_a_list_is_a_list(variant, make_client):
    service = MemoryService()
    client = make_client("https://h", "pat_x", http_client=service.http_client(variant))
    assert client.list() == [RECORD]
    service.page = lambda _: []
    assert client.list() == []


def test_its_annotation_means_the_list_of_python():
    assert inspect.signature(AccessTokensClient.list, eval_str=True).return_annotation == list[TokenRecord]
