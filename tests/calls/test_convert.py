"""From the service's JSON to the public models."""

import json
from typing import Any

import attrs
import pytest
from access_tokens_api.models import TokenRecord as GeneratedRecord
from hypothesis import given
from hypothesis import strategies as st

from access_tokens import IssueResult, TokenRecord
from access_tokens.errors import UnreadableError
from access_tokens.models import json_name

from ..helpers.openapi import SCHEMAS, snake
from .ways import read

pytestmark = pytest.mark.usefixtures("each_way")

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
PROPERTIES = SCHEMAS["TokenRecord"]["properties"]
OPTIONAL = set(PROPERTIES) - set(SCHEMAS["TokenRecord"]["required"])


def record_from(body: dict[str, Any]) -> TokenRecord:
    record: TokenRecord = read(json.dumps(body).encode(), TokenRecord)
    return record


def test_every_property_is_taken_over():
    assert set(FULL) == set(PROPERTIES), f"add {set(PROPERTIES) ^ set(FULL)} to FULL and below"
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
def test_what_is_missing_or_null_is_none_and_no_roles(absent):
    required = {name: value for name, value in FULL.items() if name not in OPTIONAL}
    record = record_from(required | absent)
    assert record.roles == ()
    assert {getattr(record, snake(name)) for name in OPTIONAL - {"roles"}} == {None}


def test_properties_of_a_later_version_are_ignored():
    assert record_from(FULL | {"variant": "red"}) == record_from(FULL)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("tokenId", 7, "tokenId: text expected, not int"),
        ("owner", None, "owner: missing or null"),
        ("isAdmin", 1, "isAdmin: true or false expected, not int"),
        ("createdAt", True, "createdAt: whole number expected, not bool"),
        ("createdAt", "1", "createdAt: whole number expected, not str"),
        ("expiresAt", 1.5, "expiresAt: whole number expected, not float"),
        ("roles", "admin", "roles: list expected, not str"),
        ("roles", ["a", 7], "roles: text expected, not int"),
        ("secretPhc", {"canary": 1}, "secretPhc: text expected, not dict"),
    ],
)
def test_a_wrong_type_is_named_with_its_place_and_not_its_value(name, value, problem):
    with pytest.raises(UnreadableError) as raised:
        record_from(FULL | {name: value})
    assert str(raised.value) == problem


def test_the_place_is_named_inside_a_record():
    answer = {"token": "x", "record": FULL | {"owner": 7}}
    with pytest.raises(UnreadableError, match="^record: owner: text expected, not int$"):
        read(json.dumps(answer).encode(), IssueResult)


@given(st.fixed_dictionaries({}, optional={name: st.just(FULL[name]) for name in FULL}))
def test_it_takes_what_the_generated_core_takes(body):
    """Both are derived from the same description: one by the generator, and one by hand."""
    try:
        generated = GeneratedRecord.from_dict(body).to_dict()
    except KeyError as missing:
        with pytest.raises(UnreadableError, match=f"^{missing.args[0]}: missing or null$"):
            record_from(body)
    else:
        record = attrs.asdict(record_from(body))
        assert {json_name(each): record[each.name] for each in attrs.fields(TokenRecord)} == (
            dict.fromkeys(PROPERTIES)
            | {"roles": ()}
            | generated
            | {"roles": tuple(generated.get("roles", ()))}
        )
