"""Assertions that fail about values with secrets. `test_assertions.py` has them run, and nobody else does."""

import unittest
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import attrs
import pytest

from access_tokens import BatchLoadResult, Bearer, GeneratedToken, IssueResult, TokenRecord

PLAIN = TokenRecord(token_id="A" * 21, owner="x", is_admin=False, created_at=1)


def with_hash(secret: str) -> TokenRecord:
    return attrs.evolve(PLAIN, secret_phc=secret)


HOLDERS: list[Callable[[str], Any]] = [
    lambda secret: IssueResult(secret, with_hash(secret)),
    lambda secret: GeneratedToken(secret, "A" * 21, secret),
    lambda secret: BatchLoadResult((with_hash(secret),), ()),
    lambda secret: Bearer(secret, 1),
    with_hash,
]
# Where a value may be.
PLACES: list[Callable[[Any], Any]] = [
    lambda held: held,
    lambda held: [PLAIN, held],
    lambda held: (held,),
    lambda held: {held},
    lambda held: {"a": held, held: [{"b": (held,)}]},
]


@dataclass
class OfTheUser:
    held: object


@attrs.define
class AlsoOfTheUser:
    held: object


pytestmark = pytest.mark.parametrize("make", HOLDERS)


@pytest.fixture
def one(make: Callable[[str], Any]) -> Any:
    return make("canary-7f3a-one")


@pytest.fixture
def other(make: Callable[[str], Any]) -> Any:
    return make("canary-7f3a-two")


@pytest.mark.parametrize("place", [*PLACES, OfTheUser, AlsoOfTheUser])
def test_equal(one, other, place):
    left, right = place(one), place(other)
    assert left == right


def test_unequal_types(one, other):
    assert one == [other, {"a": other}], "as it says"


def test_contained(one, other):
    assert one in [other, (other,)]


def test_not(one):
    assert not one


def test_called(one, other):
    def look(*values: object) -> bool:
        return values != (one, other)

    assert look(one, other)


def test_identical(one, other):
    assert one is other


def test_raised(one):
    raise ValueError(one)


def test_by_unittest(one, other):
    unittest.TestCase().assertEqual(one, other)  # noqa: PT009


def test_contained_by_unittest(one, other):
    unittest.TestCase().assertIn(one, [other])  # noqa: PT009
