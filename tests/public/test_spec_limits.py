"""What the clients refuse is what openapi.yaml says that the service refuses, hides, or can do nothing with.

Its own keywords count where the service checks; where it does not, `x-hidden-unless` and `x-useless-unless`
hold the keywords that a careful client keeps. The header of openapi.yaml explains them.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from access_tokens import generate_token

from ..helpers import procedures
from ..helpers.openapi import OPERATIONS, OUR_OWN, SCHEMAS, SPEC, limited, parameter_of

ID, EMOJI = "A" * 21, "\N{GRINNING FACE}"
PHC = generate_token().secret_phc
PROCEDURES: dict[str, Callable[..., Any]] = {
    "listTokens": procedures.list_page,
    "issueToken": procedures.issue,
    "registerToken": procedures.register,
    "updateToken": lambda **given: procedures.update(**({"is_admin": False} | given)),
    "revokeToken": procedures.revoke,
    "restoreToken": procedures.restore,
    "batchLoadTokens": procedures.batch_load,
}

LIMITED = {
    (name, each): schema
    for name, operation in OPERATIONS.items()
    if name != "exchangeToken"  # its body is not used
    for each, schema in limited(operation)
}


def give(place: tuple[str, str], value: Any) -> None:
    """Give a value to the method, as far as its first request."""
    operation, name = place
    next(PROCEDURES[operation](**{parameter_of(name): value}))


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
        yield from ((schema["minimum"] - less, not less) for less in (0, 1))
    if "maximum" in schema:
        yield schema["maximum"] + 1, False
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
    return bool(re.search(schema["pattern"], value)) and least <= len(value) <= longest


@pytest.mark.parametrize("place", sorted(LIMITED), ids=".".join)
def test_what_is_refused_is_what_the_spec_limits(place):
    assert place[0] in PROCEDURES, f"add {place[0]} to PROCEDURES"
    tried = list(edges(LIMITED[place]))
    assert {fits for _, fits in tried} == {True, False}
    for value, fits in tried:
        if fits:
            give(place, value)
        else:
            with pytest.raises((ValueError, TypeError)):
                give(place, value)


def test_every_operation_has_limits():
    missing = {operation for operation, _ in LIMITED} ^ set(PROCEDURES)
    assert not missing, f"add {', '.join(missing)} to PROCEDURES"


def test_the_keys_of_its_own_are_explained_in_the_header_of_the_spec():
    used = set(re.findall(r"\b(x-[\w-]+)'", f"{SCHEMAS} {SPEC['paths']} {SPEC['components']}"))
    assert used - {"x-www-form-urlencoded"} == OUR_OWN
    assert all(f"`{each}`" in SPEC["info"]["description"] for each in OUR_OWN)
