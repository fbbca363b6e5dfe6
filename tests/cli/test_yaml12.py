"""YAML 1.2, as the reference's command line reads it."""

import json
import math
from itertools import pairwise

import pytest
import yaml

from access_tokens.cli import yaml12

TEXTS = [
    "yes",
    "no",
    "on",
    "off",
    "y",
    "nULL",
    "tRUE",
    "1_000",
    "1:30",
    "0b1",
    "0o9",
    "0x",
    ".",
    "+",
    "=",
    "1e",
    "010a",
]
DATES = ["2030-01-01", "2030-01-01T00:00:00Z", "2030-01-01 00:00:00"]
ONE, ENDLESS = "expected a single document in the stream", "found unconstructable recursive node"
OTHERS = [
    *((text, None) for text in ("", "# nothing\n", "~", "null", "Null", "NULL", "---\n...\n", "!!null ''")),
    *((text, True) for text in ("true", "True", "TRUE")),
    *((text, False) for text in ("false", "False", "FALSE")),
    *(("010", 10), ("-1", -1), ("+7", 7), ("0o17", 15), ("0x1F", 31), ("!!int 7", 7), ("! 12", 12)),
    *(("1e3", 1000.0), ("1.", 1.0), ("-.5", -0.5), (".inf", math.inf), ("-.INF", -math.inf)),
    *(("1" * 5000, math.inf), ("1e999", math.inf)),
    *(("'1'", "1"), ('"null"', "null"), ("!!str 1", "1"), ("''", "")),
    ("<<: &x {a: 1}\nb: *x", {"<<": {"a": 1}, "b": {"a": 1}}),
    ("1: a\nyes: b\n~: c", {"1": "a", "yes": "b", "~": "c"}),
    ("---\n{a: [1, x,],}\n...\n", {"a": [1, "x"]}),
    ("- a\r\n- b\r\n", ["a", "b"]),
]


@pytest.mark.fault(114)
@pytest.mark.parametrize(("text", "value"), [*((each, each) for each in (*TEXTS, *DATES)), *OTHERS])
def test_scalars_are_those_of_the_core_schema(text, value):
    made = yaml12.load(text)
    assert (type(made), made) == (type(value), value)


def test_nan_is_a_number():
    assert math.isnan(yaml12.load(".nan"))
    assert math.isnan(yaml12.load(".NaN"))


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json_is_read_as_it_is(indent):
    value = {"a": [1, 1.5, None, True, "yes", "\U0001f600/\t\\"], "endpoints": {"b": {}}}
    assert yaml12.load(json.dumps(value, indent=indent)) == value


@pytest.mark.fault(114)
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3", "the key is there twice (line 3, column 1)"),
        ("x: {a: 1, 'a': 2}", "the key is there twice (line 1, column 11)"),
        ('{"a": 1,\n"a": 2}', "the key is there twice (line 2, column 1)"),
        ("a: 1\n---\nb: 1", f"{ONE}, but found another document (line 2, column 1)"),
        ("a: 1\nb: \x1b", "a character is not allowed (line 2, column 4)"),
        ("a: \ud800", "a character is not allowed (line 1, column 4)"),
        ("? [a]\n: b", "a key must be text (line 1, column 3)"),
        *((f"a: {each} ", "only the tags of the core schema are allowed (line 1, column 4)") for each in (
            "!!binary aGk=", "!!set {a, b}", "!!timestamp 2030-01-01", "!secret x", "!!python/name:os.system",
        )),
        *((f"{each}", "the tag does not fit its value (line 1, column 1)") for each in (
            "!!int secret", "!!bool [a]", "!!null x", "!!float 1_0", "!!seq {a: 1}", "!!map [a]",
        )),
        *((each, f"{ENDLESS} (line 1, column 1)") for each in ("&a [*a]", "&a {b: *a}")),
    ],
)  # fmt: skip
def test_what_is_refused_is_told_by_its_place(text, problem):
    with pytest.raises(ValueError, match=".") as raised:
        yaml12.load(text)
    assert str(raised.value) == problem
    assert raised.value.__context__ is None


@pytest.mark.fault(114)
@pytest.mark.parametrize(
    "text", ["a: *secret", "a: @secret", "a: 'secret", "secret: b: c", "{secret", "%secret", "- a\nsecret"]
)
def test_what_cannot_be_read_is_told_without_what_there_is(text):
    with pytest.raises(ValueError, match=r"\(line \d+, column \d+\)$") as raised:
        yaml12.load(text)
    assert "secret" not in str(raised.value)


@pytest.mark.fault(114)
@pytest.mark.parametrize(
    "text", ["[" * 200_000, "- " * 20_000, "{a: " * 200_000, '{"a":' * 100_000, "? " * 500]
)
def test_depth_is_no_danger(text):
    with pytest.raises(ValueError, match="^nested too deeply"):
        yaml12.load(text)


@pytest.mark.fault(114)
def test_a_few_aliases_cannot_become_billions_of_values():
    names = "abcdefghijklmnopqrstu"
    lines = [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in pairwise(names)]
    made = yaml12.load("\n".join(["a: &a [x]", *lines]))
    assert all(each is made["t"] for each in made["u"])


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML was built without it")
def test_the_loader_is_the_fast_one():
    assert issubclass(yaml12._Loader, yaml.CBaseLoader)
