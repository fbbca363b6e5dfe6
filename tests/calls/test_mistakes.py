"""Arguments that make no sense are refused before any request, whichever method they are given to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ..helpers.canned import Canned

ID = "A" * 21
PHC = "$scrypt$ln=14,r=8,p=1$lzRhbyEcqYp5n5FBCald5Q$oOGvtUqrp8rYPkzIV0LQxMk6s8fehhmhlzRhbyEcqYp"

Call = Callable[[Any, Any], Any]

# The methods that take a parameter, each called with one value for it.
TAKES: dict[str, dict[str, Call]] = {
    "limit": {
        "list": lambda client, value: client.list(limit=value),
        "iter_tokens": lambda client, value: client.iter_tokens(page_size=value),
    },
    "expires_at": {
        "issue": lambda client, value: client.issue("x", expires_at=value),
        "register": lambda client, value: client.register(ID, PHC, "x", expires_at=value),
        "update": lambda client, value: client.update(ID, expires_at=value),
        "revoke": lambda client, value: client.revoke(ID, expires_at=value),
        "restore": lambda client, value: client.restore(ID, expires_at=value),
    },
    "roles": {
        "issue": lambda client, value: client.issue("x", roles=value),
        "register": lambda client, value: client.register(ID, PHC, "x", roles=value),
        "update": lambda client, value: client.update(ID, roles=value),
        "update, adding": lambda client, value: client.update(ID, add_roles=value),
        "update, removing": lambda client, value: client.update(ID, remove_roles=value),
    },
    "owner": {
        "issue": lambda client, value: client.issue(value),
        "register": lambda client, value: client.register(ID, PHC, value),
        "update": lambda client, value: client.update(ID, owner=value),
    },
    "several": {"update": lambda client, value: client.update(ID, **value)},
    "nothing": {"update": lambda client, value: client.update(ID, **value)},
    "secret_phc": {
        "register": lambda client, value: client.register(ID, value, "x"),
        "update": lambda client, value: client.update(ID, secret_phc=value),
    },
}
MISTAKES: list[tuple[str, str, Any]] = [
    ("limit", "0", 0),
    ("limit", "-1", -1),
    ("limit", "True", True),
    ("limit", "1.5", 1.5),
    ("expires_at", "milliseconds", 1_900_000_000_000),
    ("expires_at", "naive", datetime(2030, 1, 1)),  # noqa: DTZ001 - naive on purpose
    ("expires_at", "negative", -1),
    ("expires_at", "NaN", float("nan")),
    ("roles", "a text", "admin"),
    ("roles", "51 of them", [f"role-{number}" for number in range(51)]),
    ("roles", "an empty one", ["reader", ""]),
    ("owner", "empty", ""),
    ("owner", "101 long", "x" * 101),
    ("several", "add and remove", {"add_roles": ["a"], "remove_roles": ["b"]}),
    ("several", "set and add", {"roles": ["a"], "add_roles": ["b"]}),
    ("several", "set and remove", {"roles": [], "remove_roles": ["b"]}),
]
# What the service would take, and then hide the record, or grant a token that nobody can use.
HIDDEN: list[tuple[str, str, Any]] = [
    ("expires_at", "0", 0),
    ("expires_at", "1970", datetime(1970, 1, 1, tzinfo=UTC)),
    ("owner", "51 emoji", "😀" * 51),
    ("roles", "one of 51 emoji", ["reader", "😀" * 51]),
    ("secret_phc", "empty", ""),
    ("secret_phc", "another algorithm", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"),
    ("secret_phc", "no hash", "$scrypt$ln=14,r=8,p=1$c2FsdA"),
    ("secret_phc", "half a byte", "$scrypt$ln=14,r=8,p=1$c2FsdA$aGFza"),
    ("secret_phc", "too long", PHC + "A" * 200),
    ("nothing", "nothing at all", {}),
    ("nothing", "no role to add", {"add_roles": []}),
    ("nothing", "no role to add or remove", {"add_roles": iter(()), "remove_roles": iter(())}),
]
NAMED = {
    "limit": "^(limit|page_size) must",
    "roles": "^(each of )?((add|remove)_)?roles must",
    "nothing": "^one of owner, .* must be given, and change something$",
    "several": "^only one of roles, add_roles and remove_roles",
}


def each_method(mistakes: list[tuple[str, str, Any]], *marks: pytest.MarkDecorator) -> list[Any]:
    return [
        pytest.param(name, method, value, id=f"{name} {what} for {method}", marks=marks)
        for name, what, value in mistakes
        for method in TAKES[name]
    ]


@pytest.mark.parametrize(
    ("name", "method", "value"),
    [*each_method(MISTAKES, pytest.mark.fault(42)), *each_method(HIDDEN, pytest.mark.fault(61))],
)
def test_a_value_that_makes_no_sense_is_refused_by_name_before_any_request(
    make_client, variant, name, method, value
):
    service = Canned()
    client = make_client("https://api.example.com", "pat_x", http_client=service.http_client(variant))
    with pytest.raises((ValueError, TypeError), match=NAMED.get(name, f"^{name} must")):
        TAKES[name][method](client, value)
    assert service.requests == []
