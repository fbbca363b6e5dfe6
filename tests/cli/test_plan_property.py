"""For any file and any tokens of the service: `sync` makes them as the file says, once and for all."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access_tokens import KEEP, AccessTokensClient, TokenRecord
from access_tokens.cli.config import Entry
from access_tokens.testing import Service

from .states import (
    LATER,
    MUCH_LATER,
    NEW,
    NOW,
    OLD,
    OWN_PAT,
    PAST,
    add,
    all_tokens,
    connected,
    entry,
    planned,
    synced,
    token_id,
)

TOO_MANY = [str(n) for n in range(51)]
ROLES = st.sampled_from([(), ("a",), ("a", "b"), ("b", "c")])
EXPIRIES = st.sampled_from([None, PAST, LATER, MUCH_LATER])
HIDING = [
    {"owner": ""},
    {"expiresAt": -1},
    {"secretPhc": ""},
    {"roles": TOO_MANY},
    {"owner": "", "expiresAt": 0.5},
]

FILES = st.dictionaries(
    st.sampled_from("abcdeo"),
    st.fixed_dictionaries(
        {"owner": st.sampled_from(["me", "you"])},
        optional={
            "secret_phc": st.sampled_from([OLD, NEW]),
            "is_admin": st.booleans(),
            "roles": ROLES,
            "revoked": st.booleans(),
            "expires_at": EXPIRIES,
        },
    ),
).map(lambda file: [entry(letter, **values) for letter, values in file.items()])
SERVICES = st.dictionaries(
    st.sampled_from("abcdef"),
    st.fixed_dictionaries(
        {"is_admin": st.booleans(), "roles": ROLES, "expires_at": EXPIRIES, "revoked": st.booleans()},
        optional={"hidden": st.sampled_from(HIDING)},
    ),
)


@pytest.fixture(scope="module")
def ours() -> Iterator[tuple[Service, AccessTokensClient]]:
    service = Service(admin_pat=OWN_PAT)
    with connected(service) as client:
        client.authenticate()
        yield service, client


def start_over(service: Service, tokens: dict[str, dict[str, Any]]) -> None:
    for letter in "abcdefo":
        if service.record(token_id(letter)):
            service.remove(token_id(letter))
    add(service, "o", is_admin=True)
    for letter, values in tokens.items():
        add(service, letter, **values)


def by_id(records: list[TokenRecord]) -> dict[str, TokenRecord]:
    return {each.token_id: each for each in records}


def values_of(record: TokenRecord) -> dict[str, Any]:
    """What a file can say of a token."""
    return {
        "owner": record.owner,
        "secret_phc": record.secret_phc,
        "is_admin": record.is_admin,
        "roles": set(record.roles),
        "revoked": record.revoked_at is not None,
        "expires_at": record.expires_at,
    }


def wanted(each: Entry, before: TokenRecord | None, is_hidden: bool) -> dict[str, Any] | None:
    """What a token is to be like, None if it is not to be seen; of a hidden one what the file gives."""
    file: dict[str, Any] = {
        "owner": each.owner,
        "secret_phc": each.secret_phc and each.secret_phc.reveal(),
        "is_admin": each.is_admin,
        "roles": None if each.roles is None else set(each.roles),
        "revoked": each.revoked,
    }
    given = {name: value for name, value in file.items() if value is not None}
    if each.expires_at is not KEEP:
        given["expires_at"] = each.expires_at
    if before:
        return values_of(before) | given
    if each.revoked or not each.secret_phc or given.get("expires_at") == PAST:
        return None
    new = {"is_admin": False, "roles": set(), "revoked": False, "expires_at": None}
    return given if is_hidden else new | given


@pytest.mark.untraced
@settings(max_examples=150)
@given(FILES, SERVICES, st.booleans(), st.sampled_from([None, MUCH_LATER]))
def test_the_tokens_become_as_the_file_says(ours, file, tokens, force, orphans_expire_at):
    service, client = ours
    start_over(service, tokens)
    before = by_id(all_tokens(client))
    made, results = synced(client, file, force=force, orphans_expire_at=orphans_expire_at)
    assert (results.failed, results.left) == ((), ())
    after = by_id(all_tokens(client))
    assert planned(file, [*after.values()], force=force, orphans_expire_at=orphans_expire_at).is_empty

    held = {each.change.token_id for each in made.refused} | {each.record.token_id for each in made.orphans}
    assert held <= {token_id("o")} if orphans_expire_at and not force else True
    for each in file:
        there = before.get(each.token_id)
        want = wanted(each, there, service.record(each.token_id) is not None and there is None)
        if each.token_id in held:
            assert after[each.token_id] == there
        elif want is None:
            assert each.token_id not in after
        else:
            assert values_of(after[each.token_id]) | want == values_of(after[each.token_id])
    for token in before.keys() - {each.token_id for each in file}:
        is_revoked = orphans_expire_at and token not in held and before[token].is_active(NOW)
        end = {"revoked": True, "expires_at": orphans_expire_at} if is_revoked else {}
        assert values_of(after[token]) == values_of(before[token]) | end
