"""A service that says nothing by itself."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def silent_service() -> Iterator[tuple[str, Callable[[], socket.socket]]]:
    """A port where connections are accepted by hand."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(1)
        opened: list[socket.socket] = []

        def accept() -> socket.socket:
            opened.append(server.accept()[0])
            return opened[-1]

        yield f"http://127.0.0.1:{server.getsockname()[1]}", accept
        for connection in opened:
            connection.close()
