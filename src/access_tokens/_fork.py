"""What must be made anew in the child of a fork."""

from __future__ import annotations

import os
from typing import Protocol

from ._living import Living


class Forkable(Protocol):
    """Something that holds locks or connections."""

    def start_afresh(self) -> None:
        """Make them anew."""


_alive: Living[Forkable] = Living()


def afresh_after_fork(each: Forkable) -> None:
    """Have something start afresh in every child, as long as it lives.

    A child inherits locks in whatever state another thread left them, and sockets that the parent reads from.
    """
    _alive.add(each)


def _in_child() -> None:
    for each in _alive:
        each.start_afresh()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
