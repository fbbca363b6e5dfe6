"""What httpx and the standard library import with the first connection."""

from __future__ import annotations

from importlib import import_module


def import_for_connections() -> None:
    """Import it now.

    A child that is forked while another thread imports hangs when it imports the same. So it is imported with
    the first client, and not with the first call; nor with the package, since it takes long.
    """
    for name in ("certifi", "encodings.idna", "httpcore"):
        import_module(name)
