"""The walk over all tokens, stepped by hand."""

from typing import Any

import pytest
from access_tokens_api.types import UNSET

from access_tokens import InvalidResponseError, TokenRecord
from access_tokens._calls.walk import TokenWalk

from ..helpers.procedures import defaults
from ..helpers.stories import call_of

NOW = 1000


def record(token_id: str, **attributes: Any) -> TokenRecord:
    return TokenRecord(token_id=token_id, owner="x", is_admin=False, created_at=1, **attributes)


def walk(page_size: int = 2, **options: Any) -> TokenWalk:
    return TokenWalk(**(defaults(TokenWalk) | {"page_size": page_size} | options), now=lambda: NOW)


def page(walk: TokenWalk, *records: TokenRecord) -> tuple[dict[str, Any], list[str]]:
    """Answer the walk's next request, and return its arguments and the ids that come out."""
    story = walk.next_page()
    arguments = call_of(story).arguments
    with pytest.raises(StopIteration) as stop:
        story.send(records)
    return dict(arguments), [each.token_id for each in stop.value.value]


def test_it_asks_for_everything_and_goes_on_from_the_last_record():
    walker = walk()
    assert walker.is_over is False
    first, _ = page(walker, record("a"), record("b"))
    second, _ = page(walker, record("c"))
    assert (first["include_revoked"], first["include_expired"], first["limit"]) == (True, True, 2)
    assert first["after_token_id"] is UNSET
    assert second["after_token_id"] == "b"
    assert walker.is_over


@pytest.mark.fault(44)
@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, ["active", "later"]),
        ({"include_revoked": True}, ["active", "later", "revoked"]),
        ({"include_expired": True}, ["active", "later", "expired"]),
        (
            {"include_revoked": True, "include_expired": True},
            ["active", "later", "revoked", "expired", "both"],
        ),
    ],
)
def test_it_filters_on_this_side(options, wanted):
    records = [
        record("active"),
        record("later", expires_at=NOW + 1),
        record("revoked", revoked_at=5),
        record("expired", expires_at=NOW),
        record("both", revoked_at=5, expires_at=NOW),
    ]
    assert page(walk(page_size=9, **options), *records)[1] == wanted


@pytest.mark.fault(44)
def test_a_full_page_of_which_nothing_is_wanted_is_not_the_end():
    walker = walk()
    assert page(walker, record("a", revoked_at=1), record("b", revoked_at=1))[1] == []
    assert not walker.is_over


def test_the_role_and_the_hash_are_asked_for():
    arguments, _ = page(walk(has_role="reader", include_secret_phc=True))
    assert (arguments["has_role"], arguments["include_secret_phc"]) == ("reader", True)


@pytest.mark.fault(44)
def test_a_page_that_overlaps_with_the_one_before_gives_no_duplicates():
    walker = walk()
    page(walker, record("a"), record("b"))
    assert page(walker, record("b"), record("c"))[1] == ["c"]


@pytest.mark.fault(44)
@pytest.mark.parametrize("last", ["", "..", "\ud800"])
def test_a_page_that_ends_in_no_id_is_an_error(last):
    message = "^Invalid list tokens response: the list cannot be continued after its last id$"
    with pytest.raises(InvalidResponseError, match=message):
        page(walk(), record("a"), record(last))


@pytest.mark.fault(44)
@pytest.mark.parametrize("length", [1, 2, 3, 5, 8])
def test_a_list_that_goes_in_a_circle_is_an_error(length):
    walker = walk(page_size=1)
    for number in range(length):
        page(walker, record(str(number)))
    message = "^Invalid list tokens response: the list goes in a circle$"
    with pytest.raises(InvalidResponseError, match=message):
        page(walker, record("0"))
