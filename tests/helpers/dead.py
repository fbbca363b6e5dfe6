"""Addresses to which connecting neither succeeds nor fails."""

import select
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

needs_dead = pytest.mark.skipif(
    sys.platform != "linux", reason="other systems refuse when the queue is full, or have no 127.0.0.2"
)


@contextmanager
def dead(address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Let nobody connect to an address, whose queue is full; yield the port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server((address, port), family=family, backlog=0))
        waiting: list[socket.socket] = []
        while not waiting or select.select([], [waiting[-1]], [], 0.05)[1]:
            waiting.append(stack.enter_context(socket.socket(family)))
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(full.getsockname())
        yield full.getsockname()[1]
