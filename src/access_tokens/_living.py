"""What is kept as long as somebody else keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar
from weakref import ref

T = TypeVar("T")


class Living(Generic[T]):
    """What was added and is still alive.

    A WeakSet fails when it is changed while it is walked through, by another thread or by a signal handler.
    Here each access to the set is a single step of the interpreter, and there is nothing to lock.
    """

    def __init__(self) -> None:
        self._refs: set[ref[T]] = set()

    def add(self, each: T) -> None:
        """Add something."""
        self._refs.add(ref(each, self._refs.discard))

    def discard(self, each: T) -> None:
        """Remove something, if it is there."""
        self._refs.discard(ref(each))

    def __iter__(self) -> Iterator[T]:
        """Walk through what is alive now."""
        alive = (each() for each in list(self._refs))
        return iter([each for each in alive if each is not None])
