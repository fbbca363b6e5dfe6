"""From the generated core's objects to the public models."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from access_tokens_api.models import IssueTokenResult
from access_tokens_api.models import TokenRecord as GeneratedRecord
from hypothesis import given
from hypothesis import strategies as st

from access_tokens import TokenRecord
from access_tokens._convert import UnreadableError, structure

FULL = {
    "tokenId": "An6ladUCmSoDfciDaYDE9",
    "owner": "user@example.com",
    "isAdmin": True,
    "roles": ["reader", "writer"],
    "secretPhc": "$scrypt$x",
    "createdAt": 1,
    "lastUsedAt": 2,
    "expiresAt": 3,
    "revokedAt": 4,
}
OPTIONAL = ("roles", "secretPhc", "lastUsedAt", "expiresAt", "revokedAt")


def record_from(body: dict[str, Any]) -> TokenRecord:
    return structure(GeneratedRecord.from_dict(body), TokenRecord)


def test_every_property_is_taken_over() -> None:
    assert record_from(FULL) == TokenRecord(
        token_id="An6ladUCmSoDfciDaYDE9",
        owner="user@example.com",
        is_admin=True,
        roles=("reader", "writer"),
        secret_phc="$scrypt$x",
        created_at=1,
        last_used_at=2,
        expires_at=3,
        revoked_at=4,
    )


@pytest.mark.parametrize("absent", [{}, dict.fromkeys(OPTIONAL)])
def test_what_is_missing_or_null_is_none_and_no_roles(absent: dict[str, Any]) -> None:
    required = {name: value for name, value in FULL.items() if name not in OPTIONAL}
    record = record_from(required | absent)
    assert record.roles == ()
    assert [record.secret_phc, record.last_used_at, record.expires_at, record.revoked_at] == [None] * 4


def test_properties_of_a_later_version_are_ignored() -> None:
    assert record_from(FULL | {"colour": "red"}) == record_from(FULL)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("tokenId", 7, "token_id: text expected, not int"),
        ("owner", None, "owner: text expected, not NoneType"),
        ("isAdmin", 1, "is_admin: true or false expected, not int"),
        ("createdAt", True, "created_at: whole number expected, not bool"),
        ("createdAt", "1", "created_at: whole number expected, not str"),
        ("expiresAt", 1.5, "expires_at: whole number expected, not float"),
        ("roles", "admin", "roles: list expected, not str"),
        ("roles", ["a", 7], "roles: text expected, not int"),
        ("secretPhc", {"canary": 1}, "secret_phc: text expected, not dict"),
    ],
)
def test_a_wrong_type_is_named_with_its_place_and_not_its_value(name: str, value: Any, problem: str) -> None:
    with pytest.raises(UnreadableError) as raised:
        record_from(FULL | {name: value})
    assert str(raised.value) == problem


def test_the_place_is_named_inside_a_record() -> None:
    answer = IssueTokenResult.from_dict({"token": "x", "record": FULL | {"owner": 7}})
    from access_tokens import IssueResult

    with pytest.raises(UnreadableError, match="^record: owner: text expected, not int$"):
        structure(answer, IssueResult)


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text() | st.integers())
)


@given(st.fixed_dictionaries(dict.fromkeys(FULL, VALUES)))
def test_any_values_make_a_record_of_the_right_types_or_an_error(body: dict[str, Any]) -> None:
    try:
        record = record_from(body)
    except UnreadableError:
        return
    assert type(record.created_at) is int
    assert all(type(role) is str for role in record.roles)
    assert attrs.evolve(record) == record
