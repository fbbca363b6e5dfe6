"""A failed assertion shows no secret, neither by pytest, by unittest, nor by what prints values."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis.vendor.pretty import pretty

from access_tokens import BatchLoadResult, GeneratedToken, IssueResult, TokenRecord

pytestmark = pytest.mark.fault(98)

CANARY = "canary-7f3a"
PLAIN = TokenRecord(token_id="A" * 21, owner="x", is_admin=False, created_at=1)


def with_hash(secret: str) -> TokenRecord:
    return attrs.evolve(PLAIN, secret_phc=secret)


HOLDERS: list[Callable[[str], Any]] = [
    lambda secret: IssueResult(secret, with_hash(secret)),
    lambda secret: GeneratedToken(secret, "A" * 21, secret),
    lambda secret: BatchLoadResult((with_hash(secret),), ()),
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
# Is run by pytest: each assertion with two values of each kind, and the first wherever they may be.
FAILING = """
from dataclasses import dataclass
import unittest
import attrs, pytest
from tests.secrets.test_assertions import HOLDERS, PLACES

@dataclass
class OfTheUser:
    held: object


pytestmark = pytest.mark.parametrize("make", HOLDERS)

@pytest.fixture
def one(make):
    return make("canary-7f3a-one")

@pytest.fixture
def other(make):
    return make("canary-7f3a-two")

@pytest.mark.parametrize("place", [*PLACES, OfTheUser, attrs.make_class("AlsoOfTheUser", ["held"])])
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
    assert (lambda *values: values != (one, other))(one, other)

def test_identical(one, other):
    assert one is other

def test_raised(one):
    raise ValueError(one)

def test_by_unittest(one, other):
    unittest.TestCase().assertEqual(one, other)

def test_subset_by_unittest(one, other):
    unittest.TestCase().assertIn(one, [other])
"""


def test_pytest_explains_no_assertion_with_a_secret(tmp_path):
    (tmp_path / "test_failing.py").write_text(FAILING)
    options = ["-vv", "--showlocals", "--tb=long", "-p", "no:cacheprovider"]
    told = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "= 60 failed" in told.stdout, told.stdout[-2000:]
    assert "[hidden]" in told.stdout
    assert CANARY not in told.stdout + told.stderr


@pytest.mark.parametrize("holder", HOLDERS)
def test_hypothesis_and_ipython_show_none(holder):
    for place in PLACES:
        shown = pretty(place(holder(CANARY)))
        assert "[hidden]" in shown
        assert CANARY not in shown


@pytest.mark.parametrize("holder", HOLDERS)
def test_values_are_compared_whole(holder):
    one, twin, other = holder("a"), holder("a"), holder("b")
    assert one == twin
    assert hash(one) == hash(twin)
    assert len({one, twin, other}) == 2
    assert one != tuple(attrs.astuple(one, recurse=False))
    for field in attrs.fields(type(one)):
        assert one != attrs.evolve(one, **{field.name: "another"})


def test_a_value_equals_none_of_another_class():
    class Derived(TokenRecord):
        pass

    assert Derived(**attrs.asdict(PLAIN)) != PLAIN
    assert PLAIN.__eq__("x") is NotImplemented
