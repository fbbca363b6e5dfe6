"""Resets objects with locks or connections in the child process after `os.fork` (cases 36, 79)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar
from weakref import ref

T = TypeVar("T")


class SafeWeakSet(Generic[T]):
    """A weak set that survives changes while it is iterated.

    `weakref.WeakSet` fails when another thread or a signal handler changes it during iteration. Here each
    access to the underlying set is atomic, so that no lock is needed.
    """

    def __init__(self) -> None:
        self._refs: set[ref[T]] = set()

    def add(self, each: T) -> None:
        """Add an object."""
        self._refs.add(ref(each, self._refs.discard))

    def discard(self, each: T) -> None:
        """Remove an object, if it is in the set."""
        self._refs.discard(ref(each))

    def __iter__(self) -> Iterator[T]:
        """Iterate over a snapshot of the objects that are alive now."""
        alive = (each() for each in list(self._refs))
        return iter([each for each in alive if each is not None])


class Forkable(Protocol):
    """An object that holds locks or connections."""

    def reset(self) -> None:
        """Replace the locks and connections by new ones."""


_alive: SafeWeakSet[Forkable] = SafeWeakSet()


def reset_after_fork(each: Forkable) -> None:
    """Call `reset` of an object in every forked child, as long as the object lives.

    A child inherits locks that another thread may have held, and sockets that the parent still reads from.
    """
    _alive.add(each)


def _reset_all() -> None:
    for each in _alive:
        each.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all)
