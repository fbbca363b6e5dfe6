"""Arguments that make no sense are refused before any request, whichever method they are given to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from .canned import Canned

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
    ("several", "set and remove", {"roles": [], "remove_roles": []}),
]
NAMED = {
    "limit": "^(limit|page_size) must",
    "roles": "^(each of )?((add|remove)_)?roles must",
    "several": "^only one of roles, add_roles and remove_roles",
}


@pytest.mark.fault(42)
@pytest.mark.parametrize(
    ("name", "method", "value"),
    [
        pytest.param(name, method, value, id=f"{name} {what} for {method}")
        for name, what, value in MISTAKES
        for method in TAKES[name]
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name_before_any_request(
    make_client: Callable[..., Any], colour: str, name: str, method: str, value: Any
) -> None:
    service = Canned()
    client = make_client("https://api.example.com", "pat_x", http_client=service.http_client(colour))
    with pytest.raises((ValueError, TypeError), match=NAMED.get(name, f"^{name} must")):
        TAKES[name][method](client, value)
    assert service.requests == []
