"""What the clients are made of, imported when the first of them is made.

It brings the generated core and cattrs along, and takes about as long to import as httpx.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import _async_session as async_session
    from . import _auth as auth
    from . import _batch as batch
    from . import _exchange as exchange
    from . import _operations as operations
    from . import _register as register
    from . import _sync_session as sync_session
    from . import _walk as walk

__all__ = [
    "async_session",
    "auth",
    "batch",
    "exchange",
    "operations",
    "register",
    "sync_session",
    "walk",
]


def _import(name: str) -> ModuleType:
    module = globals()[name] = import_module(f"{__package__}._{name}")
    return module


if not TYPE_CHECKING:

    def __getattr__(name):
        if name in __all__:
            return _import(name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def import_all() -> None:
    """Import it now, and what httpx would import with the first connection, so that no call imports anything.

    A child that is forked while another thread imports would wait for that thread forever, and when the
    interpreter ends there are no more imports.
    """
    for name in __all__:
        _import(name)
    for name in ("certifi", "encodings.idna", "httpcore"):
        import_module(name)
