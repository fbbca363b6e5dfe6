"""A failed assertion shows no secret, neither by pytest, by unittest, nor by what prints values."""

import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from hypothesis.vendor.pretty import pretty

from access_tokens import TokenRecord

from ..helpers.failing_assertions import HOLDERS, PLACES, PLAIN

pytestmark = pytest.mark.fault(98)

CANARY = "canary-7f3a"


def test_pytest_explains_no_assertion_with_a_secret():
    options = ["-vv", "--showlocals", "--tb=long", "--noconftest", "-pno:cacheprovider", "-ppytest_timeout"]
    told = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "tests/helpers/failing_assertions.py"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # which takes seconds
        capture_output=True,
        text=True,
        check=False,
    )
    assert "= 75 failed in " in told.stdout, told.stdout[-2000:]
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
