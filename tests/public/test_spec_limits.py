"""What the clients refuse is what openapi.yaml says that the service refuses, hides, or can do nothing with.

Its own keywords count where the service checks; where it does not, `x-hidden-unless` and `x-useless-unless`
hold the keywords that a careful client keeps. The header of openapi.yaml explains them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from access_tokens import KEEP, generate_token
from access_tokens._calls import issuing, tokens
from access_tokens._calls.arguments import utf16_units
from access_tokens._secret import Secret

from .test_spec import SCHEMAS, SPEC, operations, resolved

ID, EMOJI = "A" * 21, "\N{GRINNING FACE}"
PHC = generate_token().secret_phc
KEYWORDS = {"minLength", "maxLength", "maxItems", "minimum", "maximum", "pattern"}
OUR_OWN = {"x-maxLengthUtf16", "x-maxBytesUtf8", "x-hidden-unless", "x-useless-unless"}
# An empty `client_id`, `state` and the like of the exchange: its body is not used.
UNUSED = {"exchangeToken"}


def issued(**options: Any) -> Any:
    fixed = {"is_admin": False, "roles": None, "expires_at": None, "token_id": None, "prefix": None}
    return next(issuing.issue(options.pop("owner", "x"), generate_locally=False, **(fixed | options)))


def registered(**options: Any) -> Any:
    token_id, phc = options.pop("token_id", ID), Secret(options.pop("secret_phc", PHC))
    fixed = {"is_admin": False, "roles": None, "expires_at": None}
    return next(issuing.register(token_id, phc, options.pop("owner", "x"), **(fixed | options)))


def updated(token_id: str = ID, **options: Any) -> Any:
    fixed = dict.fromkeys(("owner", "is_admin", "roles", "add_roles", "remove_roles", "secret_phc"))
    return next(tokens.update(token_id, **(fixed | {"expires_at": KEEP} | options)))


def listed(**options: Any) -> Any:
    fixed: dict[str, Any] = dict.fromkeys(("include_revoked", "include_expired", "include_secret_phc"), False)
    return next(
        tokens.list_page(**(fixed | dict.fromkeys(("has_role", "limit", "after_token_id")) | options))
    )


Send = Callable[[Any], Any]
# Each place of openapi.yaml that limits a value, and how a caller gives that value.
PLACES: dict[tuple[str, str], Send] = {
    ("listTokens", "afterTokenId"): lambda value: listed(after_token_id=value),
    ("listTokens", "limit"): lambda value: listed(limit=value),
    ("issueToken", "owner"): lambda value: issued(owner=value),
    ("issueToken", "tokenId"): lambda value: issued(token_id=value),
    ("issueToken", "roles"): lambda value: issued(roles=value),
    ("issueToken", "expiresAt"): lambda value: issued(expires_at=value),
    ("registerToken", "tokenId"): lambda value: registered(token_id=value),
    ("registerToken", "secretPhc"): lambda value: registered(secret_phc=value),
    ("registerToken", "owner"): lambda value: registered(owner=value),
    ("registerToken", "roles"): lambda value: registered(roles=value),
    ("registerToken", "expiresAt"): lambda value: registered(expires_at=value),
    ("updateToken", "tokenId"): lambda value: updated(value, owner="x"),
    ("updateToken", "owner"): lambda value: updated(owner=value),
    ("updateToken", "secretPhc"): lambda value: updated(secret_phc=Secret(value)),
    ("updateToken", "expiresAt"): lambda value: updated(expires_at=value),
    ("updateToken", "roles"): lambda value: updated(roles=value),
    ("updateToken", "roles.add"): lambda value: updated(add_roles=value),
    ("updateToken", "roles.remove"): lambda value: updated(remove_roles=value),
    ("revokeToken", "tokenId"): lambda value: next(tokens.revoke(value, expires_at=None)),
    ("revokeToken", "expiresAt"): lambda value: next(tokens.revoke(ID, expires_at=value)),
    ("restoreToken", "tokenId"): lambda value: next(tokens.restore(value, expires_at=None)),
    ("batchLoadTokens", "tokenIds"): lambda value: next(tokens.batch_load(value, include_secret_phc=False)),
}


def limited(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the inputs of an operation that have a limit, with their schemas."""
    for each in map(resolved, [*operation.get("parameters", []), *operation["shared"]]):
        yield each["name"], whole(each["schema"])
    content = operation.get("requestBody", {}).get("content", {})
    body = resolved(content.get("application/json", {}).get("schema", {}))
    for name, schema in body.get("properties", {}).items():
        yield name, whole(schema)
        for part in map(whole, schema.get("oneOf", [])):
            yield from ((f"{name}.{key}", whole(each)) for key, each in part.get("properties", {}).items())


