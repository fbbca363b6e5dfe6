"""A JSON array that is written piece by piece, so that a PAT in it is out before anything can fail."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Self

from attrs import define

from .output import Output, to_json


@define
class JsonArray:
    """An array of objects on standard output, if the output is JSON; nothing otherwise.

    Attributes:
        output: Where it is written.
        separator: What comes before the next object.
    """

    output: Output
    separator: str = "["

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write("[]\n" if self.separator == "[" else "\n]\n")

    @contextmanager
    def object(self, first: Mapping[str, object]) -> Generator[dict[str, str]]:
        """Write an object: its first fields at once, and the others at the end of the block.

        Args:
            first: The first fields.

        Yields:
            A dict for the other fields, to be filled.
        """
        last: dict[str, str] = {}
        self._write(f"{self.separator}\n  {{\n    {_members(first)}")
        self.separator = ","
        try:
            yield last
        finally:
            self._write(f",\n    {_members(last)}\n  }}")

    def _write(self, text: str) -> None:
        if self.output.is_json:
            self.output.write(text)


def _members(fields: Mapping[str, object]) -> str:
    return ",\n    ".join(f"{to_json(name)}: {to_json(value)}" for name, value in fields.items())
