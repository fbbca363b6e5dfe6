"""What must be made anew in the child of a fork."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar
from weakref import ref

T = TypeVar("T")


class SafeWeakSet(Generic[T]):
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


class Forkable(Protocol):
    """Something that holds locks or connections."""

    def reset(self) -> None:
        """Make them anew."""


_alive: SafeWeakSet[Forkable] = SafeWeakSet()


def reset_after_fork(each: Forkable) -> None:
    """Have something start afresh in every child, as long as it lives.

    A child inherits locks in whatever state another thread left them, and sockets that the parent reads from.
    """
    _alive.add(each)


def _reset_all() -> None:
    for each in _alive:
        each.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all)