def whole(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with what it refers to, and with the keywords that the service does not check."""
    first: dict[str, Any] = next((each for each in schema.get("oneOf", []) if "$ref" in each), {})
    merged = {**resolved(first or schema), **{k: v for k, v in schema.items() if k != "$ref"}}
    careful = {**merged.get("x-hidden-unless", {}), **merged.get("x-useless-unless", {})}
    items = {"items": whole(merged["items"])} if "items" in merged else {}
    return {**merged, **careful, **items}


def has_limit(schema: dict[str, Any]) -> bool:
    return (
        bool((KEYWORDS | OUR_OWN) & schema.keys()) or has_limit(schema.get("items", {})) if schema else False
    )


LIMITED = {
    (name, each): schema
    for name, operation in operations()
    if name not in UNUSED
    for each, schema in limited(operation)
    if has_limit(schema)
}


def test_every_limited_input_is_tried():
    assert set(LIMITED) == set(PLACES), "add the new place to PLACES, and its check to _calls/arguments.py"


def edges(schema: dict[str, Any]) -> Iterator[tuple[Any, bool]]:
    """Yield values at the edge of what a schema takes, and whether they are within."""
    utf16 = schema.get("x-maxLengthUtf16", schema.get("maxLengthUtf16"))
    if "items" in schema:
        yield from (([value], fits) for value, fits in edges(schema["items"]))
    if "maxItems" in schema:
        yield from ((["x"] * (schema["maxItems"] + more), not more) for more in (0, 1))
    if "pattern" in schema:
        yield from ((value, is_right(value, schema)) for value in SAMPLES)
        return
    if schema.get("minLength"):
        yield from (("x" * length, length == schema["minLength"]) for length in (0, schema["minLength"]))
    if utf16:
        yield from (("x" * length, length <= utf16) for length in (utf16, utf16 + 1))
        yield from ((EMOJI * count, count <= utf16 // 2) for count in (utf16 // 2, utf16 // 2 + 1))
    if limit := schema.get("x-maxBytesUtf8"):
        yield from (("é" * count, count <= limit // 2) for count in (limit // 2, limit // 2 + 1))
    if "minimum" in schema:
        yield from (
            (number, number >= schema["minimum"]) for number in (schema["minimum"] - 1, schema["minimum"])
        )
    if schema.get("type") == "integer":
        yield 1.5, False


SAMPLES = [
    *(ID, "a1B2c3D4e5F6g7H8i9J0k", "A" * 20, "A" * 22, "", "é" * 21, "-" * 21),
    *(PHC, PHC.replace("ln=14", "ln=3"), PHC.replace("ln=14", "ln=014"), PHC.replace(",p=1", "")),
    *("$scrypt$", "$scrypt$v=1$ln=14,r=8,p=1$c2Fs$aGFzaA", "$scrypt$ln=14,r=8,p=1$c2Fs$", "x", "$2b$12$abc"),
    *("$argon2id$v=19$m=1,t=1,p=1$c2Fs$aGFzaA", "$scrypt$ln=14,r=8,p=1$c2Fs==$aGFzaA=="),
    "$scrypt$ln=14,r=8,p=1$c2Fs$" + "A" * 200,
]


def is_right(value: str, schema: dict[str, Any]) -> bool:
    longest = schema.get("x-maxLengthUtf16", schema.get("maxLengthUtf16", len(value)))
    least = schema.get("minLength", 0)
    return bool(re.search(schema["pattern"], value)) and least <= utf16_units(value) <= longest


@pytest.mark.parametrize("place", sorted(LIMITED), ids=".".join)
def test_what_is_refused_is_what_the_spec_limits(place):
    tried = list(edges(LIMITED[place]))
    assert {fits for _, fits in tried} == {True, False}
    for value, fits in tried:
        if fits:
            PLACES[place](value)
        else:
            with pytest.raises((ValueError, TypeError)):
                PLACES[place](value)


@pytest.mark.parametrize(
    "place", sorted(place for place, schema in LIMITED.items() if "maximum" in schema), ids=".".join
)
def test_no_number_over_the_maximum_is_taken(place):
    with pytest.raises(ValueError, match=" must "):
        PLACES[place](LIMITED[place]["maximum"] + 1)


def test_the_keys_of_its_own_are_explained_in_the_header_of_the_spec():
    used = set(re.findall(r"\b(x-[\w-]+)'", f"{SCHEMAS} {SPEC['paths']} {SPEC['components']}"))
    assert used - {"x-www-form-urlencoded"} == OUR_OWN
    assert all(f"`{each}`" in SPEC["info"]["description"] for each in OUR_OWN)
