"""What both clients are beside their methods."""

from __future__ import annotations

from ._secret import Uncopied


class ClientBase(Uncopied):
    """What a client is beside its methods."""

    def __repr__(self) -> str:
        session = getattr(self, "_session", None)  # a debugger may look before there is one
        return f"{type(self).__name__}({session.settings.base if session else ''!r})"
