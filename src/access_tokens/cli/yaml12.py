"""Reads YAML 1.2 with PyYAML, which by itself reads YAML 1.1.

Plain scalars mean what the core schema says (https://yaml.org/spec/1.2.2/#103-core-schema): `yes`, `1_000`,
`1:30` and dates are text, `010` is ten, and `<<` is a key like any other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import yaml

_yaml: Any = yaml  # its stubs leave much untyped
# Deep enough for any file of ours. The loader calls itself for each level, in C without a limit.
_DEEPEST = 50
# https://yaml.org/spec/1.2.2/#51-character-set
_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAG = "tag:yaml.org,2002:"
# The pattern of each type, and the characters that its texts may begin with.
_RESOLVED = {
    "null": ("~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": ("true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    # Python converts at most 4,300 digits. No number of ours has 400.
    "int": ("[-+]?[0-9]{1,400}|0o[0-7]+|0x[0-9a-fA-F]+", [*"-+0123456789"]),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        [*"-+.0123456789"],
    ),
}
_BASES = {"0o": 8, "0x": 16}


# With libyaml it is six times as fast. Either resolves and constructs only what is registered below.
_Loader: Any = type("_Loader", (getattr(yaml, "CBaseLoader", yaml.BaseLoader),), {})


def load(text: str) -> Any:
    """Return the content of a document of YAML 1.2, or of JSON; None if it is empty.

    Keys are texts, as they are written. What an alias stands for is the same object again.

    Raises:
        ValueError: The text is no such document, or holds more than one, or a key twice. The message says
            the line and column, and holds nothing of the text, which may hold secrets.
    """
    try:
        return _loaded(text)
    except yaml.MarkedYAMLError as error:
        problem = _problem(error)
    del text
    raise ValueError(problem)


def _loaded(text: str) -> Any:
    if text.startswith("{"):
        try:
            # YAML has no pairs of \u escapes, which JSON writes for an emoji.
            return json.loads(text, object_pairs_hook=_unique)
        except (ValueError, RecursionError):
            pass  # a flow mapping, or what the loader can name the line of
    if found := _NOT_ALLOWED.search(text):
        raise yaml.MarkedYAMLError(
            problem="a character is not allowed", problem_mark=_mark(text, found.start())
        )
    _check_depth(text)
    return _yaml.load(text, Loader=_Loader)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is there twice")
    return made


def _mark(text: str, at: int) -> Any:
    line_start = text.rfind("\n", 0, at) + 1
    return yaml.Mark("", at, text.count("\n", 0, at), at - line_start, None, 0)


def _check_depth(text: str) -> None:
    depth = 0
    for event in _yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=event.start_mark)


def _problem(error: yaml.MarkedYAMLError) -> str:
    parts = [each for each in (error.context, error.problem) if each]
    # PyYAML quotes what it has found in the text.
    what = re.sub("['\"].*", "…", ", ".join(parts), flags=re.DOTALL)
    mark = error.problem_mark or error.context_mark
    return f"{what} (line {mark.line + 1}, column {mark.column + 1})" if mark else what


def _refuse(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def _other(_loader: Any, node: yaml.Node) -> Any:
    raise _refuse(node, "only the tags of the core schema are allowed")


def _scalar(loader: Any, node: yaml.ScalarNode) -> Any:
    """Construct a null, boolean or number, which an explicit tag may claim of any text."""
    value = node.value if isinstance(node, yaml.ScalarNode) else "-"
    tag: str = loader.resolve(yaml.ScalarNode, value, (True, False))
    if tag != node.tag:
        raise _refuse(node, "the tag does not fit its value")
    return _MADE[tag.removeprefix(_TAG)](value)


def _int(value: str) -> int:
    return int(value[2:], _BASES[value[:2]]) if value[:2] in _BASES else int(value)


def _float(value: str) -> float:
    return float(re.sub(r"\.(?=[iInN])", "", value))


def _bool(value: str) -> bool:
    return value.lower() == "true"


def _null(_value: str) -> None:
    return None


_MADE: dict[str, Callable[[str], Any]] = {"null": _null, "bool": _bool, "int": _int, "float": _float}


def _sequence(loader: Any, node: yaml.SequenceNode) -> list[Any]:
    if not isinstance(node, yaml.SequenceNode):
        raise _refuse(node, "the tag does not fit its value")
    return [loader.construct_object(each, deep=True) for each in node.value]


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[str, Any]:
    if not isinstance(node, yaml.MappingNode):
        raise _refuse(node, "the tag does not fit its value")
    made: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _refuse(key, "a key must be text")
        if key.value in made:
            raise _refuse(key, "the key is there twice")
        made[key.value] = loader.construct_object(value, deep=True)
    return made


for _name, (_pattern, _first) in _RESOLVED.items():
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(rf"(?:{_pattern})\Z"), _first)
    _Loader.add_constructor(f"{_TAG}{_name}", _scalar)
_Loader.add_constructor(f"{_TAG}str", _Loader.construct_scalar)
_Loader.add_constructor(f"{_TAG}seq", _sequence)
_Loader.add_constructor(f"{_TAG}map", _mapping)
_Loader.add_constructor(None, _other)
