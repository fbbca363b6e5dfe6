"""The ways to read an answer, each taken alone, and what comes of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import attrs
import pytest

from access_tokens._calls import convert
from access_tokens._flow.steps import UNREADABLE, Answer

Way: TypeAlias = dict[str, Any]

ONE_BY_ONE: Way = {"decoded": lambda content, target: None, "_MANY": 10**9}
COLUMNS: Way = ONE_BY_ONE | {"_MANY": 1}
MSGSPEC: Way = {"_MANY": 1}


@contextmanager
def by(way: Way) -> Iterator[None]:
    """Have all answers read in one way."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in way.items():
            patch.setattr(convert, name, value)
        yield


def read(content: bytes, target: type[Any]) -> Any:
    return convert.read_answer(Answer(200, content=content), target)


def outcome(way: Way, content: bytes, target: type[Any]) -> tuple[Any, ...]:
    """Return what an answer is read as, with the types of all values, or the error."""
    try:
        with by(way):
            value = read(content, target)
    except UNREADABLE as error:
        return type(error), str(error), type(error.__context__)
    return type(value), repr(attrs.asdict(value)), value
